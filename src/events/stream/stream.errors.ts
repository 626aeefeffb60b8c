import { DomainError } from '../../platform/errors/errors.js';

/** A stream would never send an event. */
export class EventsNotRecordedError extends DomainError {
  override readonly name = 'EventsNotRecordedError';
  readonly code = 'EVENTS_NOT_RECORDED';
  readonly httpStatus = 409;

  constructor() {
    super('This gateway records no events: set EVENT_FEED_ENABLED=true');
  }
}

/** As many streams are open as the settings permit. Another instance may have room. */
export class TooManyStreamsError extends DomainError {
  override readonly name = 'TooManyStreamsError';
  readonly code = 'TOO_MANY_STREAMS';
  readonly httpStatus = 429;
  override readonly retryAfterSeconds = 5;

  constructor(variable: 'STREAM_MAX_CONNECTIONS' | 'STREAM_MAX_CONNECTIONS_PER_KEY', max: number) {
    super(`${max} streams are open at this instance (${variable}): close some, or merge their filters`);
  }
}
