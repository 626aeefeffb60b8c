import { Injectable, Logger } from '@nestjs/common';
import { Instance } from '../platform/cluster/cluster-membership.js';
import { DatabaseAvailability } from '../platform/database/database-availability.js';
import { SECOND_MS } from '../platform/time-units.js';
import { type ConfiguredSink } from './configured-sinks.js';
import { SinkRunner } from './run/sink-runner.js';
import { type SourcedSink, SinkSources } from './run/sink-sources.js';
import { SinksRepository } from './sinks.repository.js';
import { SinkSettings } from './sinks.settings.js';

/** Another instance takes over the sinks of a dead one within this time and one look at the leases. */
export const LEASE_MS = 5 * SECOND_MS;

/** A configured sink, with what publishes to it while this instance has its lease. */
export interface RunningSink extends SourcedSink {
  readonly runner: SinkRunner;
}

/** Makes the runners of the configured sinks. */
@Injectable()
export class SinkRunners {
  private readonly logger = new Logger('Sinks');

  constructor(
    private readonly sources: SinkSources,
    private readonly repository: SinksRepository,
    private readonly instance: Instance,
    private readonly database: DatabaseAvailability,
    private readonly settings: SinkSettings,
  ) {}

  create({ options: configured, engine }: ConfiguredSink): RunningSink[] {
    const { repository, database, logger } = this;
    const common = {
      engine,
      timeoutMs: this.settings.SINK_TIMEOUT_SECONDS * SECOND_MS,
      owner: this.instance.id,
      leaseMs: LEASE_MS,
    };
    return this.sources.of(configured).map(({ options, source }) => {
      const runner = new SinkRunner({ ...common, name: options.name, source, repository, database, logger });
      source.onAppended(() => runner.wake());
      return { options, source, runner };
    });
  }
}
