import { type Logger } from '@nestjs/common';

/**
 * A request that can't be granted, for a reason its sender should know. Features throw their own subclasses from
 * anywhere (a controller, a message handler, a loop); the problem filter turns them into an answer.
 */
export abstract class DomainError extends Error {
  /** Stable; what clients and tests match. */
  abstract readonly code: string;
  /** The HTTP status it becomes when a REST request caused it. */
  abstract readonly httpStatus: number;
  /** When another try makes sense; becomes the header Retry-After. */
  readonly retryAfterSeconds?: number;
  /** Further members of the answer's body, which its route describes. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The request itself is wrong: `message` says what was expected and what came. */
export class InvalidInputError extends DomainError {
  override readonly name = 'InvalidInputError';
  readonly code = 'INVALID_INPUT';
  readonly httpStatus = 400;
}

/**
 * A reason not to start that the operator can put right: a variable, a file, a folder in use. Its message says all of it, so it is shown
 * without a stack.
 */
export abstract class StartError extends Error {}

/** Logs the error that ends the program. */
export function logFatal(logger: Pick<Logger, 'fatal'>, error: unknown): void {
  if (error instanceof StartError) {
    error.message.split('\n').forEach((line) => logger.fatal(line));
  } else {
    logger.fatal(error);
  }
}
