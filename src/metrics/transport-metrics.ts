import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricsRegistry, type Samples } from '../platform/observability/metrics-registry.js';
import { StatsRegistry } from '../platform/observability/status-registries.js';
import { CODEC_12, CODEC_13, CODEC_14, CODEC_15, CODEC_16, CODEC_8, CODEC_8_EXTENDED } from '../protocol/codec-ids.js';
import { ConnectionRegistry } from '../transport/connection-registry.js';
import { TeltonikaServer } from '../transport/teltonika-server.js';
import { TransportCounters } from '../transport/transport-counters.js';

/** From the commit time of a flash disk to the response timeout of a device. */
const ACKNOWLEDGEMENT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30];
/** Names of codecs. All unknown bytes share one name: a device must not be able to create time series. */
const CODEC_NAMES: Readonly<Record<number, string>> = {
  [CODEC_8]: '8',
  [CODEC_8_EXTENDED]: '8E',
  [CODEC_16]: '16',
  [CODEC_12]: '12',
  [CODEC_13]: '13',
  [CODEC_14]: '14',
  [CODEC_15]: '15',
};

/** Registers the listener's counters as metrics and for GET stats. */
@Injectable()
export class TransportMetrics implements OnModuleInit {
  constructor(
    private readonly server: TeltonikaServer,
    private readonly counters: TransportCounters,
    private readonly connections: ConnectionRegistry,
    private readonly metrics: MetricsRegistry,
    private readonly stats: StatsRegistry,
  ) {}

  onModuleInit(): void {
    this.stats.register('transport', () => ({
      connections: this.server.connectionCount,
      bytesInFlight: this.server.bytesInFlight,
      ...this.counters,
    }));
    this.ofConnections();
    this.ofTls();
    this.ofUdp();
    this.ofFrames();
    this.counters.whenAcknowledged(
      this.metrics.histogram(
        {
          name: 'iot_broker_acknowledgement_seconds',
          help: 'Time from the last byte of a frame to its acknowledgement, including the commit.',
        },
        ACKNOWLEDGEMENT_SECONDS,
      ),
    );
  }

  private ofConnections(): void {
    const { counters, metrics } = this;
    metrics.gauge(
      { name: 'iot_broker_connections', help: 'Open connections, logged in or not.' },
      () => this.server.connectionCount,
    );
    metrics.gauge(
      { name: 'iot_broker_devices_connected', help: 'Devices that are logged in at this instance.' },
      () => this.connections.size,
    );
    metrics.counter(
      { name: 'iot_broker_connections_accepted_total', help: 'Connections accepted.' },
      () => counters.connectionsAccepted,
    );
    metrics.counter(
      {
        name: 'iot_broker_connections_refused_total',
        help: 'Connections rejected, by limit: open connections (all), open connections of one address (address), new connections per second of one address (rate), or evicted before login for a newer connection (login).',
        labelNames: ['limit'],
      },
      () => [
        [{ limit: 'all' }, counters.connectionsRefused],
        [{ limit: 'address' }, counters.connectionsRefusedByAddress],
        [{ limit: 'rate' }, counters.connectionsRefusedByRate],
        [{ limit: 'login' }, counters.connectionsEvicted],
      ],
    );
    metrics.counter({ name: 'iot_broker_logins_total', help: 'Logins by result.', labelNames: ['result'] }, () => [
      [{ result: 'accepted' }, counters.loginsAccepted],
      [{ result: 'refused' }, counters.loginsRefused],
    ]);
    metrics.counter(
      { name: 'iot_broker_logins_slowed_down_total', help: 'Logins delayed by the limit of logins per second.' },
      () => counters.loginsSlowedDown,
    );
    metrics.counter(
      { name: 'iot_broker_disconnects_total', help: 'Connections closed, by reason.', labelNames: ['reason'] },
      () => labelled('reason', counters.disconnects),
    );
  }

  private ofTls(): void {
    const { counters, metrics } = this;
    metrics.counter(
      { name: 'iot_broker_tls_handshakes_total', help: 'TLS handshakes of devices, by result.', labelNames: ['result'] },
      () => [
        [{ result: 'done' }, counters.tlsHandshakes],
        [{ result: 'failed' }, counters.tlsHandshakesFailed],
      ],
    );
    metrics.counter(
      { name: 'iot_broker_tls_reloads_total', help: 'Reloads of the certificate, by result.', labelNames: ['result'] },
      () => [
        [{ result: 'done' }, counters.tlsReloads],
        [{ result: 'failed' }, counters.tlsReloadsFailed],
      ],
    );
    metrics.gauge(
      { name: 'iot_broker_tls_certificate_expires_seconds', help: 'When the certificate in use expires, seconds since 1970.' },
      () => (this.server.tlsExpiresAt === null ? [] : [[{}, this.server.tlsExpiresAt.getTime() / 1_000]]),
    );
  }

  private ofUdp(): void {
    const { udp } = this.counters;
    this.metrics.counter(
      { name: 'iot_broker_udp_datagrams_total', help: 'Datagrams of devices, by result.', labelNames: ['result'] },
      () => [
        [{ result: 'read' }, udp.datagrams - udp.dropped - udp.limited],
        [{ result: 'dropped' }, udp.dropped],
        [{ result: 'limited' }, udp.limited],
      ],
    );
    this.metrics.counter(
      {
        name: 'iot_broker_udp_packets_total',
        help: 'Packets in the datagrams that were read, by result.',
        labelNames: ['result'],
      },
      () => [
        ...(['answered', 'refused', 'rejected', 'unanswered'] as const).map((result) => [{ result }, udp[result]] as const),
        [{ result: 'limited' }, udp.packetsLimited] as const,
      ],
    );
  }

  private ofFrames(): void {
    const { counters, metrics } = this;
    metrics.counter(
      { name: 'iot_broker_received_bytes_total', help: 'Bytes received from devices.' },
      () => counters.bytesReceived,
    );
    metrics.counter(
      {
        name: 'iot_broker_frames_total',
        help: 'Complete frames with a correct CRC, and data fields received by UDP, by codec.',
        labelNames: ['codec'],
      },
      () => byCodec(counters.framesByCodec),
    );
    metrics.counter({ name: 'iot_broker_records_total', help: 'Records acknowledged, by codec.', labelNames: ['codec'] }, () =>
      byCodec(counters.recordsByCodec),
    );
    metrics.counter(
      { name: 'iot_broker_messages_total', help: 'Messages received from devices (codecs 12 to 15).' },
      () => counters.messages,
    );
    metrics.counter(
      { name: 'iot_broker_acknowledgements_total', help: 'Acknowledgements written to devices.' },
      () => counters.acknowledgements,
    );
    metrics.counter({ name: 'iot_broker_pings_total', help: 'Keep-alive bytes received from devices.' }, () => counters.pings);
    metrics.counter(
      {
        name: 'iot_broker_rejected_frames_total',
        help: 'Frames rejected, by error code.',
        labelNames: ['code'],
      },
      () => labelled('code', counters.rejected),
    );
    metrics.counter(
      {
        name: 'iot_broker_frames_slowed_down_total',
        help: 'Frames delayed by the limit of frames per second of one device.',
      },
      () => counters.framesSlowedDown,
    );
    metrics.counter(
      { name: 'iot_broker_backpressure_waits_total', help: 'Times a frame was delayed by the limit of bytes in flight.' },
      () => counters.backpressureWaits,
    );
    metrics.gauge(
      { name: 'iot_broker_bytes_in_flight', help: 'Bytes of frames being handled.' },
      () => this.server.bytesInFlight,
    );
  }
}

function labelled(label: string, counts: Readonly<Partial<Record<string, number>>>): Samples {
  return Object.entries(counts).map(([value, count]) => [{ [label]: value }, count ?? 0] as const);
}

function byCodec(counts: Readonly<Partial<Record<number, number>>>): Samples {
  const named = new Map<string, number>();
  for (const [id, count] of Object.entries(counts)) {
    const codec = CODEC_NAMES[Number(id)] ?? 'unknown';
    named.set(codec, (named.get(codec) ?? 0) + (count ?? 0));
  }
  return [...named].map(([codec, count]) => [{ codec }, count] as const);
}
