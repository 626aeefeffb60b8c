import { listenError } from './listen-error.js';
import { ApiSettings } from './platform/config/settings.js';
import { BrokerSettings } from './broker.settings.js';
import { MetricsSettings } from './metrics/metrics.settings.js';

function of(error: Record<string, unknown>): unknown {
  const broker = Object.assign(new BrokerSettings(), { BROKER_UDP_PORT: 9000, BROKER_TLS_PORT: 443 });
  return listenError(Object.assign(new Error('no'), error), broker, new ApiSettings(), new MetricsSettings());
}

describe('a port or address that the system refuses', () => {
  const any = { address: '0.0.0.0' };

  it.each([
    [{ ...any, syscall: 'listen', code: 'EADDRINUSE', port: 9000 }, 'BROKER_PORT is a port that is in use (EADDRINUSE)'],
    [{ ...any, syscall: 'bind', code: 'EADDRINUSE', port: 9000 }, 'BROKER_UDP_PORT is a port that is in use (EADDRINUSE)'],
    [{ ...any, syscall: 'listen', code: 'EACCES', port: 443 }, 'BROKER_TLS_PORT is a port that this user may not open (EACCES)'],
    [
      { ...any, syscall: 'listen', code: 'EADDRNOTAVAIL', port: 8091 },
      'API_HOST is not an address of this machine (EADDRNOTAVAIL)',
    ],
    [
      { syscall: 'getaddrinfo', code: 'ENOTFOUND', hostname: '127.0.0.1' },
      'METRICS_HOST is not an address of this machine (ENOTFOUND)',
    ],
  ])('is reported with its variable: %j', (error, problem) => {
    expect(of(error)).toMatchObject({ name: 'SettingsError', problems: [problem] });
  });

  it('is left as it is when it is not the gateway that wanted it', () => {
    expect(of({ ...any, syscall: 'listen', code: 'EADDRINUSE', port: 5432 })).toMatchObject({ name: 'Error', message: 'no' });
    expect(of({ code: 'ECONNREFUSED', syscall: 'connect', port: 9000, ...any })).toMatchObject({ name: 'Error' });
  });
});
