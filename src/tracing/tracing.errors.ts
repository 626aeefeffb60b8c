import { DomainError } from '../platform/errors/errors.js';

export class TooManyTracesError extends DomainError {
  override readonly name = 'TooManyTracesError';
  readonly code = 'TOO_MANY_TRACES';
  readonly httpStatus = 409;

  constructor(limit: number) {
    super(`The bytes of ${limit} devices are already logged: end one of these traces first`);
  }
}
