import { type DataSource, type QueryRunner } from 'typeorm';
import { createDataSource } from '../../src/platform/database/driver-statements.js';
import { DueMark } from '../../src/webhooks/delivery/due-mark.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const SECOND_MS = 1_000;

let database: TestDatabase;
let source: DataSource;
let nowMs: number;
let mark: DueMark;

beforeAll(async () => {
  database = await createTestDatabase();
  source = await createDataSource({ type: 'postgres', url: database.url, poolSize: 4 }).initialize();
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

beforeEach(async () => {
  await database.query('truncate tbl_iot_deliveries');
  nowMs = 0;
  mark = new DueMark(source, () => nowMs);
});

interface Queue {
  query(sql: string, parameters: unknown[]): Promise<unknown>;
}

/** Queues a delivery that became due N seconds ago. */
async function queue(secondsAgo: number, sequence: number, to: Queue = database): Promise<void> {
  await to.query(
    `insert into tbl_iot_deliveries (imei, sequence, event_id, type, next_attempt_at)
     values ('350612000000001', $1, gen_random_uuid(), 'command.completed', now() - make_interval(secs => $2))`,
    [sequence, secondsAgo],
  );
}

async function settle(sequence: number): Promise<void> {
  await database.query('delete from tbl_iot_deliveries where sequence = $1', [sequence]);
}

/** Seconds from the mark to now, rounded down. */
async function age(after: number): Promise<number> {
  nowMs += after;
  const [row] = await database.query<{ age: number }>(`select floor(extract(epoch from now() - $1::timestamptz))::int as age`, [
    await mark.get(),
  ]);
  return row!.age;
}

it('is the time of the first delivery that waits, and two seconds back when none does', async () => {
  await queue(600, 1);
  await queue(300, 2);
  expect(await age(0)).toBeGreaterThanOrEqual(600);
  await settle(1);
  const moved = await age(SECOND_MS);
  expect(moved).toBeGreaterThanOrEqual(300);
  expect(moved).toBeLessThan(600);
  await settle(2);
  const last = await age(SECOND_MS);
  expect(last).toBeGreaterThanOrEqual(2);
  expect(last).toBeLessThan(300);
});

it('asks the database once a second', async () => {
  await queue(600, 1);
  const first = await mark.get();
  await settle(1);
  nowMs += SECOND_MS - 1;
  expect(await mark.get()).toBe(first);
  nowMs += 1;
  expect(await mark.get()).not.toBe(first);
});

it('is not later than the start of a transaction that may have queued a delivery', async () => {
  const runner = await begun();
  await queue(0, 1, runner);
  const [{ start }] = (await runner.query('select now()::text as start')) as [{ start: string }];
  const isOld = () => database.query(`select from (select 1) one where now() - $1::timestamptz > interval '2 seconds'`, [start]);
  await waitFor(async () => (await isOld()).length > 0, { what: 'the transaction to be older than two seconds' });
  const taken = await mark.get();
  await runner.commitTransaction();
  await runner.release();
  expect(await database.query('select 1 as one where $1::timestamptz <= $2::timestamptz', [taken, start])).toHaveLength(1);
  expect(await database.query('select from tbl_iot_deliveries where next_attempt_at >= $1', [taken])).toHaveLength(1);
});

it('finds a delivery that appears before it within 15 seconds', async () => {
  await mark.get();
  await queue(600, 1);
  expect(await age(SECOND_MS)).toBeLessThan(600);
  expect(await age(13 * SECOND_MS)).toBeLessThan(600);
  expect(await age(SECOND_MS)).toBeGreaterThanOrEqual(600);
});

async function begun(): Promise<QueryRunner> {
  const runner = source.createQueryRunner();
  await runner.startTransaction();
  return runner;
}
