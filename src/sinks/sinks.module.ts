import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditLogModule } from '../access/audit/audit-log.module.js';
import { EventsModule } from '../events/events.module.js';
import { EventSettings } from '../events/events.settings.js';
import { StreamModule } from '../events/stream/stream.module.js';
import { ClusterModule } from '../platform/cluster/cluster.module.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { TelemetryModule } from '../telemetry/telemetry.module.js';
import { configuredSinks } from './configured-sinks.js';
import { CONFIGURED_SINKS, RunningSinks } from './running-sinks.js';
import { SinkMetrics } from './sink-metrics.js';
import { SinkSources } from './run/sink-sources.js';
import { SinkRunners } from './sink-runners.js';
import { Sink } from './sink.entity.js';
import { SinksController } from './sinks.controller.js';
import { SinksRepository } from './sinks.repository.js';
import { SinksService } from './sinks.service.js';
import { SinkSettings } from './sinks.settings.js';

/** Brings events to other engines: NATS JetStream, MQTT brokers, Kafka. */
@Module({
  imports: [
    TypeOrmModule.forFeature([Sink]),
    AuditLogModule,
    ClusterModule,
    EventsModule,
    ObservabilityModule,
    StreamModule,
    TelemetryModule,
  ],
  controllers: [SinksController],
  providers: [
    { provide: CONFIGURED_SINKS, inject: [EventSettings, SinkSettings], useFactory: configuredSinks },
    RunningSinks,
    SinkMetrics,
    SinkRunners,
    SinkSources,
    SinksRepository,
    SinksService,
  ],
})
export class SinksModule {}
