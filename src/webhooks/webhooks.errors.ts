import { DomainError } from '../platform/errors/errors.js';

/** No event has this id, or it has expired. */
export class EventNotFoundError extends DomainError {
  override readonly name = 'EventNotFoundError';
  readonly code = 'EVENT_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(eventId: string) {
    super(`There is no event ${eventId}`);
  }
}

/** NOTIFICATION_URL is not set, so no event is delivered. */
export class WebhooksDisabledError extends DomainError {
  override readonly name = 'WebhooksDisabledError';
  readonly code = 'WEBHOOKS_DISABLED';
  readonly httpStatus = 409;

  constructor() {
    super('NOTIFICATION_URL is not set: events are not delivered');
  }
}
