import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseServer } from '../faults/database-server.js';
import { type StandbyServer } from '../faults/standby-server.js';
import { Exposition } from '../support/exposition.js';
import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { queryOnce } from '../support/query-once.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';

const IMEI = '356307042441013';
const MAX_LAG_SECONDS = 3;
const FIRST_AT = Date.now() - 3_600_000;
const PATIENCE = { timeoutMs: 60_000 };

interface History {
  readonly count: number;
  readonly code?: string;
}

let primary: DatabaseServer;
let standby: StandbyServer;
/** Between the gateway and the standby. */
let link: TcpProxy;
let gateway: Gateway;
let device: FakeDevice;
let stored = 0;

beforeEach(async () => {
  primary = await DatabaseServer.start({ standby: 'asynchronous' });
  standby = primary.standby!;
  const { port } = new URL(standby.url);
  link = await TcpProxy.to('127.0.0.1', Number(port));
  const readUrl = new URL(standby.url);
  readUrl.port = String(link.port);
  stored = 0;
  gateway = await Gateway.start(primary.url, {
    DATABASE_READ_URL: readUrl.href,
    DATABASE_READ_MAX_LAG_SECONDS: String(MAX_LAG_SECONDS),
  });
  device = await FakeDevice.logIn(gateway.devicePort, IMEI);
  await store(3);
});

afterEach(async () => {
  device?.close();
  await gateway?.kill();
  await link?.close();
  await primary?.stop();
});

async function store(records: number): Promise<void> {
  const frame = recordsFrame(
    Array.from({ length: records }, (_, index) => ({ timestampMs: FIRST_AT + 1000 * (stored + index) })),
  );
  expect(await device.exchange(frame)).toBe(records);
  stored += records;
}

async function history(): Promise<History> {
  const { status, body } = await gateway.get<History>(`devices/${IMEI}/telemetry?limit=500`);
  return status === 200 ? body : { count: -1, code: `${status} ${JSON.stringify(body)}` };
}

async function metric(name: string, labels: Record<string, string> = {}): Promise<number> {
  const scrape = await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } });
  return new Exposition(await scrape.text()).value(name, labels) ?? NaN;
}

const readsBy = (server: string): Promise<number> => metric('iot_broker_database_reads_total', { server });
const fallbacks = (reason: string): Promise<number> => metric('iot_broker_database_read_fallbacks_total', { reason });

/** The standby is used, and has what is stored. */
async function untilUsed(): Promise<void> {
  await waitFor(async () => (await metric('iot_broker_database_standby_used')) === 1, {
    ...PATIENCE,
    what: 'the standby to be used',
  });
  await waitFor(async () => (await history()).count === stored, { ...PATIENCE, what: 'the standby to have the records' });
}

async function untilUnused(): Promise<void> {
  await waitFor(async () => (await metric('iot_broker_database_standby_used')) === 0, {
    ...PATIENCE,
    what: 'the standby not to be used',
  });
}

async function expectReadsBy(server: 'standby' | 'primary'): Promise<void> {
  const [before, other] = [await readsBy(server), server === 'standby' ? 'primary' : 'standby'];
  const otherBefore = await readsBy(other);
  expect(await history()).toMatchObject({ count: stored });
  expect([await readsBy(server), await readsBy(other)]).toEqual([before + 1, otherBefore]);
}

/** Requests without a pause until `stop`; returns every answer. */
function readAlways(): { stop: () => Promise<History[]> } {
  let goesOn = true;
  const answers: History[] = [];
  const readers = Array.from({ length: 4 }, async () => {
    while (goesOn) {
      answers.push(await history());
    }
  });
  return {
    stop: async () => {
      goesOn = false;
      await Promise.all(readers);
      return answers;
    },
  };
}

async function onStandby(sql: string): Promise<void> {
  await queryOnce(standby.url, sql);
}

function linesOf(pattern: RegExp): string[] {
  return gateway.process.lines.filter((line) => pattern.test(line));
}

describe('history with DATABASE_READ_URL', () => {
  it('is read from the standby, while the newest record and readiness are the primary’s', async () => {
    await untilUsed();
    await expectReadsBy('standby');
    const [reads, others] = [await readsBy('standby'), await readsBy('primary')];
    expect((await gateway.get(`devices/${IMEI}/telemetry/latest`)).status).toBe(200);
    expect([await readsBy('standby'), await readsBy('primary')]).toEqual([reads, others]);
    expect(await metric('iot_broker_database_standby_lag_seconds')).toBeLessThan(MAX_LAG_SECONDS);
    // An idle primary: nothing but the markers is written, and the lag does not grow.
    await delay(2 * MAX_LAG_SECONDS * 1000);
    expect(await metric('iot_broker_database_standby_lag_seconds')).toBeLessThan(MAX_LAG_SECONDS);
    await expectReadsBy('standby');
    expect(linesOf(/use the standby/)).toHaveLength(1);
  });

  it('is read from the standby as a stream too, and so are the newest records of many devices', async () => {
    await untilUsed();
    const [streamed, listed] = [`devices/${IMEI}/telemetry`, `telemetry/latest?imeis=${IMEI}`];
    for (const [path, type] of [
      [streamed, 'text/csv'],
      [listed, 'application/json'],
      ['telemetry/latest', 'application/json'],
    ] as const) {
      const [before, others] = [await readsBy('standby'), await readsBy('primary')];
      const answer = await fetch(`${gateway.apiUrl}/api/v1/${path}`, { headers: { 'x-api-key': API_KEY, accept: type } });
      expect(answer.status).toBe(200);
      // A row for each record below the names of the columns, or the one device.
      const lines = (await answer.text()).trim().split('\n');
      expect(lines).toHaveLength(type === 'text/csv' ? stored + 1 : 1);
      expect(lines.at(-1)).toContain(type === 'text/csv' ? ',' : IMEI);
      expect(await readsBy('standby')).toBeGreaterThan(before);
      expect(await readsBy('primary')).toBe(others);
    }
    // Without the standby the primary has them all the same.
    await standby.kill();
    await untilUnused();
    const before = await readsBy('primary');
    expect((await gateway.get<{ count: number }>(listed)).body.count).toBe(1);
    expect(await readsBy('primary')).toBe(before + 1);
  });

  it('is read from the primary while the standby lags, and never older than the bound', async () => {
    await untilUsed();
    await onStandby('select pg_wal_replay_pause()');
    const pausedAt = Date.now();
    await store(2);
    const load = readAlways();
    await untilUnused();
    const answers = await load.stop();
    await expectReadsBy('primary');
    expect(new Set(answers.map(({ count }) => count))).toEqual(new Set([stored - 2, stored]));
    expect(Date.now() - pausedAt).toBeGreaterThan(MAX_LAG_SECONDS * 1000 - 1500);
    expect(await fallbacks('lagging')).toBeGreaterThan(0);
    expect(linesOf(/Reads use the primary.*(behind|no recent change)/)).toHaveLength(1);
    await onStandby('select pg_wal_replay_resume()');
    await untilUsed();
    await expectReadsBy('standby');
  });

  it('is read from the primary when the standby is cut off from it, although it answers', async () => {
    await untilUsed();
    await onStandby(`alter system set primary_conninfo = 'host=127.0.0.1 port=1'`);
    await onStandby('select pg_reload_conf()');
    await untilUnused();
    await store(1);
    await expectReadsBy('primary');
    expect(await fallbacks('lagging')).toBeGreaterThan(0);
  });

  it('survives the end of the standby, a start without it, and its return', async () => {
    await untilUsed();
    const load = readAlways();
    await standby.kill();
    await untilUnused();
    expect((await fetch(`${gateway.apiUrl}/readyz`)).status).toBe(200);
    expect(new Set((await load.stop()).map(({ count, code }) => code ?? count))).toEqual(new Set([stored]));
    await expectReadsBy('primary');

    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    const readUrl = new URL(standby.url);
    gateway = await Gateway.start(primary.url, { DATABASE_READ_URL: readUrl.href, DATABASE_READ_MAX_LAG_SECONDS: '3' });
    expect(await history()).toMatchObject({ count: stored });
    await waitFor(() => linesOf(/Reads use the primary.*ECONNREFUSED/).length > 0, { ...PATIENCE, what: 'the log to say so' });
    await standby.run();
    await untilUsed();
    await expectReadsBy('standby');
  });

  it('is repeated on the primary when the standby does not answer any more', async () => {
    await untilUsed();
    const load = readAlways();
    link.cut();
    await untilUnused();
    expect(new Set((await load.stop()).map(({ count, code }) => code ?? count))).toEqual(new Set([stored]));
    await expectReadsBy('primary');
    expect(await fallbacks('failed')).toBeGreaterThan(0);
  });

  it('is repeated on the primary after a conflict with recovery', async () => {
    await untilUsed();
    await onStandby(`alter system set max_standby_streaming_delay = 0`);
    await onStandby('select pg_reload_conf()');
    const load = readAlways();
    // The standby replays the lock, and cancels the statements that read the table there.
    await waitFor(
      async () => {
        await queryOnce(primary.url, `begin; lock table tbl_iot_telemetry_data_default in access exclusive mode; commit`);
        return (await fallbacks('failed')) > 0;
      },
      { ...PATIENCE, what: 'a read to be cancelled' },
    );
    expect(new Set((await load.stop()).map(({ count, code }) => code ?? count))).toEqual(new Set([stored]));
  });

  it('is read from the primary alone after the standby has been promoted, whatever that one has', async () => {
    await untilUsed();
    const load = readAlways();
    await standby.promote();
    await onStandby('delete from tbl_iot_telemetry_data');
    await untilUnused();
    await store(1);
    const counts = new Set((await load.stop()).map(({ count, code }) => code ?? count));
    await expectReadsBy('primary');
    expect([...counts].every((count) => count === stored || count === stored - 1)).toBe(true);
    expect(await fallbacks('promoted')).toBeGreaterThan(0);
    expect(linesOf(/Reads use the primary.*accepts writes/)).toHaveLength(1);
  });
});
