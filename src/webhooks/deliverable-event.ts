import { type RecordedEvent } from '../events/recorded-event.js';

/** `recorded`: for the feed only, not delivered. */
export type EventState = 'pending' | 'delivered' | 'dead' | 'recorded';

export const EVENT_STATES: readonly EventState[] = ['pending', 'delivered', 'dead', 'recorded'];

export interface DeliverableEvent extends RecordedEvent {
  readonly state: EventState;
  readonly recordCount: number | null;
  readonly deliveredAt: Date | null;
  readonly deadAt: Date | null;
  readonly nextAttemptAt: Date | null;
  readonly attempts: number;
}

/** An event that was looked up by its id. */
export interface FoundEvent extends DeliverableEvent {
  /** The attempt that delivered it, where that was the first one. It is not among the stored attempts. */
  readonly firstAttempt: FirstAttempt | null;
}

/** As it is stored with the event. */
export interface FirstAttempt {
  /** ISO 8601. */
  readonly attemptedAt: string;
  readonly webhookId: string;
  readonly status: number;
  readonly durationMs: number;
  readonly answer: string;
}

export interface DeliveryAttempt {
  readonly attempt: number;
  readonly attemptedAt: Date;
  readonly webhookId: string;
  readonly status: number | null;
  readonly durationMs: number;
  readonly answer: string | null;
  readonly error: string | null;
}
