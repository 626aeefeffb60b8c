import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { StreamSignals } from '../events/stream/stream-signals.js';
import { Instance } from '../platform/cluster/cluster-membership.js';
import { DatabaseAvailability } from '../platform/database/database-availability.js';
import { Periodic } from '../platform/scheduling/periodic-tasks.js';
import { SECOND_MS } from '../platform/time-units.js';
import { type ConfiguredSink } from './configured-sinks.js';
import { LEASE_MS, type RunningSink, SinkRunners } from './sink-runners.js';
import { SinksRepository } from './sinks.repository.js';

export const CONFIGURED_SINKS = Symbol('CONFIGURED_SINKS');

const LOOK_EVERY_MS = SECOND_MS;

/** The configured sinks. Every instance has all of them, and publishes to those whose lease it has. */
@Injectable()
export class RunningSinks implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly sinks: readonly RunningSink[];
  private readonly logger = new Logger(RunningSinks.name);
  private readonly missing: Set<RunningSink>;
  private looking: Promise<void> = Promise.resolve();
  private isStopping = false;

  constructor(
    @Inject(CONFIGURED_SINKS) configured: readonly ConfiguredSink[],
    runners: SinkRunners,
    private readonly repository: SinksRepository,
    private readonly instance: Instance,
    private readonly database: DatabaseAvailability,
    private readonly signals: StreamSignals,
  ) {
    this.sinks = configured.flatMap((sink) => runners.create(sink));
    this.missing = new Set(this.sinks);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.sinks.length === 0) {
      return;
    }
    this.sinks.forEach(({ runner }) => runner.start());
    this.signals.listen(
      () => this.sinks.forEach(({ runner }) => runner.wake()),
      () => this.sinks.some(({ runner }) => runner.hasLease),
    );
    // Before devices connect: a new sink that begins now has their first events.
    await this.tend().catch((error: unknown) => this.database.logFailure(this.logger, 'The sinks could not be started', error));
  }

  @Periodic({ everyMs: LOOK_EVERY_MS, failure: 'The leases of the sinks could not be renewed' })
  async tend(): Promise<void> {
    if (this.sinks.length > 0 && !this.isStopping) {
      this.looking = this.look();
      await this.looking;
    }
  }

  /** The leases are released: another instance takes them at its next look. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    if (this.sinks.length === 0) {
      return;
    }
    await Promise.all(this.sinks.map(({ runner }) => runner.stop()));
    await this.looking.catch(() => undefined); // Logged by the periodic task.
    await this.repository
      .release(this.instance.id)
      .catch((error: unknown) => this.database.logFailure(this.logger, 'The leases of the sinks could not be released', error));
  }

  private async look(): Promise<void> {
    await this.createMissing();
    const hadLease = this.sinks.some(({ runner }) => runner.hasLease);
    const endsAt = performance.now() + LEASE_MS;
    const owner = this.instance.id;
    const renewed = await this.repository.renew(owner, LEASE_MS / SECOND_MS);
    const others = this.sinks.map(({ options }) => options.name).filter((name) => !renewed.some((lease) => lease.name === name));
    const acquired = others.length > 0 ? await this.repository.acquire(others, owner, LEASE_MS / SECOND_MS) : [];
    for (const lease of [...renewed, ...acquired]) {
      this.sinks.find(({ options }) => options.name === lease.name)?.runner.leased(lease, endsAt);
    }
    if (!hadLease && acquired.length > 0) {
      await this.signals.announce();
    }
  }

  private async createMissing(): Promise<void> {
    for (const sink of this.missing) {
      const { options, source } = sink;
      if (!(await this.repository.exists(options.name))) {
        await this.repository.create(options.name, options.engine, await source.start(options.from));
      }
      this.missing.delete(sink);
    }
  }
}
