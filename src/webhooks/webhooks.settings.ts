import { IsOptional, Matches } from 'class-validator';
import { IntegerVariable } from '../platform/config/variables.js';

/** How events are delivered. */
export class WebhookSettings {
  /** `whsec_` and base64 of 24 bytes or more; two, separated by a comma, during a rotation; not set: unsigned. */
  @IsOptional()
  @Matches(/^\s*whsec_[A-Za-z0-9+/]{32,}={0,2}\s*(,\s*whsec_[A-Za-z0-9+/]{32,}={0,2}\s*)?$/, {
    message: 'WEBHOOK_SECRET must be whsec_ and the base64 of 24 bytes or more; two at most, separated by a comma',
  })
  readonly WEBHOOK_SECRET?: string;

  /** Seconds within which the host must answer; a connection must be established within 5 s. */
  @IntegerVariable(1, 300)
  readonly WEBHOOK_TIMEOUT_SECONDS: number = 15;

  /** Concurrent deliveries. */
  @IntegerVariable(1, 1_000)
  readonly WEBHOOK_CONCURRENCY: number = 32;

  /** Events of different devices in one request to `/webhooks/iot/v1/events`, up to 500; 1: one request per event. */
  @IntegerVariable(1, 500)
  readonly WEBHOOK_BATCH_SIZE: number = 1;

  /**
   * Delays before the attempts (`ms`, `s`, `m`, `h`), the first one 0, with a jitter of a fifth; after the last attempt an
   * event is dead.
   */
  @Matches(/^\s*0\s*(,\s*\d{1,6}(ms|s|m|h)\s*)*$/, {
    message: 'WEBHOOK_RETRY_SCHEDULE must be waits with commas, the first one 0, like 0,5s,30s,2m,1h',
  })
  readonly WEBHOOK_RETRY_SCHEDULE: string = '0,5s,30s,2m,10m,30m,1h,3h,6h,12h,24h';
}
