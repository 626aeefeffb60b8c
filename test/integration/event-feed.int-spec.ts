import { type DataSource } from 'typeorm';
import { BEGINNING } from '../../src/events/event-cursor.js';
import { CursorExpiredError } from '../../src/events/events.errors.js';
import { EventsRepository } from '../../src/events/events.repository.js';
import { runMigrations } from '../../src/platform/database/migrations.js';
import { appendEvents } from '../support/append-events.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { batchOf, openSource, telemetryStore, testRecord as record } from '../support/telemetry-store.js';
import { waitFor } from '../support/wait-for.js';

const BASE = Date.now() - 3_600_000;

let database: TestDatabase;
let source: DataSource;

beforeEach(async () => {
  database = await createTestDatabase();
  source = await openSource(database.url);
});

afterEach(async () => {
  await source.destroy();
  await database.drop();
});

/** Waits for `count` events: a transaction of another test on the same server hides what was committed behind it. */
async function read(count: number): Promise<{ types: string[]; hasMore: boolean }> {
  const { rows, hasMore } = await waitFor(
    async () => {
      const page = await new EventsRepository(source).readAfter(BEGINNING, 100);
      return page.rows.length >= count && page;
    },
    { what: `${count} events` },
  );
  return { types: rows.map(({ type }) => type), hasMore };
}

it('a page ends before an open event that another transaction holds, and does not wait for it', async () => {
  await appendEvents(source, [{ imei: '1', type: 'device.connected' }]);
  const { store, round } = telemetryStore(source);
  await store.store(batchOf([['2', [record(BASE, 1)]]]));
  await round.relayDue();
  await appendEvents(source, [{ imei: '3', type: 'device.connected' }]);
  const hidden = 'select from tbl_iot_events where transaction_id >= pg_snapshot_xmin(pg_current_snapshot())';
  await waitFor(async () => (await database.query(hidden)).length === 0, { what: 'all events to be readable' });
  await source.transaction(async (rival) => {
    await rival.query('select from tbl_iot_events where is_open for update');
    expect(await read(1)).toEqual({ types: ['device.connected'], hasMore: true });
  });
  expect(await read(3)).toEqual({ types: ['device.connected', 'telemetry', 'device.connected'], hasMore: false });
}, 30_000);

it('shows the events of a database whose transaction numbers are ahead of its cluster, once it was migrated', async () => {
  await appendEvents(source, [{ imei: '1', type: 'device.connected' }]);
  await database.query(`update tbl_iot_events set transaction_id = '900000000000'`);
  await database.query(`update tbl_iot_event_sequences set last_transaction_id = '900000000000'`);
  await database.query(`insert into tbl_iot_event_retention (transaction_id, position) values ('900000000000', 0)`);
  await appendEvents(source, [{ imei: '1', type: 'device.disconnected' }]);
  expect((await read(0)).types).toEqual([]);
  await runMigrations(database.url);
  await appendEvents(source, [{ imei: '1', type: 'device.message' }]);
  expect((await read(3)).types).toEqual(['device.connected', 'device.disconnected', 'device.message']);
  const { rows } = await new EventsRepository(source).readAfter(BEGINNING, 1);
  await new EventsRepository(source).requireKept(rows[0]!);
});

it('refuses cursors of before a restore also once the cluster has counted as far, and takes those of after it', async () => {
  const AHEAD_BY = 20_000;
  const repository = new EventsRepository(source);
  await appendEvents(source, [{ imei: '1', type: 'device.connected' }]);
  const [moved] = await database.query<{ transactionId: string; position: string }>(
    `update tbl_iot_events set transaction_id = (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + ${AHEAD_BY})::text::xid8
     returning transaction_id::text as "transactionId", position::text as position`,
  );
  await runMigrations(database.url);
  const ofBefore = [moved!, { ...moved!, position: '0' }, { ...moved!, position: String(Number(moved!.position) + 1_000) }];
  const expectRefused = async (): Promise<void> => {
    for (const cursor of ofBefore) {
      await expect(repository.requireKept(cursor)).rejects.toThrow(CursorExpiredError);
    }
  };
  await expectRefused();
  await appendEvents(source, [{ imei: '1', type: 'device.disconnected' }]);
  // Each of them takes a number.
  await database.query(`do $$ begin for count in 1..${AHEAD_BY + 1} loop perform pg_current_xact_id(); commit; end loop; end $$`);
  await expectRefused();

  expect((await read(2)).types).toEqual(['device.connected', 'device.disconnected']);
  const { rows } = await repository.readAfter(BEGINNING, 100);
  const end = await repository.end();
  await appendEvents(source, [{ imei: '1', type: 'device.message' }]);
  for (const cursor of [...rows, end]) {
    await repository.requireKept(cursor);
  }
  await read(3);
  expect((await repository.readAfter(end, 100)).rows.map(({ type }) => type)).toEqual(['device.message']);
}, 60_000);
