import { type DataSource } from 'typeorm';
import { BEGINNING } from '../../src/events/event-cursor.js';
import { RecordLogReader } from '../../src/telemetry/record-log/record-log-reader.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { batchOf, openSource, telemetryStore, testRecord } from '../support/telemetry-store.js';
import { waitFor } from '../support/wait-for.js';

const BASE = Date.UTC(2026, 10, 30, 12);
const RECORDS = 4_000;

let database: TestDatabase;
let source: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  source = await openSource(database.url);
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

/** A source that also asks for the plan of each statement that reads records. */
function explaining(plans: string[]): DataSource {
  const query = async (text: string, values: unknown[]): Promise<unknown> => {
    if (text.includes('tbl_iot_telemetry_data')) {
      const plan = await source.query<{ 'QUERY PLAN': string }[]>(`explain (costs off) ${text}`, values);
      plans.push(plan.map((row) => row['QUERY PLAN']).join('\n'));
    }
    return source.query(text, values);
  };
  return { query } as unknown as DataSource;
}

it('looks each record up by its key in a partition without statistics, as that of a new day is', async () => {
  await database.query(
    `create table day partition of tbl_iot_telemetry_data for values from ('2026-11-30T00:00:00Z') to ('2026-12-01T00:00:00Z')
       with (autovacuum_enabled = off)`,
  );
  const { store } = telemetryStore(source, { SINKS: 'nats://127.0.0.1', SINK_TELEMETRY: 'records' });
  const records = Array.from({ length: RECORDS }, (_, index) => testRecord(BASE + index, index));
  await store.store(batchOf([['352094000000007', records]]));
  const plans: string[] = [];
  const reader = new RecordLogReader(explaining(plans));
  // The server also runs the transactions of other tests, which hold the reading back for a moment.
  const page = await waitFor(
    async () => {
      const read = await reader.readAfter(BEGINNING);
      return read.records.length > 0 && read;
    },
    { what: 'the records to be readable' },
  );
  const read = page.records.map(({ imei, json }) => ({ imei, timestamp: (JSON.parse(json) as { timestamp: string }).timestamp }));
  expect(read).toEqual(
    records.map(({ timestampMs }) => ({ imei: '352094000000007', timestamp: new Date(timestampMs).toISOString() })),
  );
  expect(plans).toHaveLength(1);
  expect(plans[0]).toContain('Index Scan using day_pkey');
});
