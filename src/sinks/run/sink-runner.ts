import { type Logger } from '@nestjs/common';
import { EVENT_CURSOR, type EventPosition, isSamePosition } from '../../events/event-cursor.js';
import { CursorExpiredError } from '../../events/events.errors.js';
import { type DatabaseAvailability } from '../../platform/database/database-availability.js';
import { countOf } from '../../platform/observability/log-text.js';
import { PollingLoop } from '../../platform/scheduling/polling-loop.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { type SinkConnection, type SinkEngine } from '../engine/sink-engine.js';
import { type SinkLease, type SinksRepository } from '../sinks.repository.js';
import { EngineError, EngineLink } from './engine-link.js';
import { RetryDelay } from './retry-delay.js';
import { type SinkSource, type SourcePage } from './sink-source.js';

const POLL_EVERY_MS = 250;
const SPACING_MS = 5;
/** An event can be read once the transactions that began before its own have ended, which sends no signal. */
const ATTENTIVE_MS = 250;
/** Of the place behind events that the sink does not publish. */
const ADVANCE_EVERY_MS = SECOND_MS;
/** Nothing is published in the last part of a lease: the clocks of the database and of this process may differ a little in their rates. */
const LEASE_MARGIN_MS = 500;
const STOP_WITHIN_MS = 5 * SECOND_MS;

export interface SinkRunnerOptions {
  readonly name: string;
  readonly source: SinkSource;
  readonly engine: SinkEngine;
  readonly timeoutMs: number;
  readonly owner: string;
  readonly leaseMs: number;
  readonly repository: Pick<SinksRepository, 'advance' | 'clearError' | 'noteError' | 'expire'>;
  readonly database: DatabaseAvailability;
  readonly logger: Logger;
}

/** A read-ahead page, and the place behind which it was read. */
interface ReadAhead {
  readonly after: EventPosition;
  readonly page: Promise<SourcePage>;
}

/**
 * Publishes what a sink's source holds, while this instance has the lease: reads a page, publishes it, waits for the engine's acknowledgement of all of
 * it, and then stores the place behind it. The next page is read meanwhile; no more than these two are in memory. After any failure the connection is closed, and the
 * page is published again from its beginning.
 */
export class SinkRunner {
  readonly name: string;
  published = 0;
  /** Messages of batches that were not acknowledged as a whole. */
  retried = 0;
  errors = 0;
  private readonly loop = new PollingLoop(() => this.round(), { everyMs: POLL_EVERY_MS, spacingMs: SPACING_MS });
  private readonly delay = new RetryDelay();
  private readonly link: EngineLink;
  private lease: SinkLease | null = null;
  private leaseEndsAt = -Infinity;
  private place: EventPosition | null = null;
  private ahead: ReadAhead | null = null;
  private advancing: Promise<void> = Promise.resolve();
  private advancedAt = -Infinity;
  private wokenAt = -Infinity;
  /** Counts up with each lease and each place that is given: what an earlier term has read is not stored in this one. */
  private term = 0;
  private isStopping = false;

  constructor(private readonly options: SinkRunnerOptions) {
    this.name = options.name;
    this.link = new EngineLink(options.engine, options.timeoutMs);
  }

  /** Whether this instance publishes to the sink. */
  get hasLease(): boolean {
    return this.lease !== null && performance.now() < this.leaseEndsAt - LEASE_MARGIN_MS;
  }

  start(): void {
    this.loop.start();
  }

  /** There may be something to publish. */
  wake(): void {
    this.wokenAt = performance.now();
    this.loop.wake();
  }

  /** @param endsAt `performance.now()` at which the lease ends, at the earliest. */
  leased(lease: SinkLease, endsAt: number): void {
    const { lease: before } = this;
    this.leaseEndsAt = endsAt;
    this.lease = lease;
    if (before === null || before.rewinds !== lease.rewinds) {
      this.begin(lease);
    }
    if (lease.mayPublish && !before?.mayPublish) {
      this.loop.wake();
    }
  }

  /** Ends what is in flight, for at most 5 s, and stores how far it was acknowledged. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const timer = setTimeout(() => void this.link.close(), STOP_WITHIN_MS);
    await this.loop.stop();
    clearTimeout(timer);
    await this.advancing.catch(() => undefined); // Logged by the round, or the next instance publishes it again.
    await this.link.close();
  }

  /** Never rejects. */
  private async round(): Promise<boolean> {
    if (!this.hasLease || !this.lease?.mayPublish || this.isStopping) {
      await this.idle();
      return false;
    }
    if (!this.delay.isOver(performance.now())) {
      return false;
    }
    try {
      const startedAt = performance.now();
      const { lease } = this;
      const { connection, isNew } = await this.link.open();
      const hasMore = await this.step(lease, connection);
      await this.succeeded(lease, isNew);
      return hasMore || startedAt - this.wokenAt < ATTENTIVE_MS;
    } catch (error) {
      await this.failed(error);
      return false;
    }
  }

  /** Another instance may publish: this one must not keep anything that it would go on with. */
  private async idle(): Promise<void> {
    this.ahead = null;
    if (this.lease && !this.hasLease) {
      this.lose();
    }
    await this.link.close();
  }

  /** Publishes one page. True: there is more at once. */
  private async step(lease: SinkLease, connection: SinkConnection): Promise<boolean> {
    const { term } = this;
    const after = this.place ?? lease.place;
    const page = await this.read(after);
    if (isSamePosition(page.end, after) || !this.hasLease || term !== this.term) {
      return page.hasMore;
    }
    this.ahead = page.hasMore ? this.readAhead(page.end) : null;
    if (page.messages.length > 0) {
      await this.publish(connection, page);
    }
    if (term !== this.term) {
      return true;
    }
    this.place = page.end;
    if (page.messages.length > 0 || performance.now() - this.advancedAt >= ADVANCE_EVERY_MS) {
      await this.advance(lease, page);
    }
    return page.hasMore;
  }

  private async read(after: EventPosition): Promise<SourcePage> {
    const { ahead } = this;
    this.ahead = null;
    return ahead && isSamePosition(ahead.after, after) ? ahead.page : this.options.source.readAfter(after);
  }

  private readAhead(after: EventPosition): ReadAhead {
    const page = this.options.source.readAfter(after);
    // It rejects where it is awaited; until then it is not unhandled.
    page.catch(() => undefined);
    return { after, page };
  }

  private async publish(connection: SinkConnection, { messages }: SourcePage): Promise<void> {
    try {
      await this.link.publish(connection, messages);
    } catch (error) {
      this.retried += messages.length;
      throw error;
    }
    this.published += messages.length;
  }

  /** The statement runs while the next page is published; there is one at a time. */
  private async advance(lease: SinkLease, { end, messages }: SourcePage): Promise<void> {
    await this.advancing;
    this.advancedAt = performance.now();
    this.advancing = this.store(lease, { place: end, published: messages.length });
    this.advancing.catch(() => undefined); // Rejects at the next await of it.
  }

  private async store(lease: SinkLease, progress: { place: EventPosition; published: number }): Promise<void> {
    const { repository, owner, leaseMs } = this.options;
    const { term } = this;
    const begun = performance.now();
    const isStored = await repository.advance(owner, lease, progress, leaseMs / SECOND_MS);
    if (term !== this.term) {
      return;
    }
    if (isStored) {
      this.leaseEndsAt = Math.max(this.leaseEndsAt, begun + leaseMs);
    } else {
      // The next renewal returns the place that was set, unless another instance has the lease.
      this.lose();
    }
  }

  private begin({ place }: SinkLease): void {
    this.term++;
    this.place = place;
    this.ahead = null;
    this.options.logger.log(`Sink ${this.name} is published by this instance, from ${EVENT_CURSOR.encode(place)} on`);
  }

  private lose(): void {
    this.term++;
    this.lease = null;
    this.place = null;
    this.ahead = null;
    this.leaseEndsAt = -Infinity;
  }

  private async succeeded({ name }: SinkLease, isNewConnection: boolean): Promise<void> {
    const failures = this.delay.succeeded();
    if (failures > 0) {
      this.options.logger.log(`Sink ${name} receives events again, after ${countOf(failures, 'failed attempt')}`);
    }
    if (failures > 0 || isNewConnection) {
      await this.options.repository.clearError(this.options.owner, name);
    }
  }

  private async failed(error: unknown): Promise<void> {
    const { database, logger, repository, owner } = this.options;
    const { lease } = this;
    this.advancing = Promise.resolve();
    this.ahead = null;
    await this.link.close();
    if (lease === null || this.isStopping) {
      return;
    }
    try {
      if (error instanceof CursorExpiredError) {
        await repository.expire(owner, lease, error.message);
        this.lease = { ...lease, mayPublish: false };
        logger.error(`Sink ${this.name} is stopped until it is rewound: ${error.message}`);
      } else if (error instanceof EngineError) {
        await this.engineFailed(lease, error);
      } else {
        database.logFailure(logger, `The events for sink ${this.name} could not be read`, error);
      }
    } catch (failure) {
      database.logFailure(logger, `The failure of sink ${this.name} could not be stored`, failure);
    }
  }

  private async engineFailed({ name }: SinkLease, error: EngineError): Promise<void> {
    const { logger, repository, owner } = this.options;
    this.errors++;
    const isFirst = this.delay.count === 0;
    const delayMs = this.delay.failed(performance.now());
    if (isFirst) {
      logger.warn(`Sink ${name} failed, next attempt in ${Math.round(delayMs)} ms: ${error.message}`);
    }
    await repository.noteError(owner, name, error.message);
  }
}
