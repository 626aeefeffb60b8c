import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricsRegistry } from '../../platform/observability/metrics-registry.js';
import { EventStreams } from './event-streams.js';
import { StreamPlaces } from './stream-places.js';

/** From a client that reconnects at once to one that stays for a day. */
const SECONDS_BUCKETS = [1, 10, 60, 600, 3_600, 21_600, 86_400];

/** The streams of this instance. */
@Injectable()
export class StreamMetrics implements OnModuleInit {
  constructor(
    private readonly streams: EventStreams,
    private readonly places: StreamPlaces,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.metrics.gauge({ name: 'iot_broker_streams_open', help: 'Event streams that are open.' }, () => this.places.open);
    this.metrics.gauge(
      { name: 'iot_broker_streams_catching_up', help: 'Open event streams that read the log on their own, or wait to do so.' },
      () => this.streams.catchingUp,
    );
    this.streams.onClosed(
      this.metrics.histogram(
        { name: 'iot_broker_stream_seconds', help: 'How long event streams that have ended were open.' },
        SECONDS_BUCKETS,
      ),
    );
    this.metrics.counter(
      { name: 'iot_broker_stream_events_sent_total', help: 'Events sent to streams; one that two streams send counts twice.' },
      () => this.streams.eventsSent,
    );
    this.metrics.counter(
      {
        name: 'iot_broker_streams_closed_total',
        help: 'Event streams that have ended, by `reason`: `client`, `overflow`, `stalled`, `stopping`, `key`, `expired`, `error`.',
        labelNames: ['reason'],
      },
      () => Object.entries(this.streams.closed).map(([reason, count]) => [{ reason }, count]),
    );
    this.metrics.counter(
      {
        name: 'iot_broker_streams_refused_total',
        help: 'Event streams that were refused, by `limit`: `instance` (`STREAM_MAX_CONNECTIONS`), `key` (`STREAM_MAX_CONNECTIONS_PER_KEY`).',
        labelNames: ['limit'],
      },
      () => [
        [{ limit: 'instance' }, this.places.refusedInAll],
        [{ limit: 'key' }, this.places.refusedOfKey],
      ],
    );
    this.metrics.gauge(
      {
        name: 'iot_broker_stream_tail_lag_seconds',
        help: 'Time since the event log was last read to its end for the streams; no sample while no stream is open.',
      },
      () => this.streams.tail.lagSeconds,
    );
  }
}
