import { type LoggerService } from '@nestjs/common';
import { type ByteBudget } from '../limits/byte-budget.js';
import { type ConnectionRegistry } from '../connection-registry.js';
import { type FrameDispatcher } from './frame-dispatcher.js';
import { type HandlerCall } from '../patterns.js';
import { type DeviceTrace } from '../device-trace.js';
import { type LoginThrottle } from '../limits/login-throttle.js';
import { type TeltonikaContext } from '../teltonika.context.js';
import { type TransportCounters } from '../transport-counters.js';
import { type TransportOptions } from '../transport-options.js';

/** What all connections and the UDP port share. */
export interface ConnectionEnvironment {
  readonly options: TransportOptions;
  readonly counters: TransportCounters;
  readonly registry: ConnectionRegistry;
  readonly budget: ByteBudget;
  readonly logins: LoginThrottle;
  readonly frames: FrameDispatcher;
  readonly callHandler: HandlerCall;
  /** Calls the event handlers of a pattern, if there are any, without waiting for them. */
  readonly emitEvent: (pattern: string, payload: unknown, context: TeltonikaContext) => void;
  readonly trace: DeviceTrace;
  readonly logger: LoggerService;
}
