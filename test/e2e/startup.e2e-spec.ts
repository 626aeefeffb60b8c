import { chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { createTestDatabase } from '../support/test-database.js';
import { startGatewayProcess } from '../support/gateway-process.js';
import { NodeProcess, type NodeProcessOptions } from '../support/node-process.js';

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const FREE_PORTS = { BROKER_PORT: '0', API_PORT: '0', BROKER_HOST: '127.0.0.1', API_HOST: '127.0.0.1' };
const NOBODY = 65_534;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-start-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function run(options: Partial<NodeProcessOptions> = {}): NodeProcess {
  return new NodeProcess({ args: [MAIN], cwd: folder, ...options, env: { ...FREE_PORTS, ...options.env } });
}

interface Ports {
  devices: number;
  api: string;
  key: string;
}

async function started(gateway: NodeProcess): Promise<Ports> {
  const [, devices] = await gateway.waitForLine(/Devices connect to port (\d+)/);
  const [, api] = await gateway.waitForLine(/REST API on (\S+)\/api\/v1/);
  const [, key] = await gateway.waitForLine(/send this key as x-api-key: (\S+)/);
  return { devices: Number(devices), api: api ?? '', key: key ?? '' };
}

async function storeOne({ devices }: Ports, speed: number): Promise<void> {
  const device = await FakeDevice.logIn(devices, '356307042441013');
  expect(await device.exchange(recordsFrame([{ speed }]))).toBe(1);
  device.close();
}

async function storedSpeeds({ api, key }: Ports): Promise<number[]> {
  const response = await fetch(`${api}/api/v1/devices/356307042441013/telemetry?order=oldest`, { headers: { 'x-api-key': key } });
  return ((await response.json()) as { records: { speed: number }[] }).records.map(({ speed }) => speed);
}

/** PostgreSQL removes the file as the last thing it does. */
async function serverRuns(): Promise<boolean> {
  const file = await stat(join(folder, '.data/postgres/postmaster.pid')).catch(() => null);
  return file !== null;
}

describe('the gateway in an empty folder', () => {
  const users: [string, Partial<NodeProcessOptions>][] =
    process.getuid?.() === 0
      ? [
          ['root', {}],
          ['an ordinary user', { uid: NOBODY, gid: NOBODY }],
        ]
      : [['the user of this test', {}]];

  it.each(users)('starts with nothing configured as %s, keeps its state, and leaves no server behind', async (_name, user) => {
    await chown(folder, user.uid ?? process.getuid?.() ?? 0, user.gid ?? process.getgid?.() ?? 0);
    const first = run(user);
    const ports = await started(first);
    expect((await stat(join(folder, '.data/api-key'))).mode & 0o777).toBe(0o600);
    await storeOne(ports, 1);
    expect(await first.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await serverRuns()).toBe(false);

    const second = run(user);
    const again = await started(second);
    expect(again.key).toBe(ports.key);
    await storeOne(again, 2);
    expect(await storedSpeeds(again)).toEqual([1, 2]);
    expect(await second.kill('SIGINT')).toEqual({ code: 0, signal: null });
  });

  it('takes over the database of a gateway that was killed', async () => {
    const first = run();
    await storeOne(await started(first), 1);
    await first.kill('SIGKILL');
    expect(await serverRuns()).toBe(true);

    const second = run();
    const ports = await started(second);
    await storeOne(ports, 2);
    expect(await storedSpeeds(ports)).toEqual([1, 2]);
    await second.kill('SIGTERM');
    expect(await serverRuns()).toBe(false);
  });

  it('is not started twice: the second one says so and disturbs nothing', async () => {
    const first = run();
    const ports = await started(first);
    const second = run();
    expect(await second.exit).toMatchObject({ code: 1 });
    expect(second.lines).toEqual([expect.stringMatching(/FATAL \[Gateway\] \S+postgres is in use \(held by process \d+\)/)]);
    await storeOne(ports, 1);
    await first.kill('SIGTERM');
    expect(first.lines.at(-1)).toMatch(/LOG \[Gateway\] Stopped$/);
  });

  it('leaves no server behind when its port is taken', async () => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
    const taken = run({ env: { BROKER_PORT: String((occupant.address() as AddressInfo).port) } });
    expect(await taken.exit).toMatchObject({ code: 1 });
    expect(taken.lines.join('\n')).toContain('BROKER_PORT is a port that is in use (EADDRINUSE)');
    expect(await serverRuns()).toBe(false);
    occupant.close();
  });
});

describe('settings', () => {
  it('that are wrong are named all at once, without their values', async () => {
    const gateway = startGatewayProcess({
      cwd: folder,
      env: { BROKER_PORT: 'ninethousand', API_PORT: '70000', DATABASE_URL: 'mysql://secret@host/db', IOT_API_KEY: 'short' },
    });
    expect(await gateway.exit).toMatchObject({ code: 1 });
    const output = gateway.lines.join('\n');
    expect(output).toContain('BROKER_PORT must be');
    expect(output).toContain('API_PORT must be at most 65535');
    expect(output).toContain('DATABASE_URL must begin with postgres://');
    expect(output).toContain('IOT_API_KEY must be at least 8 characters long');
    expect(output).not.toMatch(/ninethousand|secret/);
    expect(output).not.toContain('    at ');
  });

  it('in production must name a database and a key', async () => {
    const gateway = startGatewayProcess({ cwd: folder, env: { NODE_ENV: 'production' } });
    expect(await gateway.exit).toMatchObject({ code: 1 });
    const output = gateway.lines.join('\n');
    expect(output).toContain('DATABASE_URL must be set when NODE_ENV is production');
    expect(output).toContain('IOT_API_KEY must be set when NODE_ENV is production');
  });

  it('in production must have keys that can not be guessed: refused under 12 characters, warned about under 24', async () => {
    const production = { ...FREE_PORTS, NODE_ENV: 'production', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    const start = async (key: string): Promise<string> => {
      const gateway = startGatewayProcess({ cwd: folder, env: { ...production, IOT_API_KEY: key } });
      expect(await gateway.exit).toMatchObject({ code: 1 });
      return gateway.lines.join('\n');
    };
    expect(await start(`${'a'.repeat(24)},${'b'.repeat(11)}`)).toMatch(/IOT_API_KEY must be at least 12 characters long/);
    const short = await start(`${'a'.repeat(24)},${'b'.repeat(12)},${'c'.repeat(23)}`);
    expect(short).toMatch(/WARN.*IOT_API_KEY#2, IOT_API_KEY#3: shorter than 24 characters/);
    expect(short).not.toMatch(/at least 12 characters/);
    expect(await start('a'.repeat(24))).not.toMatch(/shorter than/);
  });

  it('that name a database that can not be reached end the start with a reason', async () => {
    const gateway = startGatewayProcess({
      cwd: folder,
      env: { ...FREE_PORTS, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
    });
    expect(await gateway.exit).toMatchObject({ code: 1 });
    expect(gateway.lines).toEqual([
      expect.stringContaining("The gateway can't start with these settings:"),
      expect.stringContaining('DATABASE_URL: no connection to the database: connect ECONNREFUSED'),
    ]);
  });
});

describe('several gateways', () => {
  it('that start at once on an empty database migrate it once', async () => {
    const database = await createTestDatabase({ migrated: false });
    const gateways = Array.from({ length: 5 }, () =>
      run({ env: { DATABASE_URL: database.url, IOT_API_KEY: 'a key for tests', DATABASE_POOL_SIZE: '3' } }),
    );
    await Promise.all(gateways.map((gateway) => gateway.waitForLine(/Devices connect to port/, 60_000)));
    const client = new Client(database.url);
    await client.connect();
    const { rows } = await client.query('select name from tbl_iot_migrations group by name having count(*) > 1');
    await client.end();
    expect(rows).toEqual([]);
    expect(await Promise.all(gateways.map((gateway) => gateway.kill('SIGTERM')))).toEqual(
      gateways.map(() => ({ code: 0, signal: null })),
    );
    await database.drop();
  });
});
