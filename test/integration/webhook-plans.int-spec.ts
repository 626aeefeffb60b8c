import { type DataSource } from 'typeorm';
import { claimStatement } from '../../src/webhooks/delivery/claim-statements.js';
import { DeliveryQueueRepository } from '../../src/webhooks/delivery/delivery-queue.repository.js';
import { DueMark } from '../../src/webhooks/delivery/due-mark.js';
import { createDataSource } from '../../src/platform/database/driver-statements.js';
import { KeptPlans } from '../support/kept-plans.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const OWNER = '00000000-0000-4000-8000-000000000001';
const LEASE = { owner: OWNER, seconds: 60 };
const DEVICES = 100;
const ROUNDS = 50;

let database: TestDatabase;
let source: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  source = await createDataSource({ type: 'postgres', url: database.url, poolSize: 1 }).initialize();
});

afterAll(async () => {
  await source.destroy();
  await database.drop();
});

/** An event of each device, in one transaction. */
async function append(): Promise<void> {
  await database.query(
    `with recorded as (
       insert into tbl_iot_events (imei, sequence, type, body)
       select (350612000000000 + device)::text, (select count(*) from tbl_iot_events) / $1 + 1, 'command.completed', '{}'
         from generate_series(1, $1::int) device
       returning imei, sequence, event_id, type
     )
     insert into tbl_iot_deliveries (imei, sequence, event_id, type) select imei, sequence, event_id, type from recorded`,
    [DEVICES],
  );
}

function delivered({ imei, sequence, eventId }: { imei: string; sequence: string; eventId: string }) {
  const attempt = { webhookId: `evt_${eventId}`, durationMs: 1, status: 204, answer: '', error: null };
  return { imei, sequence, outcome: 'delivered' as const, afterMs: 0, alone: false, outage: false, ...attempt };
}

/** Pages that a claim of one event of each device reads, by a plan that knows no values. The events are settled afterwards. */
async function pagesOfAClaim(since: string): Promise<number> {
  const { name, text } = claimStatement(DEVICES, { events: 1, bytes: 1 });
  const statement = { name, text, values: [OWNER, 60, since] };
  await append();
  // The first run makes the plan. Its lease ends at once.
  const plans = await KeptPlans.make(database.url, [{ ...statement, values: [OWNER, 0, since] }]);
  const { blocks } = await plans.run(statement);
  await plans.close();
  expect(await database.query(`select from tbl_iot_deliveries where leased_until > now()`)).toHaveLength(DEVICES);
  await database.query('delete from tbl_iot_deliveries');
  await database.query('update tbl_iot_events set delivered_at = now() where delivered_at is null');
  return blocks;
}

it('a claim reads what is due, not what was delivered beside an old transaction', async () => {
  const fresh = await pagesOfAClaim('-infinity');
  const old = source.createQueryRunner();
  const other = await createDataSource({ type: 'postgres', url: database.url, poolSize: 1 }).initialize();
  await old.startTransaction('REPEATABLE READ');
  await old.query('select count(*) from tbl_iot_deliveries');
  const queue = new DeliveryQueueRepository(other);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await append();
      const claimed = await queue.claim(LEASE, DEVICES);
      expect(claimed).toHaveLength(DEVICES);
      await queue.settle(OWNER, claimed.map(delivered));
    }
    await waitFor(() => isAheadOfAll(other), { what: 'the mark to move on', timeoutMs: 30_000 });
    const mark = await new DueMark(other).get();
    const marked = await pagesOfAClaim(mark);
    const unmarked = await pagesOfAClaim('-infinity');
    // The indexes have become a level deeper, and each event has one before it now.
    expect({ fresh, marked, isFrugal: marked < fresh * 2 }).toEqual({ fresh, marked, isFrugal: true });
    // What the mark saves: 5,000 dead entries, about 50 in each page.
    expect(unmarked).toBeGreaterThan(marked + 100);
  } finally {
    await old.rollbackTransaction();
    await old.release();
    await other.destroy();
  }
});

async function isAheadOfAll(dataSource: DataSource): Promise<boolean> {
  const mark = await new DueMark(dataSource).get();
  const [row] = await database.query<{ ahead: boolean }>(
    `select max(delivered_at) < $1::timestamptz as ahead from tbl_iot_events where delivered_at is not null`,
    [mark],
  );
  return row!.ahead;
}
