import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricsRegistry } from '../../platform/observability/metrics-registry.js';
import { StatsRegistry } from '../../platform/observability/status-registries.js';
import { IngestCounters } from '../ingest-counters.js';
import { TelemetryPartitions } from '../partitions/telemetry-partitions.js';
import { TelemetryWriter } from './telemetry-writer.js';

const BATCH_RECORDS = [1, 10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];
const BATCH_SECONDS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

/** Registers the metrics of the ingest and its part of `GET /api/v1/stats`. */
@Injectable()
export class IngestMetrics implements OnModuleInit {
  constructor(
    private readonly counters: IngestCounters,
    private readonly writer: TelemetryWriter,
    private readonly partitions: TelemetryPartitions,
    private readonly metrics: MetricsRegistry,
    private readonly stats: StatsRegistry,
  ) {}

  onModuleInit(): void {
    this.stats.register('telemetry', () => ({ batchesInFlight: this.writer.batchesInFlight, ...this.counters }));
    this.ofRecords();
    this.ofBatches();
    this.ofPartitions();
  }

  private ofRecords(): void {
    const { counters, metrics } = this;
    metrics.counter(
      { name: 'iot_broker_records_stored_total', help: 'Records stored as new rows.' },
      () => counters.recordsStored,
    );
    metrics.counter(
      { name: 'iot_broker_duplicate_records_total', help: 'Records that were already stored: devices sent them again.' },
      () => counters.duplicates,
    );
    metrics.counter(
      {
        name: 'iot_broker_quarantined_total',
        help: 'Entries added to `tbl_iot_telemetry_quarantine`, `scope`: `frame`, `record`.',
        labelNames: ['scope'],
      },
      () => [
        [{ scope: 'frame' }, counters.quarantinedFrames],
        [{ scope: 'record' }, counters.quarantinedRecords],
      ],
    );
  }

  private ofBatches(): void {
    const { counters, metrics } = this;
    metrics.gauge(
      { name: 'iot_broker_batches_in_flight', help: 'Batches being written or waiting.' },
      () => this.writer.batchesInFlight,
    );
    metrics.counter(
      {
        name: 'iot_broker_slow_batches_total',
        help: 'Batches that a plain COPY could not store, `way`: `merged` (contained duplicates), `isolated` (contained rows that the database rejects).',
        labelNames: ['way'],
      },
      () => [
        [{ way: 'merged' }, counters.mergedBatches],
        [{ way: 'isolated' }, counters.isolatedBatches],
      ],
    );
    metrics.counter(
      { name: 'iot_broker_batch_retries_total', help: 'Batches written again because the database was unavailable.' },
      () => counters.retries,
    );
    const observeRecords = metrics.histogram({ name: 'iot_broker_batch_records', help: 'Records in a batch.' }, BATCH_RECORDS);
    const observeSeconds = metrics.histogram(
      { name: 'iot_broker_batch_seconds', help: 'Time until a batch was durable, retries included.' },
      BATCH_SECONDS,
    );
    counters.whenBatchIsStored((records, seconds) => {
      observeRecords(records);
      observeSeconds(seconds);
    });
  }

  private ofPartitions(): void {
    const { create, drop } = this.partitions.blockades;
    this.metrics.gauge(
      {
        name: 'iot_broker_partition_blocked_seconds',
        help: 'How long another transaction has kept a partition from being created or dropped, `change`: `create`, `drop`; 0 otherwise.',
        labelNames: ['change'],
      },
      () => [
        [{ change: 'create' }, create.seconds],
        [{ change: 'drop' }, drop.seconds],
      ],
    );
  }
}
