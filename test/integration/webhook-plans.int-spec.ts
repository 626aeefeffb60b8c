import { type DataSource } from 'typeorm';
import { createDataSource } from '../../src/platform/database/driver-statements.js';
import { CLAIM, CLAIM_BATCH } from '../../src/webhooks/delivery/claim-statements.js';
import { DueMark } from '../../src/webhooks/delivery/due-mark.js';
import { SETTLE_DELIVERED, SETTLE_OTHERS } from '../../src/webhooks/delivery/settle-statements.js';
import { KeptPlans, type Statement } from '../support/kept-plans.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const OWNER = '00000000-0000-4000-8000-000000000001';
const DEVICES = 100;
/** Deliveries of each device that were made beside the old transaction. */
const CYCLES = 200;

let database: TestDatabase;
let source: DataSource;

beforeEach(async () => {
  database = await createTestDatabase();
  source = await createDataSource({ type: 'postgres', url: database.url, poolSize: 2 }).initialize();
});

afterEach(async () => {
  await source.destroy();
  await database.drop();
});

/** Events of each device, in one transaction. */
async function append(type: string, events = 1): Promise<void> {
  await database.query(
    `with known as (
       select imei, coalesce((select max(sequence) from tbl_iot_events where imei = device.imei), 0) as sequence
         from (select (350612000000000 + number)::text as imei from generate_series(1, $1::int) number) device
     ),
     recorded as (
       insert into tbl_iot_events (imei, sequence, type, body)
       select imei, sequence + number, $3, '{}' from generate_series(1, $2::int) number, known order by number, imei
       returning imei, sequence, event_id, type
     )
     insert into tbl_iot_deliveries (imei, sequence, event_id, type) select imei, sequence, event_id, type from recorded`,
    [DEVICES, events, type],
  );
}

/** What a dispatcher does to rows, for all that waits: claimed, delivered, gone. */
async function deliverAll(): Promise<void> {
  await database.query(`update tbl_iot_deliveries set locked_by = $1, leased_until = now() + interval '1 minute'`, [OWNER]);
  await database.query('delete from tbl_iot_deliveries');
  await database.query('update tbl_iot_events set delivered_at = now() where delivered_at is null');
}

function claim(since: string, lookedAt = 4 * DEVICES): Statement {
  return { ...CLAIM, values: [OWNER, 60, since, DEVICES, lookedAt, 1, 1] };
}

function claimBatch(since: string): Statement {
  return { ...CLAIM_BATCH, values: [OWNER, 60, DEVICES, 0, since] };
}

interface Delivery {
  readonly imei: string;
  readonly sequence: string;
}

function settleDelivered(deliveries: readonly Delivery[]): Statement {
  const all = <T>(value: T) => deliveries.map(() => value);
  const keys = [deliveries.map(({ imei }) => imei), deliveries.map(({ sequence }) => sequence)];
  return { ...SETTLE_DELIVERED, values: [OWNER, ...keys, all('evt_1'), all(204), all(1), all('ok')] };
}

function settleRetried(deliveries: readonly Delivery[]): Statement {
  const result = {
    outcome: 'retry',
    afterMs: 3_600_000,
    alone: false,
    outage: false,
    webhookId: 'bat_1',
    durationMs: 1,
    status: 500,
  };
  return { ...SETTLE_OTHERS, values: [OWNER, JSON.stringify(deliveries.map((delivery) => ({ ...delivery, ...result })))] };
}

async function leased(): Promise<Delivery[]> {
  return database.query(`select imei, sequence::text as sequence from tbl_iot_deliveries where leased_until > now()`);
}

interface Pages {
  readonly claim: number;
  readonly settleDelivered: number;
  readonly claimBatch: number;
  readonly settleRetried: number;
}

const makePlans = () =>
  KeptPlans.make(database.url, [claim('infinity'), settleDelivered([]), claimBatch('infinity'), settleRetried([])]);

/** Pages that the statements read for one event of each device, by plans that know no values. By default they are made now, while nothing waits. */
async function pagesOfARound(since: string, made?: KeptPlans): Promise<Pages> {
  const plans = made ?? (await makePlans());
  const run = async (statement: Statement) => (await plans.run(statement)).blocks;
  await append('command.completed');
  const claimed = await run(claim(since));
  expect(await leased()).toHaveLength(DEVICES);
  const settled = await run(settleDelivered(await leased()));
  expect(await leased()).toEqual([]);
  await append('command.failed');
  const batch = await run(claimBatch(since));
  expect(await leased()).toHaveLength(DEVICES);
  const retried = await run(settleRetried(await leased()));
  expect(await leased()).toEqual([]);
  await plans.close();
  await deliverAll();
  return { claim: claimed, settleDelivered: settled, claimBatch: batch, settleRetried: retried };
}

async function isAheadOfAll(): Promise<boolean> {
  const mark = await new DueMark(source).get();
  const [row] = await database.query<{ ahead: boolean }>(
    `select max(delivered_at) < $1::timestamptz as ahead from tbl_iot_events where delivered_at is not null`,
    [mark],
  );
  return row!.ahead;
}

it('beside an old transaction, the statements read what is due and not the 20,000 deliveries that were made since', async () => {
  const fresh = await pagesOfARound('-infinity');
  const old = source.createQueryRunner();
  await old.startTransaction('REPEATABLE READ');
  await old.query('select count(*) from tbl_iot_deliveries');
  try {
    await append('command.completed', CYCLES / 2);
    await append('command.failed', CYCLES / 2);
    await deliverAll();
    await waitFor(isAheadOfAll, { what: 'the mark to move on', timeoutMs: 30_000 });
    const marked = await pagesOfARound(await new DueMark(source).get());
    // The indexes are a level deeper, and each event has one before it now.
    const isFrugal = (Object.keys(fresh) as (keyof Pages)[]).map((name) => [name, marked[name] < fresh[name] * 2.5]);
    expect({ fresh, marked, isFrugal }).toEqual({ fresh, marked, isFrugal: isFrugal.map(([name]) => [name, true]) });
    // The dead entries are there: without the mark they are read, and all that have been added by the rounds.
    const unmarked = await pagesOfARound('-infinity');
    expect(unmarked.claim).toBeGreaterThan(marked.claim + 300);
    expect(unmarked.claimBatch).toBeGreaterThan(marked.claimBatch + 150);
  } finally {
    await old.rollbackTransaction();
    await old.release();
  }
});

describe.each<[string, string, string]>([
  ['in a new database', '', ''],
  ['after VACUUM of the empty queue', 'vacuum tbl_iot_deliveries', ''],
  ['after ANALYZE of a queue that has nothing but dead rows', '', 'analyze tbl_iot_deliveries'],
])('plans made %s', (_, before, after) => {
  it('find each delivery by its key, and read no others, although an old transaction keeps 20,000 of them', async () => {
    const early = after === '' ? await planned(before) : null;
    const fresh = await pagesOfARound('-infinity');
    const old = source.createQueryRunner();
    await old.startTransaction('REPEATABLE READ');
    await old.query('select count(*) from tbl_iot_deliveries');
    try {
      await append('command.completed', CYCLES);
      await deliverAll();
      const plans = early ?? (await planned(after));
      await waitFor(isAheadOfAll, { what: 'the mark to move on', timeoutMs: 30_000 });
      const pages = await pagesOfARound(await new DueMark(source).get(), plans);
      const isFrugal = (Object.keys(fresh) as (keyof Pages)[]).map((name) => [name, pages[name] < fresh[name] * 2.5]);
      expect({ fresh, pages, isFrugal }).toEqual({ fresh, pages, isFrugal: isFrugal.map(([name]) => [name, true]) });
    } finally {
      await old.rollbackTransaction();
      await old.release();
    }
  });

  async function planned(state: string): Promise<KeptPlans> {
    await database.query(state);
    return makePlans();
  }
});

it.each(['made while nothing waited', 'made with the backlog'])(
  'a claim reads the first deliveries of 30,000 that wait, by a plan %s',
  async (when) => {
    // A claim that finds nothing makes the plan.
    const makePlan = () => KeptPlans.make(database.url, [claim('infinity')]);
    const early = when === 'made while nothing waited' ? await makePlan() : null;
    await append('command.completed', 300);
    const plans = early ?? (await makePlan());
    const { blocks } = await plans.run(claim('-infinity'));
    await plans.close();
    expect(await leased()).toHaveLength(DEVICES);
    // About 25 for each event; a look at all that waits reads over 90,000.
    expect(blocks).toBeLessThan(DEVICES * 50);
  },
);

it('a claim looks at the first deliveries of 10,000 that few devices have left, although it finds fewer than it may claim', async () => {
  await append('command.completed', 100);
  const plans = await KeptPlans.make(database.url, [claim('infinity')]);
  await database.query(
    `update tbl_iot_deliveries set locked_by = $1, leased_until = now() + interval '1 minute' where sequence = 1 and imei < '350612000000091'`,
    [OWNER],
  );
  const { blocks } = await plans.run(claim('-infinity'));
  await plans.close();
  expect(await leased()).toHaveLength(DEVICES);
  // A look at all of them reads over 30,000.
  expect(blocks).toBeLessThan(4 * DEVICES * 10);
});

it('a claim writes no index entry where the page of the delivery has room', async () => {
  await append('command.completed');
  const plans = await KeptPlans.make(database.url, [claim('-infinity')]);
  await plans.close();
  const written = async () => {
    const [row] = await database.query<{ updated: number; hot: number }>(
      `select n_tup_upd::int as updated, n_tup_hot_upd::int as hot from pg_stat_user_tables where relname = 'tbl_iot_deliveries'`,
    );
    return row!;
  };
  await waitFor(async () => (await written()).updated === DEVICES, { what: 'the statistics of the claim' });
  expect(await written()).toEqual({ updated: DEVICES, hot: DEVICES });
});
