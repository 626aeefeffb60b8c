import { DomainError } from '../platform/errors/errors.js';
import { type GuardFacts, type GuardResult } from './guards/guard.js';

/** No instance has a connection of this device, and the command was to be sent now. */
export class CommandDeviceNotConnectedError extends DomainError {
  override readonly name = 'CommandDeviceNotConnectedError';
  readonly code = 'DEVICE_NOT_CONNECTED';
  readonly httpStatus = 404;

  constructor() {
    super('Device not connected');
  }
}

/** No command has this id. */
export class CommandNotFoundError extends DomainError {
  override readonly name = 'CommandNotFoundError';
  readonly code = 'COMMAND_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(commandLogId: string) {
    super(`There is no command ${commandLogId}`);
  }
}

/** Neither built in nor in COMMAND_CATALOGUE_FILE. */
export class UnknownActionError extends DomainError {
  override readonly name = 'UnknownActionError';
  readonly code = 'UNKNOWN_ACTION';
  readonly httpStatus = 400;

  constructor(known: readonly string[]) {
    super(`action is not known; known are: ${known.join(', ')}`);
  }
}

/** A parameter of an action is missing, not known, or not within its bounds. */
export class InvalidParamsError extends DomainError {
  override readonly name = 'InvalidParamsError';
  readonly code = 'INVALID_PARAMS';
  readonly httpStatus = 400;
}

export class MetadataTooLargeError extends DomainError {
  override readonly name = 'MetadataTooLargeError';
  readonly code = 'METADATA_TOO_LARGE';
  readonly httpStatus = 413;

  constructor(bytes: number, limit: number) {
    super(`metadata must be at most ${limit} bytes of JSON (METADATA_MAX_BYTES), got ${bytes}`);
  }
}

export class TooManyOpenCommandsError extends DomainError {
  override readonly name = 'TooManyOpenCommandsError';
  readonly code = 'TOO_MANY_OPEN_COMMANDS';
  readonly httpStatus = 429;

  constructor(limit: number) {
    super(`The device has ${limit} open commands already: wait until some have ended, or cancel them`);
  }
}

/** The same Idempotency-Key came with another request before. */
export class IdempotencyConflictError extends DomainError {
  override readonly name = 'IdempotencyConflictError';
  readonly code = 'IDEMPOTENCY_KEY_REUSED';
  readonly httpStatus = 409;

  constructor() {
    super('This Idempotency-Key was used for another command');
  }
}

export class NotCancellableError extends DomainError {
  override readonly name = 'NotCancellableError';
  readonly code = 'NOT_CANCELLABLE';
  readonly httpStatus = 409;

  constructor(why: string) {
    super(`The command can't be cancelled: ${why}`);
  }
}

/** A live command, whose guard the newest record of the device does not meet. */
export class GuardNotMetError extends DomainError {
  override readonly name = 'GuardNotMetError';
  readonly code = 'GUARD_NOT_MET';
  readonly httpStatus = 409;
  override readonly details: { readonly facts: GuardFacts };

  constructor({ unmet, facts }: GuardResult) {
    super(`The guard is not met: ${unmet.join('; ')}`);
    this.details = { facts };
  }
}
