import { type Logger } from '@nestjs/common';

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
