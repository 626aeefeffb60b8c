import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CachedReading, MetricsRegistry, type Samples } from '../platform/observability/metrics-registry.js';
import { type SinkRunner } from './run/sink-runner.js';
import { RunningSinks } from './running-sinks.js';
import { type SinkDto } from './sink.dto.js';
import { SinksService } from './sinks.service.js';

/** Counting a long backlog reads an index entry for each event: scrapes within this time share one reading. */
const MAX_AGE_MS = 15_000;
const PATIENCE_MS = 2_000;

/** The sinks: what the database holds of them is the same on every instance, what this instance has published is its own. */
@Injectable()
export class SinkMetrics implements OnModuleInit {
  private readonly sinks = new CachedReading(() => this.service.list(), { maxAgeMs: MAX_AGE_MS, patienceMs: PATIENCE_MS });

  constructor(
    private readonly service: SinksService,
    private readonly running: RunningSinks,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.gauge(
      'lag_events',
      'Events that the engine has not acknowledged yet, of any type, counted up to 100,000.',
      (sink) => sink.lagEvents,
    );
    this.gauge(
      'lag_seconds',
      'Age of the oldest event that the engine has not acknowledged; 0 when it has all.',
      (sink) => sink.lagSeconds,
    );
    this.gauge('expired', '1 while events were deleted before they were published: the sink waits for a rewind.', ({ state }) =>
      Number(state === 'expired'),
    );
    this.gauge('paused', '1 while the sink is paused.', ({ state }) => Number(state === 'paused'));
    const own = (name: string, help: string, read: (runner: SinkRunner) => number): void =>
      this.metrics.counter({ name: `iot_broker_sink_${name}_total`, help, labelNames: ['sink'] }, () => this.ownSamples(read));
    own('published', 'Messages that an engine has acknowledged to this instance.', ({ published }) => published);
    own(
      'retried',
      'Messages of batches that were not acknowledged as a whole; they are published again.',
      ({ retried }) => retried,
    );
    own('errors', 'Connections and batches that failed.', ({ errors }) => errors);
    this.metrics.gauge(
      { name: 'iot_broker_sink_leased', help: '1 while this instance publishes to the sink.', labelNames: ['sink'] },
      () => this.ownSamples(({ hasLease }) => Number(hasLease)),
    );
  }

  private gauge(name: string, help: string, read: (sink: SinkDto) => number | null): void {
    this.metrics.gauge({ name: `iot_broker_sink_${name}`, help, labelNames: ['sink'] }, async () => {
      const sinks = this.running.sinks.length === 0 ? [] : ((await this.sinks.get()) ?? []);
      return sinks.flatMap((sink) => {
        const value = read(sink);
        return value === null ? [] : [[{ sink: sink.name }, value] as const];
      });
    });
  }

  private ownSamples(read: (runner: SinkRunner) => number): Samples {
    return this.running.sinks.map(({ options, runner }) => [{ sink: options.name }, read(runner)] as const);
  }
}
