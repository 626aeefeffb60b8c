import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditModule } from './audit/audit.module.js';
import { AdmissionModule } from './admission/admission.module.js';
import { CommandsModule } from './commands/commands.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { DiagnosisModule } from './diagnosis/diagnosis.module.js';
import { HealthModule } from './health/health.module.js';
import { ClusterModule } from './platform/cluster/cluster.module.js';
import { KeysModule } from './keys/keys.module.js';
import { AuditLogModule } from './platform/audit/audit-log.module.js';
import { BrokerSettings, ProcessSettings } from './platform/config/settings.js';
import { SettingsError } from './platform/config/validate-settings.js';
import { SettingsModule } from './platform/config/settings.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { HttpModule } from './platform/http/http.module.js';
import { ObservabilityModule } from './platform/observability/observability.module.js';
import { OutboxModule } from './platform/outbox/outbox.module.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';
import { readTlsCredentials } from './transport/tls-credentials.js';
import { type TransportOptions } from './transport/transport-options.js';
import { TracingModule } from './tracing/tracing.module.js';
import { trustedPeers } from './transport/trusted-peers.js';
import { TransportModule } from './transport/transport.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

const MS = 1_000;
const CERTIFICATE_RELOAD_MS = 5_000;

/** The composition root. */
@Module({})
export class AppModule {
  /** Throws SettingsError. */
  static async forRoot(): Promise<DynamicModule> {
    return {
      module: AppModule,
      imports: [
        await SettingsModule.forRoot(),
        DatabaseModule,
        ClusterModule,
        HttpModule,
        ObservabilityModule,
        OutboxModule,
        AuditLogModule,
        ScheduleModule.forRoot(),
        TransportModule.forRootAsync({ inject: [BrokerSettings, ProcessSettings], useFactory: transportOptions }),
        DevicesModule,
        AdmissionModule,
        TelemetryModule,
        CommandsModule,
        WebhooksModule,
        KeysModule,
        AuditModule,
        TracingModule,
        DiagnosisModule,
        HealthModule,
      ],
    };
  }
}

function transportOptions(broker: BrokerSettings, process: ProcessSettings): TransportOptions {
  return {
    host: broker.BROKER_HOST,
    port: broker.BROKER_PORT,
    maxConnections: broker.MAX_DEVICE_CONNECTIONS,
    maxConnectionsPerAddress: broker.BROKER_MAX_CONNECTIONS_PER_ADDRESS,
    maxNewConnectionsPerSecond: broker.BROKER_MAX_NEW_CONNECTIONS_PER_SECOND,
    maxFrameBytes: broker.BROKER_MAX_FRAME_BYTES,
    maxLoginBytes: broker.BROKER_MAX_LOGIN_BYTES,
    maxLoginsPerSecond: broker.BROKER_MAX_LOGINS_PER_SECOND,
    maxFramesPerSecond: broker.BROKER_MAX_FRAMES_PER_SECOND,
    frameTimeoutMs: broker.BROKER_FRAME_TIMEOUT_SECONDS * MS,
    maxUnsentBytes: broker.BROKER_MAX_UNSENT_BYTES,
    loginTimeoutMs: broker.BROKER_LOGIN_TIMEOUT_SECONDS * MS,
    idleTimeoutMs: broker.BROKER_IDLE_TIMEOUT_SECONDS * MS,
    keepAliveMs: broker.BROKER_KEEPALIVE_SECONDS * MS,
    maxBytesInFlight: broker.BROKER_MAX_BYTES_IN_FLIGHT,
    comesFromBalancer: broker.BROKER_PROXY_PROTOCOL ? balancersOf(broker) : () => false,
    tls: tlsOptions(broker),
    udpPort: broker.BROKER_UDP_PORT ?? null,
    drainTimeoutMs: process.SHUTDOWN_GRACE_SECONDS * MS,
  };
}

/** Throws SettingsError. */
function balancersOf({ BROKER_PROXY_TRUSTED: cidrs }: BrokerSettings): (address: string) => boolean {
  if (cidrs === undefined) {
    throw new SettingsError(['BROKER_PROXY_TRUSTED must be set when BROKER_PROXY_PROTOCOL is on']);
  }
  try {
    return trustedPeers(cidrs);
  } catch (error) {
    throw new SettingsError([`BROKER_PROXY_TRUSTED: ${(error as Error).message}`]);
  }
}

/** Throws SettingsError: a certificate no device would accept is told before anything is started. */
function tlsOptions(broker: BrokerSettings): TransportOptions['tls'] {
  const {
    BROKER_TLS_PORT: port,
    BROKER_TLS_CERT_FILE: certificateFile,
    BROKER_TLS_KEY_FILE: keyFile,
    BROKER_TLS_CA_FILE: caFile = null,
  } = broker;
  if (port === undefined) {
    return null;
  }
  if (certificateFile === undefined || keyFile === undefined) {
    throw new SettingsError(['BROKER_TLS_CERT_FILE and BROKER_TLS_KEY_FILE must be set when BROKER_TLS_PORT is']);
  }
  const files = { certificateFile, keyFile, caFile };
  try {
    readTlsCredentials(files, Date.now());
  } catch (error) {
    throw new SettingsError([`BROKER_TLS_PORT: ${(error as Error).message}`]);
  }
  return { ...files, port, reloadMs: CERTIFICATE_RELOAD_MS };
}
