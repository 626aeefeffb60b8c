import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, recordsFrame } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { startGatewayProcess } from '../support/gateway-process.js';
import { makeOpenFolder } from '../support/open-folder.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { PgBouncer, type PoolMode } from './pgbouncer.js';

const REPLY = 6;
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32).toString('base64')}`;
const DEVICES = 30;
const ROUNDS = 5;
const RECORDS = 20;
const PATIENCE = { timeoutMs: 60_000 };
/** Two gateways of a pool of 8, each with a connection that listens: in session mode each of these is a connection to PostgreSQL. */
const SESSIONS = 24;
/** Fewer than the gateways' connections: they have to share. */
const SHARED = 5;

let database: TestDatabase;
let host: WebhookReceiver;
let bouncer: PgBouncer | undefined;
let gateways: Gateway[];
let devices: FakeDevice[];

beforeEach(async () => {
  // Empty: the gateways migrate it together.
  database = await createTestDatabase({ migrated: false });
  host = await WebhookReceiver.start();
  bouncer = undefined;
  gateways = [];
  devices = [];
});

afterEach(async () => {
  devices.forEach((device) => device.close());
  await Promise.all(gateways.map((gateway) => gateway.kill()));
  await bouncer?.stop();
  await host.close();
  await database.drop();
});

function imeiOf(index: number): string {
  return String(356_307_042_441_000 + index);
}

/** The settings that docs/operate/database.md names for the mode. */
function settingsFor(mode: PoolMode): Record<string, string> {
  return mode === 'session' ? {} : { DATABASE_DIRECT_URL: database.url, DATABASE_PREPARED_STATEMENTS: 'off' };
}

async function startGateways(mode: PoolMode): Promise<void> {
  bouncer = await PgBouncer.start(database.url, mode, mode === 'session' ? SESSIONS : SHARED);
  const { url } = bouncer;
  const settings = {
    ...settingsFor(mode),
    DATABASE_POOL_SIZE: '8',
    NOTIFICATION_URL: host.url,
    WEBHOOK_SECRET,
  };
  gateways = await Promise.all([0, 1].map(() => Gateway.start(url, settings)));
}

/** Every frame twice: the second time COPY fails on the duplicates, and the batch goes through the temporary table. */
async function sendRecords(device: FakeDevice, from: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const first = from + round * RECORDS * 1000;
    const frame = recordsFrame(Array.from({ length: RECORDS }, (_, index) => ({ timestampMs: first + index * 1000 })));
    expect(await device.exchange(frame, 60_000)).toBe(RECORDS);
    expect(await device.exchange(frame, 60_000)).toBe(RECORDS);
  }
}

async function command(device: FakeDevice, imei: string, gateway: Gateway): Promise<void> {
  const { status, body } = await gateway.post<{ commandLogId: string }>('command', { imei, command: 'getver' });
  expect(status).toBe(200);
  expect(await device.command(30_000)).toBe('getver');
  device.send(codec12Frame(REPLY, `Ver:02.00.01_06 GPS:AXN_3.80 Hw:TFT100 Mod:1 IMEI:${imei} Init: 2026-1-1 5:54`));
  await waitFor(
    async () =>
      (await gateway.get<{ command: { status: string } }>(`commands/${body.commandLogId}`)).body.command.status === 'COMPLETED',
    { ...PATIENCE, what: 'the command to complete' },
  );
}

function warnings(): string[] {
  return gateways.flatMap(({ process }) => process.lines.filter((line) => /\b(WARN|ERROR|FATAL)\b/.test(line)));
}

describe('two gateways behind PgBouncer', () => {
  it.each<PoolMode>(['session', 'transaction'])(
    'in %s mode migrate, log devices in, store records once, send commands of the other instance, deliver events and serve reads',
    async (mode) => {
      await startGateways(mode);
      const from = Date.now() - 3_600_000;
      devices = await Promise.all(
        Array.from({ length: DEVICES }, (_, index) => FakeDevice.logIn(gateways[index % 2]!.devicePort, imeiOf(index))),
      );
      await Promise.all(devices.map((device) => sendRecords(device, from)));
      const [{ count }] = (await database.query<{ count: number }>(
        'select count(*)::int as count from tbl_iot_telemetry_data',
      )) as [{ count: number }];
      expect(count).toBe(DEVICES * ROUNDS * RECORDS);

      // At the instance that does not have the device: its request reaches the other one by NOTIFY.
      await Promise.all(devices.map((device, index) => command(device, imeiOf(index), gateways[(index + 1) % 2]!)));
      const completed = (): number => host.events.filter(({ type }) => type === 'command.completed').length;
      await waitFor(() => completed() === DEVICES, { ...PATIENCE, what: 'the host to receive the ends of the commands' });

      const [gateway] = gateways;
      const history = await gateway!.get<{ count: number }>(`devices/${imeiOf(0)}/telemetry?limit=500`);
      expect(history).toMatchObject({ status: 200, body: { count: ROUNDS * RECORDS } });
      expect((await gateway!.get(`devices/${imeiOf(0)}/telemetry/latest`)).status).toBe(200);
      expect((await fetch(`${gateway!.apiUrl}/readyz`)).status).toBe(200);
      expect(warnings()).toEqual([]);
      // Locks of a session would stay in the pooler.
      const locks = () =>
        database.query(
          `select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
        );
      await waitFor(async () => (await locks()).length === 0, { ...PATIENCE, what: 'no advisory lock to be left' });
      expect(await Promise.all(gateways.map((one) => one.stop()))).toEqual(gateways.map(() => ({ code: 0, signal: null })));
    },
  );

  it('refuse to start in transaction mode with settings for session mode, and name the right ones', async () => {
    bouncer = await PgBouncer.start(database.url, 'transaction', SHARED);
    const env = { DATABASE_URL: bouncer.url, IOT_API_KEY: API_KEY, BROKER_PORT: '0', API_PORT: '0' };
    const refused = startGatewayProcess({ cwd: await makeOpenFolder(), env });
    expect((await refused.exit).code).toBe(1);
    const output = refused.lines.join('\n');
    expect(output).toContain('DATABASE_URL leads through a pooler in transaction mode: set DATABASE_DIRECT_URL');
    expect(output).toContain('DATABASE_PREPARED_STATEMENTS must be off');
    expect(await database.query(`select from pg_class where relname like 'tbl_iot%'`)).toEqual([]);
  });
});
