import { Module } from '@nestjs/common';
import { DeviceDaysRow, IndexedDay } from './partitions/device-days.entity.js';
import { LatestRow, TelemetryRow } from './records/telemetry-record.entity.js';
import { AnswerStreamsModule } from '../platform/http/answer-streams.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { AuditLogModule } from '../access/audit/audit-log.module.js';
import { EventsModule } from '../events/events.module.js';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DiagnosisModule } from '../diagnosis/diagnosis.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ReadDatabaseModule } from '../platform/read-database/read-database.js';
import { RetentionModule } from '../platform/retention/table-retention.js';
import { BatchStore } from './ingest/batch-store.js';
import { DeviceDays } from './partitions/device-days.js';
import { DeviceDaysRepository } from './partitions/device-days.repository.js';
import { IngestCounters } from './ingest-counters.js';
import { IngestMetrics } from './ingest/ingest-metrics.js';
import { LatestRecords } from './latest/latest-records.js';
import { LatestRecordsRepository } from './latest/latest-records.repository.js';
import { NewestRecords } from './latest/newest-records.js';
import { StoredRecords } from './latest/stored-records.js';
import { PartitionsRepository } from './partitions/partitions.repository.js';
import { QuarantineController } from './quarantine/quarantine.controller.js';
import { QuarantineRepository } from './quarantine/quarantine.repository.js';
import { QuarantineRetry } from './quarantine/quarantine-retry.js';
import { QuarantineService } from './quarantine/quarantine.service.js';
import { QuarantinedFrame } from './quarantine/quarantined-frame.entity.js';
import { RejectedFrames } from './ingest/rejected-frames.js';
import { TelemetryEvents } from './storage/telemetry-events.js';
import { ArrivalsRepository } from './relay/arrivals.repository.js';
import { RecordArrival, RecordArrivalRetentionMark } from './record-log/record-arrival.entity.js';
import { RecordLog } from './record-log/record-log.js';
import { RecordLogReader } from './record-log/record-log-reader.js';
import { RecordLogRetention } from './record-log/record-log-retention.js';
import { RelayCounters } from './relay/relay-counters.js';
import { RelayRound } from './relay/relay-round.js';
import { IsolatedReports } from './relay/isolated-reports.js';
import { SetAsideRepository } from './relay/set-aside.repository.js';
import { SetAsideArrival, TelemetryArrival, TelemetryRelayState } from './relay/telemetry-arrival.entity.js';
import { TelemetryRelay } from './relay/telemetry-relay.js';
import { TelemetryIngestController } from './ingest/telemetry-ingest.controller.js';
import { TelemetryPartitions } from './partitions/telemetry-partitions.js';
import { TelemetryReaderRepository } from './records/telemetry-reader.repository.js';
import { TelemetryWriter } from './ingest/telemetry-writer.js';
import { WriteFailures } from './ingest/write-failures.js';
import { TelemetryController } from './records/telemetry.controller.js';
import { TelemetryRepository } from './storage/telemetry.repository.js';
import { NewestRecordRepository } from './records/newest-record.repository.js';
import { OutputRecords } from './records/output-records.js';
import { TelemetryExports } from './records/telemetry-exports.js';
import { TelemetryService } from './records/telemetry.service.js';

/** Stores the records that devices send, and serves them over REST. */
@Module({
  imports: [
    AnswerStreamsModule,
    ObservabilityModule,
    AuditLogModule,
    DiagnosisModule,
    EventsModule,
    SessionsModule,
    ReadDatabaseModule,
    RetentionModule,
    TypeOrmModule.forFeature([
      DeviceDaysRow,
      IndexedDay,
      LatestRow,
      SetAsideArrival,
      RecordArrival,
      RecordArrivalRetentionMark,
      TelemetryArrival,
      TelemetryRelayState,
      TelemetryRow,
      QuarantinedFrame,
    ]),
  ],
  controllers: [QuarantineController, TelemetryController, TelemetryIngestController],
  providers: [
    ArrivalsRepository,
    BatchStore,
    DeviceDays,
    DeviceDaysRepository,
    IngestCounters,
    IngestMetrics,
    IsolatedReports,
    LatestRecords,
    LatestRecordsRepository,
    NewestRecordRepository,
    NewestRecords,
    OutputRecords,
    PartitionsRepository,
    QuarantineRepository,
    QuarantineRetry,
    QuarantineService,
    RecordLog,
    RecordLogReader,
    RecordLogRetention,
    RejectedFrames,
    RelayCounters,
    RelayRound,
    SetAsideRepository,
    StoredRecords,
    TelemetryEvents,
    TelemetryExports,
    TelemetryPartitions,
    TelemetryReaderRepository,
    TelemetryRelay,
    TelemetryRepository,
    TelemetryService,
    TelemetryWriter,
    WriteFailures,
  ],
  exports: [NewestRecords, OutputRecords, RecordLog, RecordLogReader, StoredRecords],
})
export class TelemetryModule {}
