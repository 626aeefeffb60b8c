import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { isDatabaseUnavailable, sqlState } from '../../platform/database/database-errors.js';
import { MetricsRegistry } from '../../platform/observability/metrics-registry.js';
import { ReadinessChecks } from '../../platform/observability/status-registries.js';
import { SECOND_MS } from '../../platform/time-units.js';

/** When no batch was stored for longer than this, the instance is not ready. */
const TOLERATED_SECONDS = 30;

/**
 * Reports why batches fail. Outages are reported by DatabaseAvailability. Any other failure (a missing column or permission: an error of our own
 * statements) is logged once until a batch is stored, and when none was stored for 30 s the instance is not ready.
 */
@Injectable()
export class WriteFailures implements OnModuleInit {
  private readonly logger = new Logger(WriteFailures.name);
  /** When the first failure happened after the last stored batch, by performance.now(). */
  private failingSince: number | null = null;
  private cause = '';
  private hasLogged = false;

  constructor(
    private readonly database: DatabaseAvailability,
    private readonly readiness: ReadinessChecks,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.readiness.register('telemetry', () =>
      this.failingSeconds > TOLERATED_SECONDS
        ? `no batch was stored for ${Math.floor(this.failingSeconds)} s, last failure: ${this.cause}`
        : null,
    );
    this.metrics.gauge(
      {
        name: 'iot_broker_telemetry_failing_seconds',
        help: 'Time since the last stored batch while batches fail; 0 otherwise.',
      },
      () => this.failingSeconds,
    );
  }

  /** Zero while batches are stored. */
  get failingSeconds(): number {
    return this.failingSince === null ? 0 : (performance.now() - this.failingSince) / SECOND_MS;
  }

  /** A batch could not be written and will be retried. */
  note(error: unknown, rowCount: number): void {
    this.failingSince ??= performance.now();
    const state = sqlState(error);
    const cause = state === null ? 'no SQLSTATE' : `SQLSTATE ${state}`;
    if (isDatabaseUnavailable(error)) {
      this.cause = cause;
      this.database.logFailure(this.logger, `A batch of ${rowCount} records could not be written and will be retried`, error);
      return;
    }
    if (!this.hasLogged || cause !== this.cause) {
      this.hasLogged = true;
      this.logger.error(`Batches can't be stored (${cause}). They are retried and not acknowledged: ${String(error)}`);
    }
    this.cause = cause;
  }

  /** A batch is durable. */
  clear(): void {
    if (this.hasLogged) {
      this.logger.log(`Batches are stored again after ${Math.round(this.failingSeconds)} s`);
    }
    this.failingSince = null;
    this.hasLogged = false;
  }
}
