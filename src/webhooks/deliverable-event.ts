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

export interface DeliveryAttempt {
  readonly attempt: number;
  readonly attemptedAt: Date;
  readonly webhookId: string;
  readonly status: number | null;
  readonly durationMs: number;
  readonly answer: string | null;
  readonly error: string | null;
}
