import { type LoggerService } from '@nestjs/common';
import { type ByteBudget } from '../limits/byte-budget.js';
import { type ConnectionRegistry } from '../connection-registry.js';
import { type AskHandler, type FrameDispatcher } from './frame-dispatcher.js';
import { type DeviceTrace } from '../device-trace.js';
import { type LoginThrottle } from '../limits/login-throttle.js';
import { type TeltonikaContext } from '../teltonika.context.js';
import { type TransportCounters } from '../transport-counters.js';
import { type TransportOptions } from '../transport-options.js';

/** What all connections share, and what comes by UDP with them. */
export interface ConnectionEnvironment {
  readonly options: TransportOptions;
  readonly counters: TransportCounters;
  readonly registry: ConnectionRegistry;
  readonly budget: ByteBudget;
  readonly logins: LoginThrottle;
  readonly frames: FrameDispatcher;
  readonly ask: AskHandler;
  /** Tells the event handlers of a pattern, if there are any, and waits for nobody. */
  readonly announce: (pattern: string, payload: unknown, context: TeltonikaContext) => void;
  readonly trace: DeviceTrace;
  readonly logger: LoggerService;
}
