import { type EventType } from '../../events/event-types.js';

/**
 * The steps of a delivery, and the types between them:
 *
 * - claim: rows that are due become `ClaimedDelivery` (DueRequests, DeliveryQueueRepository)
 * - request: claimed deliveries become `WebhookRequest` (webhookRequests)
 * - send: a request becomes an `Attempt` (WebhookSender)
 * - outcome: an attempt has an `Outcome` for each of its deliveries (classify)
 * - settle: an outcome becomes a `Settlement` (settlementOf), which is written (SettlementWriter)
 */

/** A lease, not a transaction, spans the request to the host. */
export interface Lease {
  readonly owner: string;
  readonly seconds: number;
}

/** A delivery whose lease this instance holds. */
export interface ClaimedDelivery {
  readonly eventId: string;
  readonly imei: string;
  /** A 64-bit number in decimal. */
  readonly sequence: string;
  readonly type: EventType;
  /** ISO 8601. */
  readonly occurredAt: string;
  /** JSON text of an object. It is not parsed. */
  readonly body: string;
  /** Deliveries with the same one are sent in one request. */
  readonly batchId: string | null;
  /** Failed attempts; those while the circuit was open are not counted. */
  readonly failures: number;
}

/** One POST: an event, or a batch of failed commands or of other events. Every attempt has the same id and the same bytes. */
export interface WebhookRequest {
  /** The `webhook-id`. */
  readonly id: string;
  readonly path: string;
  readonly body: string;
  readonly deliveries: readonly ClaimedDelivery[];
  /** The answer may have a result for each event. */
  readonly hasResults: boolean;
}

export type HostAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter: string | undefined; readonly text: string }
  /** No connection: the host can't have seen the request. */
  | { readonly kind: 'unreachable'; readonly error: string }
  /** The request was sent, or part of it, and no answer came: the host may have acted on it. */
  | { readonly kind: 'unanswered'; readonly error: string }
  /** The gateway is stopping and has cancelled the request. */
  | { readonly kind: 'aborted' };

/** A request that was sent. */
export interface Attempt {
  readonly request: WebhookRequest;
  readonly answer: HostAnswer;
  readonly durationMs: number;
  /** Unix milliseconds. */
  readonly endedAtMs: number;
}

export type Outcome =
  | { readonly kind: 'delivered' }
  /** Counts as a failure of this event. */
  | { readonly kind: 'retry'; readonly afterMs: number }
  /** The host as a whole is down: the event waits, and the attempt does not count. */
  | { readonly kind: 'held'; readonly afterMs: number }
  | { readonly kind: 'dead' }
  /** Returned without an attempt that counts. */
  | { readonly kind: 'released' };

/** What is written about one delivery. `imei` and `sequence` identify it. */
export interface Settlement {
  readonly imei: string;
  readonly sequence: string;
  readonly outcome: Outcome['kind'];
  readonly afterMs: number;
  /** From now on the event is sent in a request of its own: the batch that it was in was refused. */
  readonly alone: boolean;
  /** The event is due as soon as the host answers again. */
  readonly outage: boolean;
  readonly webhookId: string;
  readonly durationMs: number;
  readonly status: number | null;
  readonly answer: string | null;
  readonly error: string | null;
}
