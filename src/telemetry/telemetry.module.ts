import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DevicesModule } from '../devices/devices.module.js';
import { RetentionModule } from '../platform/retention/retention.module.js';
import { BatchStore } from './batch-store.js';
import { DeviceDays } from './device-days.js';
import { DeviceDaysRepository } from './device-days.repository.js';
import { IngestCounters } from './ingest-counters.js';
import { IngestMetrics } from './ingest-metrics.js';
import { LatestRecords } from './latest-records.js';
import { LatestRecordsRepository } from './latest-records.repository.js';
import { PartitionsRepository } from './partitions.repository.js';
import { QuarantineController } from './quarantine/quarantine.controller.js';
import { QuarantineRepository } from './quarantine/quarantine.repository.js';
import { QuarantineRetry } from './quarantine/quarantine-retry.js';
import { QuarantineService } from './quarantine/quarantine.service.js';
import { QuarantinedFrame } from './quarantine/quarantined-frame.entity.js';
import { RejectedFrames } from './rejected-frames.js';
import { TelemetryEvents } from './telemetry-events.js';
import { TelemetryIngestController } from './telemetry-ingest.controller.js';
import { TelemetryPartitions } from './telemetry-partitions.js';
import { TelemetryReaderRepository } from './telemetry-reader.repository.js';
import { TelemetryWriter } from './telemetry-writer.js';
import { WriteFailures } from './write-failures.js';
import { TelemetryController } from './telemetry.controller.js';
import { TelemetryRepository } from './telemetry.repository.js';
import { TelemetryService } from './telemetry.service.js';

/** Records in (from the transport to the table) and out (over REST). */
@Module({
  imports: [DevicesModule, RetentionModule, TypeOrmModule.forFeature([QuarantinedFrame])],
  controllers: [QuarantineController, TelemetryController, TelemetryIngestController],
  providers: [
    BatchStore,
    DeviceDays,
    DeviceDaysRepository,
    IngestCounters,
    IngestMetrics,
    LatestRecords,
    LatestRecordsRepository,
    PartitionsRepository,
    QuarantineRepository,
    QuarantineRetry,
    QuarantineService,
    RejectedFrames,
    TelemetryEvents,
    TelemetryPartitions,
    TelemetryReaderRepository,
    TelemetryRepository,
    TelemetryService,
    TelemetryWriter,
    WriteFailures,
  ],
})
export class TelemetryModule {}
