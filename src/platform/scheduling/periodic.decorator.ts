import { SetMetadata } from '@nestjs/common';

export const PERIODIC_METADATA = 'iot-broker:periodic';

export interface PeriodicOptions {
  readonly everyMs: number;
  /** What a failed run means, for the log: "The newest records could not be refreshed". */
  readonly failure: string;
}

/**
 * Calls a provider's method every `everyMs` from the start of the application until its shutdown. A run that takes longer leaves out the next
 * ones, a run that fails is logged and repeated at the next time, and the shutdown waits for a run in progress (see PeriodicTasks).
 */
export const Periodic = (options: PeriodicOptions): MethodDecorator => SetMetadata(PERIODIC_METADATA, options);
