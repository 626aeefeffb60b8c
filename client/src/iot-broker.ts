import { type Api, type CallOptions, createApi, dataOf, type IotBrokerOptions } from './api.js';
import { Commands } from './commands.js';
import { Devices, DeviceTraces, RegisteredDevices } from './devices.js';
import { Events, Webhooks } from './events.js';
import { Audit, Keys } from './keys.js';
import { type Stats } from './schema.generated.js';
import { type StreamEvent, streamEvents, type StreamOptions } from './stream.js';
import { Quarantine, Telemetry } from './telemetry.js';

/** A gateway, as one API key sees it. */
export class IotBroker {
  /** All operations by their paths, typed: for what the members below do not offer. */
  readonly api: Api;
  readonly commands: Commands;
  readonly devices: Devices;
  readonly registeredDevices: RegisteredDevices;
  readonly telemetry: Telemetry;
  readonly quarantine: Quarantine;
  readonly events: Events;
  readonly webhooks: Webhooks;
  readonly keys: Keys;
  readonly audit: Audit;
  readonly traces: DeviceTraces;

  constructor(options: IotBrokerOptions) {
    this.api = createApi(options);
    this.commands = new Commands(this.api);
    this.devices = new Devices(this.api);
    this.registeredDevices = new RegisteredDevices(this.api);
    this.telemetry = new Telemetry(this.api);
    this.quarantine = new Quarantine(this.api);
    this.events = new Events(this.api);
    this.webhooks = new Webhooks(this.api);
    this.keys = new Keys(this.api);
    this.audit = new Audit(this.api);
    this.traces = new DeviceTraces(this.api);
  }

  /**
   * Events as they happen: `for await (const { type, data } of broker.stream())`. Reconnects automatically and continues behind the last event.
   * Ends when the signal is aborted. Throws errors that a reconnect does not repair (401, 403).
   */
  stream(options: StreamOptions = {}): AsyncGenerator<StreamEvent, void, undefined> {
    return streamEvents(this.api, options);
  }

  /** Devices of the cluster, counters and memory of the instance that answers, and all instances. */
  stats(options: CallOptions = {}): Promise<Stats> {
    return dataOf(this.api.GET('/api/v1/stats', { ...options }));
  }
}
