import { type DataSource } from 'typeorm';
import { DeliveryQueueRepository } from '../../src/webhooks/delivery/delivery-queue.repository.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  batchOf,
  type EventSettingsOf,
  openSource,
  telemetryStore,
  type TelemetryStore,
  testRecord as record,
} from '../support/telemetry-store.js';
import { waitFor } from '../support/wait-for.js';

let database: TestDatabase;
let sources: DataSource[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await Promise.all(sources.map((source) => source.destroy()));
  sources = [];
  await database.drop();
});

async function newSource(): Promise<DataSource> {
  const source = await openSource(database.url);
  sources.push(source);
  return source;
}

/** An instance: its ingest and its relay. */
const instance = async (settings: EventSettingsOf = {}): Promise<TelemetryStore> => telemetryStore(await newSource(), settings);

const BASE = Date.now() - 3_600_000;
const LEASE = { owner: '00000000-0000-4000-8000-000000000001', seconds: 60 };

function telemetryEvents(): Promise<{ imei: string; sequence: number; records: number; open: boolean; leftOut: number }[]> {
  return database.query(
    `select imei, sequence::int as sequence, record_count as records, is_open as open, records_left_out as "leftOut"
       from tbl_iot_events where type = 'telemetry' order by imei, sequence`,
  );
}

async function arrivals(): Promise<number> {
  return (await database.query('select from tbl_iot_telemetry_arrivals')).length;
}

/** Gives every open event its body, as a delivery does. */
async function claimAll(): Promise<number> {
  return (await new DeliveryQueueRepository(sources[0]!).claim(LEASE, 1_000)).length;
}

it('stores one arrival per batch, in the transaction of its records, and no event', async () => {
  const { store } = await instance();
  const first = batchOf([
    ['1', [record(BASE, 1), record(BASE + 1, 2)]],
    ['2', [record(BASE, 3)]],
  ]);
  await store.store(first);
  expect(await arrivals()).toBe(1);
  const [{ same } = { same: false }] = await database.query<{ same: boolean }>(
    `select arrival.transaction_id::text::bigint = min(data.xmin::text::bigint) and count(*) = 3 as same
       from tbl_iot_telemetry_arrivals arrival, tbl_iot_telemetry_data data group by arrival.transaction_id`,
  );
  expect(same).toBe(true);
  expect(await telemetryEvents()).toEqual([]);
  // Nothing is new: nothing arrives. Some records are new: only these do.
  await store.store(first);
  expect(await arrivals()).toBe(1);
  await store.store(batchOf([['1', [record(BASE, 1), record(BASE + 2, 4)]]]));
  expect(await arrivals()).toBe(2);
  expect(
    await database.query(
      `select imeis, record_counts as counts, newest_times_ms as newest from tbl_iot_telemetry_arrivals order by arrival_id`,
    ),
  ).toEqual([
    { imeis: ['1', '2'], counts: [2, 1], newest: [String(BASE + 1), String(BASE)] },
    { imeis: ['1'], counts: [1], newest: [String(BASE + 2)] },
  ]);
});

it('reports a device once per round, merges into the event that is open, and opens the next one when it was closed', async () => {
  const { store, round } = await instance();
  for (let batch = 0; batch < 3; batch++) {
    await store.store(batchOf([['1', [record(BASE + batch, batch)]]]));
  }
  expect(await round.relayDue()).toMatchObject({ kind: 'relayed', arrivals: 3, devices: 1, records: 3, hasMore: false });
  expect(await arrivals()).toBe(0);
  await store.store(batchOf([['1', [record(BASE + 9, 9)]]]));
  await round.relayDue();
  expect(await telemetryEvents()).toEqual([{ imei: '1', sequence: 1, records: 4, open: true, leftOut: 0 }]);
  expect(await claimAll()).toBe(1);
  await store.store(batchOf([['1', [record(BASE + 10, 10)]]]));
  await round.relayDue();
  expect(await telemetryEvents()).toMatchObject([
    { sequence: 1, records: 4, open: false },
    { sequence: 2, records: 1, open: true },
  ]);
});

it.each([
  ['summaries', {}],
  ['lists of all records', { WEBHOOK_TELEMETRY_RECORDS: 'all' }],
] as const)(
  'writes events with their bodies while they are followed, and leaves them open again afterwards: %s',
  async (_name, settings) => {
    const { store, round, events } = await instance({ EVENT_FEED_ENABLED: true, ...settings });
    let isFollowed = false;
    events.followedWhile(() => isFollowed);
    const reported = async (seed: number): Promise<object[]> => {
      await store.store(batchOf([['1', [record(BASE + seed, seed)]]]));
      await round.relayDue();
      return database.query(
        `select is_open as open, (body ->> 'recordCount')::int as counted, json_array_length(body -> 'records') as listed
         from tbl_iot_events where type = 'telemetry' order by sequence`,
      );
    };
    const listed = (count: number): number | null => ('WEBHOOK_TELEMETRY_RECORDS' in settings ? count : null);
    expect(await reported(1)).toEqual([{ open: true, counted: null, listed: null }]);
    isFollowed = true;
    // The open one grows once more, and is closed by this.
    const grown = { open: false, counted: 2, listed: listed(2) };
    expect(await reported(2)).toEqual([grown]);
    const written = { open: false, counted: 1, listed: listed(1) };
    expect(await reported(3)).toEqual([grown, written]);
    isFollowed = false;
    expect(await reported(4)).toEqual([grown, written, { open: true, counted: null, listed: null }]);
  },
);

it('leaves the rest of a large round to the readers, so that its transaction stays short', async () => {
  const { store, round, events } = await instance({ EVENT_FEED_ENABLED: true, WEBHOOK_TELEMETRY_RECORDS: 'all' });
  events.followedWhile(() => true);
  for (let batch = 0; batch < 6; batch++) {
    const records = Array.from({ length: 1_000 }, (_, index) => record(BASE + index, index));
    await store.store(batchOf([[String(batch), records]]));
  }
  await round.relayDue();
  const [counts] = await database.query<object>(
    `select count(body)::int as closed, count(*)::int as all, sum(record_count)::int as records from tbl_iot_events where type = 'telemetry'`,
  );
  expect(counts).toEqual({ closed: 50, all: 60, records: 6_000 });
});

it('waits for the interval since the last round of any instance', async () => {
  const [one, two] = [await instance({ TELEMETRY_EVENT_INTERVAL: 600 }), await instance({ TELEMETRY_EVENT_INTERVAL: 600 })];
  await database.query(`update tbl_iot_telemetry_relays set relayed_at = now() - interval '601 seconds'`);
  await one.store.store(batchOf([['1', [record(BASE, 1)]]]));
  expect(await one.round.relayDue()).toMatchObject({ kind: 'relayed', records: 1 });
  await one.store.store(batchOf([['1', [record(BASE + 1, 2)]]]));
  for (const { round } of [one, two]) {
    const result = await round.relayDue();
    expect(result).toEqual({ kind: 'not-due', dueInMs: expect.any(Number) as number });
    expect((result as { dueInMs: number }).dueInMs).toBeGreaterThan(500_000);
  }
  await database.query(`update tbl_iot_telemetry_relays set relayed_at = now() - interval '601 seconds'`);
  expect(await two.round.relayDue()).toMatchObject({ kind: 'relayed', records: 1 });
});

it('relays urgent devices at once, and leaves the others of their batch for the interval', async () => {
  const { store, round, urgentWakes } = await instance({ TELEMETRY_EVENT_INTERVAL: 600 });
  await store.store(batchOf([['1', [record(BASE, 1)]]]));
  expect(urgentWakes()).toBe(0);
  await store.store(
    batchOf([
      ['1', [record(BASE + 1, 2)]],
      ['2', [record(BASE, 3), record(BASE + 1, 4, 1)]],
      ['3', [record(BASE, 5, 2)]],
    ]),
  );
  expect(urgentWakes()).toBe(1);
  expect(await round.relayUrgent()).toMatchObject({ kind: 'relayed', devices: 2, records: 3 });
  expect((await telemetryEvents()).map(({ imei, records }) => [imei, records])).toEqual([
    ['2', 2],
    ['3', 1],
  ]);
  expect(await arrivals()).toBe(2);
  // Also when some records of the batch were stored before.
  await store.store(batchOf([['3', [record(BASE, 5, 2), record(BASE + 1, 6, 2)]]]));
  expect(urgentWakes()).toBe(2);
  expect(await round.relayUrgent()).toMatchObject({ records: 1 });
});

it('loses and doubles nothing when a relay dies in the middle of its transaction', async () => {
  const [dying, other] = [await instance(), await instance()];
  await dying.store.store(batchOf([['1', [record(BASE, 1)]]]));
  const backends: number[] = [];
  const remove = dying.arrivals.remove.bind(dying.arrivals);
  dying.arrivals.remove = async (manager, positions) => {
    await remove(manager, positions);
    backends.push((await manager.query<{ pid: number }[]>('select pg_backend_pid() as pid'))[0]!.pid);
    // Everything is written and nothing committed.
    await other.round.relayDue().then((result) => expect(result).toEqual({ kind: 'locked-elsewhere' }));
    await database.query('select pg_terminate_backend($1)', [backends[0]]);
  };
  await expect(dying.round.relayDue()).rejects.toThrow();
  expect(await telemetryEvents()).toEqual([]);
  expect(await other.round.relayDue()).toMatchObject({ kind: 'relayed', records: 1 });
  expect(await telemetryEvents()).toMatchObject([{ sequence: 1, records: 1 }]);
});

it('takes a batch that commits late, whatever was relayed in the meantime', async () => {
  const { store, round, source } = await instance();
  const late = source.createQueryRunner();
  await late.startTransaction();
  await late.query(
    `insert into tbl_iot_telemetry_arrivals (is_urgent, imeis, record_counts, first_received_ms, last_received_ms, newest_times_ms, newest_hashes, are_plausible)
     values (false, '{late}', '{7}', '{1}', '{1}', '{1}', '{1}', '{t}')`,
  );
  for (let batch = 0; batch < 3; batch++) {
    await store.store(batchOf([['1', [record(BASE + batch, batch)]]]));
    await round.relayDue();
  }
  await late.commitTransaction();
  await late.release();
  await round.relayDue();
  expect((await telemetryEvents()).map(({ imei, records }) => [imei, records])).toEqual([
    ['1', 3],
    ['late', 7],
  ]);
});

it('reads no arrival again that was relayed before, although an old snapshot keeps its index entry alive', async () => {
  const { store, round, source } = await instance();
  const old = source.createQueryRunner();
  await old.startTransaction('REPEATABLE READ');
  await old.query('select from tbl_iot_telemetry_arrivals');
  for (let batch = 0; batch < 300; batch++) {
    await store.store(batchOf([['1', [record(BASE + batch, batch)]]]));
    await round.relayDue();
  }
  // The server also runs the transactions of other tests, which hold the position back for a moment.
  const blocks = await waitFor(
    async () => {
      await round.relayDue();
      const [{ plan } = { plan: [] }] = await database
        .query<{ plan: { Plan: Record<string, number> }[] }>(
          `explain (analyze, buffers, format json) select * from tbl_iot_telemetry_arrivals
          where (transaction_id, arrival_id) > ((select relayed_below from tbl_iot_telemetry_relays), 0) order by transaction_id, arrival_id limit 100`,
        )
        .then((rows) => rows.map((row) => ({ plan: (row as unknown as Record<string, typeof row.plan>)['QUERY PLAN']! })));
      const read = plan[0]!.Plan['Shared Hit Blocks']! + plan[0]!.Plan['Shared Read Blocks']!;
      return read < 60 ? read : null;
    },
    { what: 'a read that does not walk what was relayed', timeoutMs: 30_000 },
  );
  expect(blocks).toBeLessThan(60);
  await old.rollbackTransaction();
  await old.release();
});

it('reports a device later whose event another transaction is closing', async () => {
  const { store, round, source } = await instance();
  await store.store(batchOf([['1', [record(BASE, 1)]]]));
  await round.relayDue();
  const closing = source.createQueryRunner();
  await closing.startTransaction();
  await closing.query('select from tbl_iot_events for update');
  await store.store(
    batchOf([
      ['1', [record(BASE + 1, 2)]],
      ['2', [record(BASE, 3)]],
    ]),
  );
  expect(await round.relayDue()).toMatchObject({ kind: 'relayed', devices: 1, records: 1, busy: 1 });
  expect((await telemetryEvents()).map(({ imei, records }) => [imei, records])).toEqual([
    ['1', 1],
    ['2', 1],
  ]);
  await closing.rollbackTransaction();
  await closing.release();
  expect(await round.relayDue()).toMatchObject({ records: 1, busy: 0 });
  expect((await telemetryEvents()).map(({ imei, records }) => [imei, records])).toEqual([
    ['1', 2],
    ['2', 1],
  ]);
});

it('keeps one arrival per device during a long interval', async () => {
  const { store, round } = await instance({ TELEMETRY_EVENT_INTERVAL: 3_600 });
  for (let batch = 0; batch < 120; batch++) {
    await store.store(batchOf([[String(batch % 3), [record(BASE + batch, batch)]]]));
  }
  await store.store(batchOf([['urgent', [record(BASE, 1, 1)]]]));
  await round.compact();
  const left = await database.query<{ imeis: string[]; urgent: boolean; counts: number[] }>(
    `select imeis, is_urgent as urgent, record_counts as counts from tbl_iot_telemetry_arrivals order by is_urgent`,
  );
  expect(left).toEqual([
    { imeis: ['0', '1', '2'], urgent: false, counts: [40, 40, 40] },
    { imeis: ['urgent'], urgent: true, counts: [1] },
  ]);
  await database.query(`update tbl_iot_telemetry_relays set relayed_at = now() - interval '2 hours'`);
  expect(await round.relayDue()).toMatchObject({ records: 121 });
});

it('lists records up to the bound while the host stays away, and counts every further one', async () => {
  const { store, round } = await instance({ WEBHOOK_TELEMETRY_RECORDS: 'all', WEBHOOK_TELEMETRY_MAX_RECORDS: 250 });
  const records = Array.from({ length: 420 }, (_, index) => record(BASE + index, index));
  await store.store(batchOf([['1', records.slice(0, 230)]]));
  expect(await round.relayDue()).toMatchObject({ records: 230, leftOut: 0 });
  await store.store(batchOf([['1', records.slice(230)]]));
  expect(await round.relayDue()).toMatchObject({ records: 190, leftOut: 170 });
  expect(await telemetryEvents()).toMatchObject([
    { records: 100, leftOut: 0, open: false },
    { records: 100, leftOut: 0, open: false },
    { records: 220, leftOut: 170, open: true },
  ]);
  expect(await database.query('select from tbl_iot_event_records')).toHaveLength(250);
  const bodies: { recordCount: number; recordsLeftOut?: number; records: unknown[] }[] = [];
  const queue = new DeliveryQueueRepository(sources[0]!);
  for (let claimed = await queue.claim(LEASE, 10); claimed.length > 0; claimed = await queue.claim(LEASE, 10)) {
    bodies.push(...claimed.map(({ body }) => JSON.parse(body) as (typeof bodies)[number]));
    await database.query(`delete from tbl_iot_deliveries where locked_by is not null`);
  }
  expect(bodies.map(({ recordCount, recordsLeftOut, records: list }) => [recordCount, recordsLeftOut, list.length])).toEqual([
    [100, undefined, 100],
    [100, undefined, 100],
    [220, 170, 50],
  ]);
});

it('counts every record once beside two relays, a host that closes events, and records that are sent again', async () => {
  const instances = [await instance(), await instance()];
  const devices = Array.from({ length: 20 }, (_, index) => String(358_000_000_000_000 + index));
  let isStoring = true;
  const relaying = instances.map(async ({ round }) => {
    while (isStoring) {
      await round.relayDue();
      await round.relayUrgent();
    }
  });
  const closing = (async () => {
    while (isStoring) {
      await claimAll();
    }
  })();
  await Promise.all(
    instances.map(async ({ store }, writer) => {
      for (let turn = 0; turn < 40; turn++) {
        const seed = (turn * 2 + writer) * 3;
        const records = [0, 1, 2, 3].map((n) => record(BASE + seed + n, seed + n, turn % 5 === 0 ? 1 : 0));
        await store.store(batchOf(devices.map((imei) => [imei, records])));
      }
    }),
  );
  isStoring = false;
  await Promise.all([...relaying, closing]);
  await waitFor(
    async () => {
      await instances[0]!.round.relayDue();
      return (await arrivals()) === 0;
    },
    { what: 'everything to be relayed', timeoutMs: 30_000 },
  );
  const stored = await database.query(
    `select iot_imei as imei, count(*)::int as records, max(iot_timestamp) as newest from tbl_iot_telemetry_data group by 1 order by 1`,
  );
  expect(stored).toHaveLength(devices.length);
  expect(
    await database.query(
      `select imei, sum(record_count)::int as records, max(newest_time) as newest from tbl_iot_events group by 1 order by 1`,
    ),
  ).toEqual(stored);
  const gaps = await database.query(`select imei from tbl_iot_events group by imei having max(sequence) <> count(*)`);
  expect(gaps).toEqual([]);
  const several = await database.query(`select imei from tbl_iot_events where is_open group by imei having count(*) > 1`);
  expect(several).toEqual([]);
});
