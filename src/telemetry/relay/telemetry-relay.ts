import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { EventLog } from '../../events/event-log.js';
import { EventSettings } from '../../events/events.settings.js';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { RelayCounters } from './relay-counters.js';
import { RelayRound, type RoundResult } from './relay-round.js';
import { type SetAside } from './set-aside.repository.js';
import { UrgentPace } from './urgent-pace.js';

const RETRY_MS = SECOND_MS;
/** A device whose reports fail would fill the log. */
const LOG_SET_ASIDE_EVERY_MS = 60 * SECOND_MS;
/** Another instance relays: how long until its round is expected to have ended. */
const LOOK_AGAIN_MS = 100;
/**
 * During a longer interval: how often urgent arrivals that another instance has left are looked for, and the others are compacted.
 */
const MAINTAIN_EVERY_MS = 5 * SECOND_MS;

/**
 * Reports the records of committed batches in telemetry events, outside the ingest path. Every instance runs it, and one of them relays at a time:
 * a round of the whole cluster per TELEMETRY_EVENT_INTERVAL, and one for urgent devices as soon as their batch was committed here. What an instance
 * has stored and not relayed, another one relays.
 */
@Injectable()
export class TelemetryRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(TelemetryRelay.name);
  private readonly intervalMs: number;
  private readonly maxListed: number;
  private readonly urgentPace = new UrgentPace();
  private running: Promise<void> = Promise.resolve();
  private isStopping = false;
  private isUrgent = false;
  private isFailing = false;
  private isLeavingOut = false;
  private logSetAsideAt = -Infinity;
  /** `performance.now()` at which the next round that takes everything is due. */
  private dueAt = 0;
  private endSleep: (() => void) | null = null;

  constructor(
    private readonly round: RelayRound,
    private readonly events: EventLog,
    private readonly counters: RelayCounters,
    private readonly database: DatabaseAvailability,
    settings: EventSettings,
  ) {
    this.intervalMs = settings.TELEMETRY_EVENT_INTERVAL * SECOND_MS;
    this.maxListed = settings.WEBHOOK_TELEMETRY_MAX_RECORDS;
  }

  onApplicationBootstrap(): void {
    if (this.events.records('telemetry')) {
      this.running = this.run();
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    this.endSleep?.();
    await this.running;
  }

  /** To be called after a commit that has stored arrivals of urgent devices. */
  wakeUrgent(): void {
    if (!this.isUrgent) {
      this.isUrgent = true;
      this.endSleep?.();
    }
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      // Each of them has its turn when the other fails: what can't be reported may be in the arrivals of one of them only.
      const results = [await settled(() => this.relayWhenDue()), await settled(() => this.relayUrgentWhenDue())];
      const failure = results.find(({ status }) => status === 'rejected');
      if (failure?.status === 'rejected') {
        await this.failed(failure.reason);
      } else {
        this.isFailing = false;
      }
      await this.sleep();
    }
  }

  private async relayWhenDue(): Promise<void> {
    if (performance.now() >= this.dueAt) {
      await this.relayDue();
    }
  }

  private async relayUrgentWhenDue(): Promise<void> {
    if (this.isUrgent && performance.now() >= this.urgentPace.nextAt) {
      await this.relayUrgent();
    }
  }

  private async relayDue(): Promise<void> {
    const startedAt = performance.now();
    const result = await this.round.relayDue();
    switch (result.kind) {
      case 'locked-elsewhere':
        this.dueAt = startedAt + Math.min(LOOK_AGAIN_MS, this.intervalMs);
        return;
      case 'not-due':
        this.dueAt = performance.now() + Math.min(result.dueInMs, MAINTAIN_EVERY_MS);
        if (this.intervalMs > MAINTAIN_EVERY_MS) {
          try {
            await this.relayUrgent();
          } finally {
            await this.round.compact();
          }
        }
        return;
      case 'relayed':
        this.dueAt = result.hasMore ? startedAt : startedAt + Math.min(this.intervalMs, MAINTAIN_EVERY_MS);
        this.relayed(result, startedAt);
    }
  }

  private async relayUrgent(): Promise<void> {
    const startedAt = performance.now();
    this.isUrgent = false;
    try {
      const { tookMs, ...result } = await this.round.relayUrgent();
      this.urgentPace.ended(performance.now(), tookMs);
      this.relayed(result, startedAt);
      this.isUrgent ||= result.busy > 0 || result.hasMore;
    } catch (error) {
      this.isUrgent = true;
      throw error;
    }
  }

  private relayed(result: RoundResult, startedAt: number): void {
    if (result.kind !== 'relayed' || result.arrivals === 0) {
      return;
    }
    this.events.signalAppended();
    this.counters.count(result, (performance.now() - startedAt) / SECOND_MS);
    this.logSetAside(result.setAside);
    if (result.leftOut > 0 && !this.isLeavingOut) {
      this.logger.warn(
        `More than ${this.maxListed} records wait for the host (WEBHOOK_TELEMETRY_MAX_RECORDS): events count further records without listing them`,
      );
    } else if (result.leftOut === 0 && this.isLeavingOut) {
      this.logger.log('Events list every record again');
    }
    this.isLeavingOut = result.leftOut > 0;
  }

  private logSetAside([first, ...others]: readonly SetAside[]): void {
    if (first && performance.now() >= this.logSetAsideAt) {
      const what = first.imei === null ? 'an arrival that cannot be read' : `the report of ${first.imei}`;
      const more = others.length > 0 ? `, and ${others.length} more` : '';
      this.logger.error(`Set aside ${what}${more}: ${first.reason}. See tbl_iot_set_aside_arrivals`);
      this.logSetAsideAt = performance.now() + LOG_SET_ASIDE_EVERY_MS;
    }
  }

  private async failed(error: unknown): Promise<void> {
    if (!this.isFailing) {
      this.database.logFailure(
        this.logger,
        `Telemetry could not be relayed to events, retried every ${RETRY_MS / SECOND_MS} s`,
        error,
      );
    }
    this.isFailing = true;
    await delay(RETRY_MS);
  }

  private async sleep(): Promise<void> {
    const nextAt = this.isUrgent ? Math.min(this.dueAt, this.urgentPace.nextAt) : this.dueAt;
    const ms = nextAt - performance.now();
    if (ms <= 0 || this.isStopping) {
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endSleep = null;
  }
}

async function settled(work: () => Promise<void>): Promise<PromiseSettledResult<void>> {
  const [result] = await Promise.allSettled([work()]);
  return result;
}
