import { type DataSource } from 'typeorm';
import { BEGINNING } from '../../src/events/event-cursor.js';
import { EventsRepository } from '../../src/events/events.repository.js';
import { appendEvents } from '../support/append-events.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { batchOf, openSource, telemetryStore, testRecord as record } from '../support/telemetry-store.js';

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

async function read(): Promise<{ types: string[]; hasMore: boolean }> {
  const { rows, hasMore } = await new EventsRepository(source).readAfter(BEGINNING, 100);
  return { types: rows.map(({ type }) => type), hasMore };
}

it('a page ends before an open event that another transaction holds, and does not wait for it', async () => {
  await appendEvents(source, [{ imei: '1', type: 'device.connected' }]);
  const { store, round } = telemetryStore(source);
  await store.store(batchOf([['2', [record(BASE, 1)]]]));
  await round.relayDue();
  await appendEvents(source, [{ imei: '3', type: 'device.connected' }]);
  await source.transaction(async (rival) => {
    await rival.query('select from tbl_iot_events where is_open for update');
    expect(await read()).toEqual({ types: ['device.connected'], hasMore: true });
  });
  expect(await read()).toEqual({ types: ['device.connected', 'telemetry', 'device.connected'], hasMore: false });
}, 15_000);
