import { jsonTime } from '../platform/json/json-source.js';
import { type EventType } from './event-types.js';
import { type EventPosition } from './event-cursor.js';

/** One row of `tbl_iot_events`, as read. */
export interface RecordedEvent extends EventPosition {
  readonly eventId: string;
  readonly type: EventType;
  readonly imei: string;
  readonly sequence: string;
  /** ISO 8601. */
  readonly occurredAt: string;
  /** JSON text; null while it is a telemetry event that grows. */
  readonly body: string | null;
}

export const EVENT_FIELDS = `
  event.transaction_id::text as "transactionId", event.position::text as position, event.event_id as "eventId", event.type, event.imei,
  event.sequence::text as sequence, ${jsonTime('event.occurred_at')} as "occurredAt", event.body::text as body`;

/** Size of an event's body in a page of events. */
export const EVENT_BYTES = 'coalesce(octet_length(event.body::text), 0)';

/** Gives telemetry events their bodies, which closes them. Its parameter is an array of their ids. They must be locked. */
export const CLOSE_EVENTS = `
  update tbl_iot_events event set body = made.body, is_open = false
    from iot_telemetry_bodies($1::uuid[]) made
   where event.event_id = made.event_id and event.body is null`;
