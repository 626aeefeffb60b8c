import { addressMatcher, areAddressBlocks } from './platform/config/variables.js';
import { type BrokerSettings } from './broker.settings.js';
import { type ProcessSettings } from './platform/config/settings.js';
import { SettingsError } from './platform/config/settings.module.js';
import { networkOf } from './access/authentication/client-address.js';
import { readTlsCredentials } from './transport/tls/tls-credentials.js';
import { type TransportOptions } from './transport/transport-options.js';
import { SECOND_MS } from './platform/time-units.js';

const CERTIFICATE_RELOAD_MS = 5_000;

/** Builds the options of the transport from the settings. Throws SettingsError. */
export function devicePortOptions(broker: BrokerSettings, process: ProcessSettings): TransportOptions {
  return {
    host: broker.BROKER_HOST,
    port: broker.BROKER_PORT,
    maxConnections: broker.MAX_DEVICE_CONNECTIONS,
    maxConnectionsPerAddress: broker.BROKER_MAX_CONNECTIONS_PER_ADDRESS,
    maxNewConnectionsPerSecond: broker.BROKER_MAX_NEW_CONNECTIONS_PER_SECOND,
    maxFrameBytes: broker.BROKER_MAX_FRAME_BYTES,
    maxLoginBytes: broker.BROKER_MAX_LOGIN_BYTES,
    maxLoginsPerSecond: broker.BROKER_MAX_LOGINS_PER_SECOND,
    maxDatagramsPerSecond: broker.BROKER_UDP_MAX_DATAGRAMS_PER_SECOND,
    maxFramesPerSecond: broker.BROKER_MAX_FRAMES_PER_SECOND,
    frameTimeoutMs: broker.BROKER_FRAME_TIMEOUT_SECONDS * SECOND_MS,
    maxUnsentBytes: broker.BROKER_MAX_UNSENT_BYTES,
    loginTimeoutMs: broker.BROKER_LOGIN_TIMEOUT_SECONDS * SECOND_MS,
    idleTimeoutMs: broker.BROKER_IDLE_TIMEOUT_SECONDS * SECOND_MS,
    keepAliveMs: broker.BROKER_KEEPALIVE_SECONDS * SECOND_MS,
    maxBytesInFlight: broker.BROKER_MAX_BYTES_IN_FLIGHT,
    networkOf,
    comesFromBalancer: broker.BROKER_PROXY_PROTOCOL ? balancersOf(broker) : () => false,
    tls: tlsOptions(broker),
    udpPort: broker.BROKER_UDP_PORT ?? null,
    drainTimeoutMs: process.SHUTDOWN_GRACE_SECONDS * SECOND_MS,
  };
}

/** Throws SettingsError. */
function balancersOf({ BROKER_PROXY_TRUSTED: cidrs }: BrokerSettings): (address: string) => boolean {
  if (cidrs === undefined) {
    throw new SettingsError(['BROKER_PROXY_TRUSTED must be set when BROKER_PROXY_PROTOCOL is on']);
  }
  if (!areAddressBlocks(cidrs)) {
    throw new SettingsError([
      'BROKER_PROXY_TRUSTED must be addresses or CIDR blocks, separated by commas, like 10.0.0.0/8,2001:db8::/32',
    ]);
  }
  return addressMatcher(cidrs);
}

/** Throws SettingsError when the certificate is not valid, before anything is started. */
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
