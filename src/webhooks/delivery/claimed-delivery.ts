import { type EventType } from '../../events/event-types.js';

/** A delivery that this instance holds the lease of. */
export interface ClaimedDelivery {
  readonly eventId: string;
  readonly imei: string;
  /** A 64-bit number in decimal. */
  readonly sequence: string;
  readonly type: EventType;
  /** ISO 8601. */
  readonly occurredAt: string;
  /** JSON text of an object, passed on as it is. */
  readonly body: string;
  /** Those with the same one travel in one request. */
  readonly batchId: string | null;
  /** Attempts that failed, those during an outage of the host not counted. */
  readonly failures: number;
}
