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
          help: 'From the last byte of a frame to its acknowledgement, including the commit; a frame that waits behind another frame of its device has not arrived yet.',
        },
        ACKNOWLEDGEMENT_SECONDS,
      ),
    );
  }

  private ofConnections(): void {
    const { counters, metrics } = this;
    metrics.gauge(
      { name: 'iot_broker_connections', help: 'Open device connections, logged in or not.' },
      () => this.server.connectionCount,
    );
    metrics.gauge(
      { name: 'iot_broker_devices_connected', help: 'Devices logged in at this instance.' },
      () => this.connections.size,
    );
    metrics.counter(
      { name: 'iot_broker_connections_accepted_total', help: 'Connections accepted.' },
      () => counters.connectionsAccepted,
    );
    metrics.counter(
      {
        name: 'iot_broker_connections_refused_total',
        help: 'Connections refused, `limit`: `all` (`MAX_DEVICE_CONNECTIONS` devices were open), `address` (`BROKER_MAX_CONNECTIONS_PER_ADDRESS`), `rate` (`BROKER_MAX_NEW_CONNECTIONS_PER_SECOND`), `login` (connections without a login, evicted for newer connections).',
        labelNames: ['limit'],
      },
      () => [
        [{ limit: 'all' }, counters.connectionsRefused],
        [{ limit: 'address' }, counters.connectionsRefusedByAddress],
        [{ limit: 'rate' }, counters.connectionsRefusedByRate],
        [{ limit: 'login' }, counters.connectionsEvicted],
      ],
    );
    metrics.counter(
      { name: 'iot_broker_logins_total', help: 'Logins, `result`: `accepted`, `refused`.', labelNames: ['result'] },
      () => [
        [{ result: 'accepted' }, counters.loginsAccepted],
        [{ result: 'refused' }, counters.loginsRefused],
      ],
    );
    metrics.counter(
      { name: 'iot_broker_logins_slowed_down_total', help: 'Logins delayed by `BROKER_MAX_LOGINS_PER_SECOND`.' },
      () => counters.loginsSlowedDown,
    );
    metrics.counter(
      {
        name: 'iot_broker_failed_attempts_total',
        help: 'Connections, logins and frames that were not accepted, `outcome`: `tls-on-plain-port`, `plain-on-tls-port`, `http-request`, `not-a-login`, `bad-imei`, `no-login`, `tls-failed`, `too-many-connections`, `bad-proxy-header`, `bad-crc`, `bad-frame`, `unknown`, `banned`, `address`, `limit`.',
        labelNames: ['outcome'],
      },
      () => labelled('outcome', counters.failedAttempts.counts),
    );
    metrics.counter(
      {
        name: 'iot_broker_disconnects_total',
        help: 'Closed connections, `reason`: `peer`, `socket-error`, `idle`, `login-timeout`, `login-refused`, `not-admitted`, `too-many-connections`, `frame-timeout`, `not-reading`, `replaced`, `fenced`, `protocol-error`, `handler-error`, `shutdown`.',
        labelNames: ['reason'],
      },
      () => labelled('reason', counters.disconnects),
    );
  }

  private ofTls(): void {
    const { counters, metrics } = this;
    metrics.counter(
      {
        name: 'iot_broker_tls_handshakes_total',
        help: 'TLS handshakes, `result`: `done`, `failed` (scanners, versions below 1.2, certificates without a known issuer).',
        labelNames: ['result'],
      },
      () => [
        [{ result: 'done' }, counters.tlsHandshakes],
        [{ result: 'failed' }, counters.tlsHandshakesFailed],
      ],
    );
    metrics.counter(
      {
        name: 'iot_broker_tls_reloads_total',
        help: 'Changed certificates, `result`: `done`, `failed` (the previous certificate stays in use).',
        labelNames: ['result'],
      },
      () => [
        [{ result: 'done' }, counters.tlsReloads],
        [{ result: 'failed' }, counters.tlsReloadsFailed],
      ],
    );
    metrics.gauge(
      {
        name: 'iot_broker_tls_certificate_expires_seconds',
        help: 'When the certificate in use expires, seconds since 1970; no sample without `BROKER_TLS_PORT`.',
      },
      () => (this.server.tlsExpiresAt === null ? [] : [[{}, this.server.tlsExpiresAt.getTime() / 1_000]]),
    );
  }

  private ofUdp(): void {
    const { udp } = this.counters;
    this.metrics.counter(
      {
        name: 'iot_broker_udp_datagrams_total',
        help: 'Datagrams of devices, `result`: `read`, `dropped` (`BROKER_MAX_BYTES_IN_FLIGHT` was used up; the device sends again), `limited` (above `BROKER_UDP_MAX_DATAGRAMS_PER_SECOND` of its source address); datagrams dropped by the operating system are not counted.',
        labelNames: ['result'],
      },
      () => [
        [{ result: 'read' }, udp.datagrams - udp.dropped - udp.limited],
        [{ result: 'dropped' }, udp.dropped],
        [{ result: 'limited' }, udp.limited],
      ],
    );
    this.metrics.counter(
      {
        name: 'iot_broker_udp_packets_total',
        help: 'Packets in them, `result`: `answered`, `refused` (the device is not admitted), `rejected` (the code is among the rejected frames), `unanswered` (storing or sending failed, or it contains no record), `limited` (above `BROKER_MAX_FRAMES_PER_SECOND` of its device).',
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
    metrics.counter({ name: 'iot_broker_received_bytes_total', help: 'Bytes that devices sent.' }, () => counters.bytesReceived);
    metrics.counter(
      {
        name: 'iot_broker_frames_total',
        help: 'Whole frames with a right CRC, and data fields by UDP, `codec`: `8`, `8E`, `16`, `12` to `15`, `unknown`.',
        labelNames: ['codec'],
      },
      () => byCodec(counters.framesByCodec),
    );
    metrics.counter(
      {
        name: 'iot_broker_records_total',
        help: 'Acknowledged records, by `codec`; repeated records count again.',
        labelNames: ['codec'],
      },
      () => byCodec(counters.recordsByCodec),
    );
    metrics.counter(
      { name: 'iot_broker_messages_total', help: 'Messages of devices (codecs 12 to 15).' },
      () => counters.messages,
    );
    metrics.counter(
      { name: 'iot_broker_acknowledgements_total', help: 'Acknowledgements written.' },
      () => counters.acknowledgements,
    );
    metrics.counter({ name: 'iot_broker_pings_total', help: 'Keep-alive bytes of devices.' }, () => counters.pings);
    metrics.counter(
      {
        name: 'iot_broker_rejected_frames_total',
        help: 'Rejected frames and logins, by error `code` (`BAD_CRC`, `BAD_LOGIN`, ...).',
        labelNames: ['code'],
      },
      () => labelled('code', counters.rejected),
    );
    metrics.counter(
      {
        name: 'iot_broker_frames_slowed_down_total',
        help: 'Frames delayed by `BROKER_MAX_FRAMES_PER_SECOND`.',
      },
      () => counters.framesSlowedDown,
    );
    metrics.counter(
      { name: 'iot_broker_backpressure_waits_total', help: 'Frames delayed by `BROKER_MAX_BYTES_IN_FLIGHT`.' },
      () => counters.backpressureWaits,
    );
    metrics.gauge(
      { name: 'iot_broker_bytes_in_flight', help: 'Bytes of frames being processed.' },
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
