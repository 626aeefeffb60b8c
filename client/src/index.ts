/** What the package `iot-broker-client` exports. */
export { type Api, type CallOptions, type IotBrokerOptions } from './api.js';
export { type CommandQuery, type Commands, type SendOptions, type UntilOptions } from './commands.js';
export { type ErrorCode, IotBrokerError } from './errors.js';
export {
  type DeviceMessageQuery,
  type Devices,
  type DeviceTraces,
  type RegisteredDeviceQuery,
  type RegisteredDevices,
  type UnknownDeviceQuery,
} from './devices.js';
export { type EventFeedQuery, type Events, type WebhookEventQuery, type Webhooks } from './events.js';
export { IotBroker } from './iot-broker.js';
export { type Audit, type AuditQuery, type Keys } from './keys.js';
export { type Page, type Pages } from './pages.js';
export { type IotEvent, type IotEventType, type StreamEvent, type StreamOptions } from './stream.js';
export {
  type LatestTelemetryQuery,
  type Quarantine,
  type QuarantineQuery,
  type Telemetry,
  type TelemetryHistoryQuery,
  type TelemetryLatestQuery,
} from './telemetry.js';
/** Types of the OpenAPI document by their names, and all paths and operations. */
export type * from './schema.generated.js';
