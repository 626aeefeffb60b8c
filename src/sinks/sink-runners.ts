import { Injectable, Logger } from '@nestjs/common';
import { EventLog } from '../events/event-log.js';
import { EventLogReader } from '../events/event-log-reader.js';
import { EVENT_TYPES } from '../events/event-types.js';
import { Instance } from '../platform/cluster/cluster-membership.js';
import { DatabaseAvailability } from '../platform/database/database-availability.js';
import { SECOND_MS } from '../platform/time-units.js';
import { type ConfiguredSink } from './configured-sinks.js';
import { EventSource } from './run/event-source.js';
import { SinkRunner } from './run/sink-runner.js';
import { type SinkSource } from './run/sink-source.js';
import { type SinkOptions } from './sink-options.js';
import { SinksRepository } from './sinks.repository.js';
import { SinkSettings } from './sinks.settings.js';

/** Another instance takes over the sinks of a dead one within this time and one look at the leases. */
export const LEASE_MS = 5 * SECOND_MS;

/** A configured sink, with what publishes to it while this instance has its lease. */
export interface RunningSink {
  readonly options: SinkOptions;
  readonly source: SinkSource;
  readonly runner: SinkRunner;
}

/** Makes the runners of the configured sinks. */
@Injectable()
export class SinkRunners {
  private readonly logger = new Logger('Sinks');

  constructor(
    private readonly reader: EventLogReader,
    private readonly log: EventLog,
    private readonly repository: SinksRepository,
    private readonly instance: Instance,
    private readonly database: DatabaseAvailability,
    private readonly settings: SinkSettings,
  ) {}

  create({ options, engine }: ConfiguredSink): RunningSink {
    this.warnOfUnrecorded(options);
    const source = new EventSource(this.reader, options.types && new Set(options.types));
    const runner = new SinkRunner({
      name: options.name,
      source,
      engine,
      timeoutMs: this.settings.SINK_TIMEOUT_SECONDS * SECOND_MS,
      owner: this.instance.id,
      leaseMs: LEASE_MS,
      repository: this.repository,
      database: this.database,
      logger: this.logger,
    });
    return { options, source, runner };
  }

  /** With NOTIFICATION_URL, fewer types are recorded unless WEBHOOK_EVENTS names more. */
  private warnOfUnrecorded({ name, types }: SinkOptions): void {
    const unrecorded = (types ?? EVENT_TYPES).filter((type) => !this.log.records(type));
    if (unrecorded.length > 0) {
      this.logger.warn(`Sink ${name} gets no events of type ${unrecorded.join(', ')}: WEBHOOK_EVENTS does not record them`);
    }
  }
}
