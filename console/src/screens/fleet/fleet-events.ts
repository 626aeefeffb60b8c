import { isReceiverOff } from '../../api/gnss-receiver.js';
import { type StreamEvent } from '../../app/stream.js';
import { type FleetStore } from './fleet-store.js';

/** What the stream reports of the devices on the map: where they are, and whether they are connected. */
export function applyEvents(store: FleetStore, events: readonly StreamEvent[]): void {
  for (const { type, data } of events) {
    switch (type) {
      case 'telemetry': {
        const { imei, latestGps: gps, latestTimestamp: at, lastReceivedAt } = data;
        store.apply({ imei, heardAtMs: Date.parse(lastReceivedAt) });
        if (gps && gps.latitude !== null && gps.longitude !== null) {
          const { latitude, longitude, speed, angle, satellites } = gps;
          const isOff = isReceiverOff(data.latestAttributes);
          store.apply({ imei, position: { at, latitude, longitude, speed, angle, satellites, isReceiverOff: isOff } });
        }
        break;
      }
      case 'device.connected':
        store.apply({ imei: data.imei, connectedAt: data.connectedAt, heardAtMs: Date.parse(data.connectedAt) });
        break;
      case 'device.disconnected':
        store.disconnect(data.imei, data.connectedAt);
        break;
      default:
    }
  }
}
