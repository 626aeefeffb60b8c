import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EventAdoption, EventRecord, EventRetentionMark, EventSequence, LoggedEvent } from './logged-event.entity.js';
import { EventFeedController } from './event-feed.controller.js';
import { EventLog } from './event-log.js';
import { EventLogReader } from './event-log-reader.js';
import { EventRetention } from './event-retention.js';
import { EventTimesRepository } from './event-times.repository.js';
import { EventsRepository } from './events.repository.js';
import { TelemetryEventLog } from './telemetry/telemetry-event-log.js';
import { TelemetryEventsRepository } from './telemetry/telemetry-events.repository.js';

/** What the host can receive: the event log, the feed that reads it, and how long events are kept. */
@Module({
  imports: [TypeOrmModule.forFeature([EventAdoption, EventRecord, EventRetentionMark, EventSequence, LoggedEvent])],
  controllers: [EventFeedController],
  providers: [
    EventLog,
    EventLogReader,
    EventRetention,
    EventTimesRepository,
    EventsRepository,
    TelemetryEventLog,
    TelemetryEventsRepository,
  ],
  exports: [EventLog, EventLogReader, EventsRepository, TelemetryEventLog],
})
export class EventsModule {}
