import { Module } from '@nestjs/common';
import { KeysModule } from '../../access/keys/keys.module.js';
import { ClusterModule } from '../../platform/cluster/cluster.module.js';
import { ObservabilityModule } from '../../platform/observability/observability.module.js';
import { EventsModule } from '../events.module.js';
import { EventStreams } from './event-streams.js';
import { StreamCallers } from './stream-callers.js';
import { StreamController } from './stream.controller.js';
import { StreamMetrics } from './stream-metrics.js';
import { StreamPlaces } from './stream-places.js';
import { StreamSignals } from './stream-signals.js';

/** Sends events to clients as they happen. */
@Module({
  imports: [ClusterModule, EventsModule, KeysModule, ObservabilityModule],
  controllers: [StreamController],
  providers: [EventStreams, StreamCallers, StreamMetrics, StreamPlaces, StreamSignals],
  exports: [StreamSignals],
})
export class StreamModule {}
