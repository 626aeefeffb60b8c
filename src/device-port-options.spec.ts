import { BrokerSettings } from './broker.settings.js';
import { ProcessSettings } from './platform/config/settings.js';
import { devicePortOptions } from './device-port-options.js';

function optionsOf(broker: Partial<BrokerSettings>, process: Partial<ProcessSettings> = {}) {
  return devicePortOptions(Object.assign(new BrokerSettings(), broker), Object.assign(new ProcessSettings(), process));
}

describe('devicePortOptions', () => {
  it.each([
    ['BROKER_HOST', '192.0.2.1', 'host', '192.0.2.1'],
    ['BROKER_PORT', 9_001, 'port', 9_001],
    ['MAX_DEVICE_CONNECTIONS', 3, 'maxConnections', 3],
    ['BROKER_MAX_CONNECTIONS_PER_ADDRESS', 3, 'maxConnectionsPerAddress', 3],
    ['BROKER_MAX_NEW_CONNECTIONS_PER_SECOND', 3, 'maxNewConnectionsPerSecond', 3],
    ['BROKER_MAX_LOGINS_PER_SECOND', 3, 'maxLoginsPerSecond', 3],
    ['BROKER_MAX_LOGIN_BYTES', 300, 'maxLoginBytes', 300],
    ['BROKER_LOGIN_TIMEOUT_SECONDS', 3, 'loginTimeoutMs', 3_000],
    ['BROKER_IDLE_TIMEOUT_SECONDS', 30, 'idleTimeoutMs', 30_000],
    ['BROKER_KEEPALIVE_SECONDS', 3, 'keepAliveMs', 3_000],
    ['BROKER_MAX_FRAME_BYTES', 3_000, 'maxFrameBytes', 3_000],
    ['BROKER_FRAME_TIMEOUT_SECONDS', 3, 'frameTimeoutMs', 3_000],
    ['BROKER_MAX_FRAMES_PER_SECOND', 3, 'maxFramesPerSecond', 3],
    ['BROKER_MAX_UNSENT_BYTES', 3_000, 'maxUnsentBytes', 3_000],
    ['BROKER_MAX_BYTES_IN_FLIGHT', 100_000, 'maxBytesInFlight', 100_000],
    ['BROKER_UDP_PORT', 9_002, 'udpPort', 9_002],
  ] as const)('maps %s to one option and to nothing else', (variable, value, option, expected) => {
    const { comesFromBalancer, ...defaults } = optionsOf({});
    expect(comesFromBalancer('192.0.2.9')).toBe(false);
    expect(optionsOf({ [variable]: value })).toMatchObject({ ...defaults, [option]: expected });
  });

  it('uses SHUTDOWN_GRACE_SECONDS as the drain timeout', () => {
    expect(optionsOf({}, { SHUTDOWN_GRACE_SECONDS: 7 }).drainTimeoutMs).toBe(7_000);
  });

  it('matches balancers while the PROXY protocol is on, and requires valid addresses of them', () => {
    const trusted = { BROKER_PROXY_TRUSTED: '192.0.2.0/24' };
    const on = optionsOf({ BROKER_PROXY_PROTOCOL: true, ...trusted });
    expect(['192.0.2.9', '198.51.100.9'].map((address) => on.comesFromBalancer(address))).toEqual([true, false]);
    expect(optionsOf(trusted).comesFromBalancer('192.0.2.9')).toBe(false);
    expect(() => optionsOf({ BROKER_PROXY_PROTOCOL: true })).toThrow('BROKER_PROXY_TRUSTED must be set');
    expect(() => optionsOf({ BROKER_PROXY_PROTOCOL: true, BROKER_PROXY_TRUSTED: 'balancer' })).toThrow(
      'BROKER_PROXY_TRUSTED must be addresses or CIDR blocks',
    );
  });

  it('requires certificate files with a TLS port, and names a file that cannot be read', () => {
    expect(() => optionsOf({ BROKER_TLS_PORT: 9_003 })).toThrow('BROKER_TLS_CERT_FILE and BROKER_TLS_KEY_FILE must be set');
    const files = { BROKER_TLS_CERT_FILE: '/nowhere/a.crt', BROKER_TLS_KEY_FILE: '/nowhere/a.key' };
    expect(() => optionsOf({ BROKER_TLS_PORT: 9_003, ...files })).toThrow('/nowhere/a.crt: cannot be read (ENOENT)');
  });
});
