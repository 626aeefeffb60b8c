import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { PoolCheck } from '../platform/database/pool-health.js';
import { type DatabaseState } from '../platform/database/server-probe.js';
import { DomainError } from '../platform/errors/errors.js';
import { ReadinessChecks } from '../platform/observability/status-registries.js';

const DATABASE_TIMEOUT_MS = 3_000;

/** Lists the failed checks. */
export class NotReadyError extends DomainError {
  override readonly name = 'NotReadyError';
  readonly code = 'NOT_READY';
  readonly httpStatus = 503;

  constructor(problems: readonly string[]) {
    super(`Not ready: ${problems.join('; ')}`);
  }
}

/** Whether the gateway accepts devices and requests. Turns false before anything is closed, so that a load balancer stops sending. */
@Injectable()
export class Readiness {
  private withdrawn = false;

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly pool: PoolCheck,
    private readonly checks: ReadinessChecks,
  ) {}

  /** Permanently not ready: the gateway is about to stop. */
  withdraw(): void {
    this.withdrawn = true;
  }

  async check(): Promise<HealthIndicatorResult[]> {
    const state = await this.databaseState();
    return [
      this.result('gateway', this.withdrawn ? 'stopping' : null),
      this.result('database', state === 'available' ? null : state),
      ...this.checks.run().map(([name, problem]) => this.result(name, problem)),
    ];
  }

  private result(name: string, problem: string | null): HealthIndicatorResult {
    const indicator = this.indicators.check(name);
    return problem === null ? indicator.up() : indicator.down(problem);
  }

  private async databaseState(): Promise<DatabaseState | 'no answer'> {
    const waited = new AbortController();
    const timeUp = delay(DATABASE_TIMEOUT_MS, 'no answer' as const, { signal: waited.signal }).catch(() => 'no answer' as const);
    try {
      return await Promise.race([this.pool.run().catch(() => 'no answer' as const), timeUp]);
    } finally {
      waited.abort();
    }
  }
}
