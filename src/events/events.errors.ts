import { DomainError } from '../platform/errors/errors.js';

/**
 * The reader has stayed away for longer than events are kept, or has read from another database than this one: it can not be given what it has
 * missed.
 */
export class CursorExpiredError extends DomainError {
  override readonly name = 'CursorExpiredError';
  readonly code = 'CURSOR_EXPIRED';
  readonly httpStatus = 410;

  constructor() {
    super(
      'Events after this cursor have been deleted (EVENT_RETENTION_DAYS), or the database was restored since: begin without a cursor, and read what you have missed from the devices and commands',
    );
  }
}
