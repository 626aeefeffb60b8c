import { type ApiSettings } from './platform/config/settings.js';
import { type BrokerSettings } from './broker.settings.js';
import { type MetricsSettings } from './metrics/metrics.settings.js';
import { SettingsError } from './platform/config/settings.module.js';

interface Listener {
  readonly portVariable: string;
  readonly port: number | undefined;
  readonly hostVariable: string;
  readonly host: string;
  /** What Node was doing when it failed. */
  readonly syscall: 'listen' | 'bind';
}

/** Turns a port or address that the system refuses into an error that names its variable. Any other error is returned as it is. */
export function listenError(error: unknown, broker: BrokerSettings, api: ApiSettings, metrics: MetricsSettings): unknown {
  const { code, syscall, port, address, hostname } = error as NodeJS.ErrnoException & Record<string, unknown>;
  const all = listeners(broker, api, metrics);
  if (syscall === 'getaddrinfo') {
    return withVariables(
      all.filter(({ host }) => host === hostname).map(({ hostVariable }) => hostVariable),
      code,
      error,
    );
  }
  const refused = all.filter((listener) => listener.syscall === syscall && listener.port === port && listener.host === address);
  const isAboutPort = code === 'EADDRINUSE' || code === 'EACCES';
  return withVariables(
    refused.map(({ portVariable, hostVariable }) => (isAboutPort ? portVariable : hostVariable)),
    code,
    error,
  );
}

const REASONS = new Map([
  ['EADDRINUSE', 'is a port that is in use'],
  ['EACCES', 'is a port that this user may not open'],
]);

function withVariables(variables: readonly string[], code: string | undefined, error: unknown): unknown {
  if (variables.length === 0 || code === undefined) {
    return error;
  }
  return new SettingsError(
    [...new Set(variables)].map((name) => `${name} ${REASONS.get(code) ?? 'is not an address of this machine'} (${code})`),
  );
}

function listeners(broker: BrokerSettings, api: ApiSettings, metrics: MetricsSettings): Listener[] {
  const devices = { hostVariable: 'BROKER_HOST', host: broker.BROKER_HOST, syscall: 'listen' } as const;
  return [
    { ...devices, portVariable: 'BROKER_PORT', port: broker.BROKER_PORT },
    { ...devices, portVariable: 'BROKER_TLS_PORT', port: broker.BROKER_TLS_PORT },
    { ...devices, portVariable: 'BROKER_UDP_PORT', port: broker.BROKER_UDP_PORT, syscall: 'bind' },
    { portVariable: 'API_PORT', port: api.API_PORT, hostVariable: 'API_HOST', host: api.API_HOST, syscall: 'listen' },
    {
      portVariable: 'METRICS_PORT',
      port: metrics.METRICS_PORT,
      hostVariable: 'METRICS_HOST',
      host: metrics.METRICS_HOST,
      syscall: 'listen',
    },
  ];
}
