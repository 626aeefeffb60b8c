import { type EventType } from '../event-types.js';

/** Which events a stream sends. Null: all. */
export interface StreamFilter {
  readonly imeis: ReadonlySet<string> | null;
  readonly types: ReadonlySet<EventType> | null;
}

interface Filtered {
  readonly filter: StreamFilter;
}

export function passes(
  { imeis, types }: StreamFilter,
  { imei, type }: { readonly imei: string; readonly type: EventType },
): boolean {
  return (imeis === null || imeis.has(imei)) && (types === null || types.has(type));
}

/** Streams by the devices that they follow: an event looks at those of its device, not at all of them. */
export class StreamsByDevice<Stream extends Filtered> {
  private readonly ofAllDevices = new Set<Stream>();
  private readonly ofDevice = new Map<string, Set<Stream>>();

  add(stream: Stream): void {
    if (stream.filter.imeis === null) {
      this.ofAllDevices.add(stream);
      return;
    }
    for (const imei of stream.filter.imeis) {
      const streams = this.ofDevice.get(imei);
      if (streams) {
        streams.add(stream);
      } else {
        this.ofDevice.set(imei, new Set([stream]));
      }
    }
  }

  delete(stream: Stream): void {
    this.ofAllDevices.delete(stream);
    for (const imei of stream.filter.imeis ?? []) {
      const streams = this.ofDevice.get(imei);
      streams?.delete(stream);
      if (streams?.size === 0) {
        this.ofDevice.delete(imei);
      }
    }
  }

  /** Calls back for every stream whose filter the event passes. The callback may delete streams. */
  forEach(event: { readonly imei: string; readonly type: EventType }, send: (stream: Stream) => void): void {
    for (const streams of [this.ofAllDevices, this.ofDevice.get(event.imei)]) {
      streams?.forEach((stream) => {
        if (passes(stream.filter, event)) {
          send(stream);
        }
      });
    }
  }
}
