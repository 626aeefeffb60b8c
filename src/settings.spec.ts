import { readFileSync } from 'node:fs';
import { AccessSettings } from './access/access.settings.js';
import { BrokerSettings } from './broker.settings.js';
import { ApiSettings, DatabaseSettings, ProcessSettings } from './platform/config/settings.js';
import { type Settings, SettingsError, validateSettings } from './platform/config/settings.module.js';
import { SETTINGS } from './settings.js';
import { TelemetrySettings } from './telemetry/telemetry.settings.js';

function validate(environment: Record<string, string>): Settings {
  return validateSettings(environment, SETTINGS);
}

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    validate(environment);
  } catch (error) {
    if (error instanceof SettingsError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('have a default for everything', () => {
    const settings = validate({});
    expect(settings[BrokerSettings.name]).toMatchObject({ BROKER_PORT: 9000, MAX_DEVICE_CONNECTIONS: 20_000 });
    expect(settings[ApiSettings.name]).toMatchObject({ API_PORT: 8091 });
    expect(settings[AccessSettings.name]).toMatchObject({ IOT_API_KEY: undefined });
    expect(settings[DatabaseSettings.name]).toMatchObject({ DATABASE_URL: undefined });
    expect(settings[TelemetrySettings.name]).toMatchObject({ TELEMETRY_RETENTION_DAYS: 0 });
    expect(settings[ProcessSettings.name]).toMatchObject({ NODE_ENV: 'development', DATA_DIR: '.data' });
  });

  it('are converted to what they are', () => {
    expect(validate({ BROKER_PORT: '9100', IOT_API_KEY: '12345678' })).toMatchObject({
      [BrokerSettings.name]: { BROKER_PORT: 9100 },
      [AccessSettings.name]: { IOT_API_KEY: '12345678' },
    });
  });

  it('that are empty count as not set', () => {
    expect(validate({ BROKER_PORT: '', DATABASE_URL: '' })).toMatchObject({
      [BrokerSettings.name]: { BROKER_PORT: 9000 },
    });
  });

  it.each([
    ['BROKER_PORT', '9000.5'],
    ['BROKER_PORT', '-1'],
    ['BROKER_PORT', '65536'],
    ['BROKER_PORT', 'nine'],
    ['API_PORT', '0x10'],
    ['DATABASE_URL', 'mysql://host/db'],
    ['IOT_API_KEY', 'short'],
    ['IOT_API_KEY', ', ,,, , , ,,'],
    ['NODE_ENV', 'prod'],
    ['LOG_LEVEL', 'loud'],
    ['TELEMETRY_RETENTION_DAYS', '-3'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://app.example.com/path'],
    ['CORS_ORIGINS', 'app.example.com'],
    ['API_BODY_LIMIT_BYTES', '1023'],
    ['API_HEADERS_TIMEOUT_SECONDS', '0'],
    ['API_AUTH_FAILURE_WINDOW_SECONDS', '0'],
    ['API_TRUSTED_PROXIES', 'ingress'],
    ['API_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['API_TRUSTED_PROXIES', 'fe80::1%eth0'],
    ['API_TRUSTED_PROXIES', '2001:db8::/129'],
    ['SHUTDOWN_GRACE_SECONDS', '0'],
  ])('name %s when it is %j, and never the value', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name} `));
    expect(problems[0]).not.toContain(`"${value}"`);
  });

  it.each([
    ['BROKER_PORT', '0'],
    ['BROKER_PORT', '65535'],
    ['SHUTDOWN_GRACE_SECONDS', '1'],
    ['CORS_ORIGINS', 'https://app.example.com, http://localhost:3000'],
    ['API_BODY_LIMIT_BYTES', '1024'],
    ['API_RATE_LIMIT_PER_SECOND', '0'],
    ['API_AUTH_FAILURES_PER_ADDRESS', '0'],
    ['API_TRUSTED_PROXIES', '10.0.0.0/8, 192.0.2.1,2001:db8::/32'],
    ['IOT_API_KEY', ' 12345678 ,, a long key'],
    ['NOTIFICATION_URL', 'http://localhost:3000/hooks/'],
    ['LOG_DEVICE', '350612345678901, 350612345678919'],
    ['BROKER_PROXY_PROTOCOL', 'on'],
    ['DATABASE_URL', 'postgresql://user:password@host:5432/db?sslmode=require'],
  ])('accept %s=%s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([]);
  });

  it('name all problems at once', () => {
    expect(problemsOf({ BROKER_PORT: 'x', API_PORT: 'y', LOG_FORMAT: 'xml' })).toHaveLength(3);
  });

  it('need a database and a key in production', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual([
      'DATABASE_URL must be set when NODE_ENV is production',
      'IOT_API_KEY must be set when NODE_ENV is production',
    ]);
    expect(problemsOf({ NODE_ENV: 'production', DATABASE_URL: 'postgres://host/db', IOT_API_KEY: 'x'.repeat(12) })).toEqual([]);
  });

  it.each(['x'.repeat(11), `${'x'.repeat(24)}, ${'y'.repeat(11)}`])('refuse %j as IOT_API_KEY in production only', (key) => {
    expect(problemsOf({ NODE_ENV: 'production', DATABASE_URL: 'postgres://host/db', IOT_API_KEY: key })).toEqual([
      expect.stringMatching(/^IOT_API_KEY must be at least 12 characters long when NODE_ENV is production/),
    ]);
    expect(problemsOf({ IOT_API_KEY: key })).toEqual([]);
  });

  it('are the variables of docs/reference/configuration.md, one row each, with their defaults', () => {
    const page = readFileSync(new URL('../docs/reference/configuration.md', import.meta.url), 'utf8');
    const documented = [...page.matchAll(/^\| `([A-Z][A-Z0-9_]+)` \| (?:`(.*?)`)? \|/gm)].map(([, name, value]) => [
      name,
      value ?? '',
    ]);
    const defaults = SETTINGS.flatMap((settingsClass) => Object.entries(new settingsClass()));
    expect(documented.sort()).toEqual(defaults.map(([name, value]) => [name, String(value ?? '')]).sort());
  });
});
