import { mkdtemp, rm } from 'node:fs/promises';
import { chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endOfCommand, postCommand } from '../support/command-client.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { runMigrations } from '../../src/platform/database/migrations.js';
import { Exposition } from '../support/exposition.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, login, recordsFrame } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { LedgerFleet } from '../models/ledger-fleet.js';
import { createTestDatabase, openDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const DEVICES = 40;
const RECORDS_PER_FRAME = 5;

describe('kill -9 of the gateway under load', () => {
  it('loses no acknowledged record and stores none twice, five times in a row', async () => {
    const database = await createTestDatabase();
    let gateway = await Gateway.start(database.url);
    const fleet = new LedgerFleet({ devices: DEVICES, recordsPerFrame: RECORDS_PER_FRAME, port: () => gateway.devicePort });
    fleet.start();
    for (let round = 0; round < 5; round++) {
      await fleet.acknowledge(2_000);
      await gateway.kill();
      gateway = await Gateway.start(database.url);
    }
    await fleet.acknowledge(2_000);
    await fleet.stop();
    expect(fleet.reconnects).toBeGreaterThanOrEqual(DEVICES * 5);
    expect(await fleet.findBroken(database)).toEqual([]);
    await gateway.stop();
    await database.drop();
  });
});

describe('a PostgreSQL of its own', () => {
  let dir: string;
  let postgres: EmbeddedPostgres;
  let database: TestDatabase;
  let gateway: Gateway;

  async function startPostgres(): Promise<void> {
    // The same port each time, as a server that is restarted has.
    const port = postgres ? Number(new URL(postgres.url).port) : 0;
    postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres'), port });
  }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'iot-broker-faults-'));
    chmodSync(dir, 0o755);
    await startPostgres();
    await runMigrations(postgres.url);
    database = openDatabase(postgres.url);
  });

  afterAll(async () => {
    await database.drop();
    await postgres.stop();
    await rm(dir, { recursive: true, force: true });
  });

  beforeEach(async () => {
    await database.query('truncate tbl_iot_telemetry_data');
    gateway = await Gateway.start(postgres.url);
  });

  afterEach(async () => {
    await gateway.stop();
  });

  it('may be killed with -9 under load and come back after seconds: nothing acknowledged is lost, and writing goes on by itself', async () => {
    const fleet = new LedgerFleet({ devices: DEVICES, recordsPerFrame: RECORDS_PER_FRAME, port: () => gateway.devicePort });
    fleet.start();
    for (let round = 0; round < 2; round++) {
      await fleet.acknowledge(2_000);
      process.kill(postgres.pid, 'SIGKILL');
      const retries = (await gateway.stats('telemetry')).retries ?? 0;
      await waitFor(async () => ((await gateway.stats('telemetry')).retries ?? 0) > retries + 3, {
        what: 'the outage to be noticed',
      });
      await postgres.stop();
      await startPostgres();
    }
    await fleet.acknowledge(2_000);
    await fleet.stop();
    expect(await fleet.findBroken(database)).toEqual([]);
  });

  it('may be unavailable while devices wait: connections stay, nothing is acknowledged, then everything is', async () => {
    const devices = await Promise.all(
      Array.from({ length: 10 }, (_, index) => FakeDevice.logIn(gateway.devicePort, String(861_000_000_000_000 + index))),
    );
    await postgres.stop();
    for (const device of devices) {
      device.send(recordsFrame([{ speed: 1 }, { speed: 2 }]));
    }
    await waitFor(async () => ((await gateway.stats('telemetry')).retries ?? 0) >= 4, { what: 'several tries' });
    expect((await fetch(`${gateway.apiUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${gateway.apiUrl}/healthz`)).status).toBe(200);
    expect(await gateway.get('devices/861000000000000/telemetry')).toMatchObject({
      status: 503,
      body: { success: false, code: 'DATABASE_UNAVAILABLE' },
    });
    const scrape = await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } });
    const metrics = new Exposition(await scrape.text());
    expect(metrics.value('iot_broker_database_up')).toBe(0);
    expect(metrics.value('iot_broker_devices_connected')).toBe(10);
    expect(metrics.value('iot_broker_instances')).toBeNull();
    expect(devices.map((device) => [device.isClosed, device.pendingBytes])).toEqual(devices.map(() => [false, 0]));

    // A device that comes during the outage waits too: it is let in when the others can know of it.
    const late = await FakeDevice.connect(gateway.devicePort);
    late.send(login('861000000000010'));
    late.send(recordsFrame([{ speed: 3 }, { speed: 4 }]));
    await startPostgres();
    expect(await late.take(1, 30_000)).toEqual(Buffer.of(1));
    for (const device of [...devices, late]) {
      expect(await device.acknowledgement(30_000)).toBe(2);
      device.close();
    }
    const [stored] = await database.query<{ count: number }>('select count(*)::int as count from tbl_iot_telemetry_data');
    expect(stored).toEqual({ count: 22 });
  });

  it('may be unavailable when a device answers a command: the answer is kept until it can be stored', async () => {
    const imei = '862000000000001';
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const id = await postCommand(gateway, imei, 'getio');
    expect(await device.command()).toBe('getio');
    const before = (await gateway.stats('transport')).messages ?? 0;
    await postgres.stop();
    device.send(codec12Frame(6, 'DI1:1 DI2:0'));
    await waitFor(async () => ((await gateway.stats('transport')).messages ?? 0) > before, { what: 'the answer to arrive' });
    await startPostgres();
    expect(await endOfCommand(gateway, id, 30_000)).toMatchObject({ status: 'COMPLETED' });
    expect(device.isClosed).toBe(false);
    device.close();
  });
});

describe('SIGTERM under load', () => {
  it('ends with exit code 0 and nothing acknowledged lost', async () => {
    const database = await createTestDatabase();
    let gateway = await Gateway.start(database.url);
    const fleet = new LedgerFleet({ devices: DEVICES, recordsPerFrame: RECORDS_PER_FRAME, port: () => gateway.devicePort });
    fleet.start();
    for (let round = 0; round < 3; round++) {
      await fleet.acknowledge(2_000);
      expect(await gateway.stop()).toEqual({ code: 0, signal: null });
      gateway = await Gateway.start(database.url);
    }
    await fleet.acknowledge(1_000);
    await fleet.stop();
    expect(await fleet.findBroken(database)).toEqual([]);
    await gateway.stop();
    await database.drop();
  });
});
