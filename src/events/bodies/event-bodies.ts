import { type EventType } from '../event-types.js';
import {
  COMMAND_SCHEMAS,
  type commandCompleted,
  type commandFailed,
  type commandPostponed,
  type commandRetried,
} from './command-bodies.js';
import { DEVICE_SCHEMAS, type deviceConnected, type deviceDisconnected, type deviceMessage } from './device-bodies.js';
import { type JsonSchema } from './json-schema.js';
import { TELEMETRY_SCHEMAS } from './telemetry-body.js';

/** An event that has not been recorded yet. Telemetry events are not among them: the ingest opens them, and their body is built when they close. */
export type NewEvent = ReturnType<
  | typeof commandCompleted
  | typeof commandFailed
  | typeof commandPostponed
  | typeof commandRetried
  | typeof deviceConnected
  | typeof deviceDisconnected
  | typeof deviceMessage
>;

/** The schema of the body of each event type, without id, type, sequence and time. */
export const BODY_SCHEMAS: Readonly<Record<EventType, JsonSchema>> = {
  ...COMMAND_SCHEMAS,
  ...DEVICE_SCHEMAS,
  ...TELEMETRY_SCHEMAS,
};
