import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventSettings } from '../../events/events.settings.js';
import { CachedReading, MetricsRegistry } from '../../platform/observability/metrics-registry.js';
import { ArrivalsRepository } from './arrivals.repository.js';
import { type RelayedRecords } from './relay-round.js';

const ROUND_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counters of the relay since the start of the process, and its metrics. */
@Injectable()
export class RelayCounters implements OnModuleInit {
  private records = 0;
  private leftOut = 0;
  private setAside = 0;
  private observeRound: (seconds: number) => void = () => undefined;
  private readonly oldestAge = new CachedReading(async () => ({ seconds: await this.arrivals.oldestAgeSeconds() }));

  constructor(
    private readonly arrivals: ArrivalsRepository,
    private readonly metrics: MetricsRegistry,
    private readonly settings: EventSettings,
  ) {}

  count({ records, leftOut, setAside }: RelayedRecords, seconds: number): void {
    this.records += records;
    this.setAside += setAside.length;
    this.leftOut += leftOut;
    this.observeRound(seconds);
  }

  onModuleInit(): void {
    this.metrics.counter(
      { name: 'iot_broker_relayed_records_total', help: 'Records that this instance has reported in telemetry events.' },
      () => this.records,
    );
    this.metrics.counter(
      {
        name: 'iot_broker_records_left_out_total',
        help: 'Records that telemetry events count but do not list, because `WEBHOOK_TELEMETRY_MAX_RECORDS` waited for the host.',
      },
      () => this.leftOut,
    );
    this.metrics.counter(
      {
        name: 'iot_broker_relay_set_aside_total',
        help: 'Reports of devices that could not be made, and were set aside so that they do not hold up the others.',
      },
      () => this.setAside,
    );
    this.metrics.gauge(
      {
        name: 'iot_broker_relay_oldest_age_seconds',
        help: 'Cluster: age of the oldest stored records that no telemetry event reports yet; normally up to `TELEMETRY_EVENT_INTERVAL`.',
      },
      async () => {
        const oldest = await this.oldestAge.get();
        return oldest && (oldest.seconds ?? 0);
      },
    );
    this.metrics.gauge(
      { name: 'iot_broker_relay_interval_seconds', help: '`TELEMETRY_EVENT_INTERVAL`.' },
      () => this.settings.TELEMETRY_EVENT_INTERVAL,
    );
    this.observeRound = this.metrics.histogram(
      { name: 'iot_broker_relay_seconds', help: 'Duration of a round of the relay that has reported records.' },
      ROUND_SECONDS,
    );
  }
}
