import { DomainError } from '../platform/errors/errors.js';

/** SINKS has no sink of this name. */
export class SinkNotFoundError extends DomainError {
  override readonly name = 'SinkNotFoundError';
  readonly code = 'SINK_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(sink: string) {
    super(`SINKS has no sink ${JSON.stringify(sink)}`);
  }
}
