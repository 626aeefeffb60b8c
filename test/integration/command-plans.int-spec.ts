import { Client, type QueryResultRow } from 'pg';
import { type DataSource } from 'typeorm';
import { CommandDeliveryRepository } from '../../src/commands/dispatch/command-delivery.repository.js';
import { CommandRepliesRepository } from '../../src/commands/replies/command-replies.repository.js';
import { planIntake } from '../../src/commands/intake/intake-rules.js';
import { IntakeRepository } from '../../src/commands/intake/intake.repository.js';
import { COMMAND_LINE } from '../../src/access/audit/audit-actor.js';
import { type BoundStatement, type PipelinedTransaction } from '../../src/platform/database/driver-statements.js';
import { CommandWaitsRepository } from '../../src/commands/waiting/command-waits.repository.js';
import { Instance } from '../../src/platform/cluster/cluster-membership.js';
import { KeptPlans, type Statement } from '../support/kept-plans.js';
import { openSession } from '../support/open-session.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const IMEI = '352094000000007';
/** A statement that reads the commands of all devices needs several times as many. */
const MAX_BLOCKS = 200;

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await database.drop();
});

/** What one command takes, from the request to its reply; the id is that of the command which is claimed. */
async function statementsOfOneCommand(commandLogId: string): Promise<Statement[]> {
  const statements: Statement[] = [];
  const query = (statement: Statement): Promise<{ rows: unknown[] }> => {
    statements.push(statement);
    return Promise.resolve({ rows: [] });
  };
  const recorder = { driver: { master: { query } } } as unknown as DataSource;
  const epoch = await openSession(database, IMEI);
  await new CommandDeliveryRepository(recorder).claim([{ imei: IMEI, connection: { id: 'a socket', epoch } }]);
  const replies = new CommandRepliesRepository(recorder, new Instance());
  await replies.findAnswerable([{ imei: IMEI, epoch, connectionId: 'a socket', ageSeconds: 0 }]);
  const command = { commandLogId, attempts: 1, answeredAttempt: 1, status: 'PENDING', deviceState: null } as const;
  await replies.apply([{ command, epoch, verdict: 'completed', response: 'text', isHint: true }]);
  await recordIntake(query);
  const waits = new CommandWaitsRepository(recorder, new Instance());
  await waits.readOutcomes([commandLogId, commandLogId]);
  await waits.markAwaited([commandLogId, commandLogId]);
  return statements;
}

let intakes = 0;

/** The prepared statements of the intake. */
async function recordIntake(query: (statement: Statement) => Promise<{ rows: unknown[] }>): Promise<void> {
  const newIds = [String(1_000_000 + intakes++)];
  const state = { devices: [], overlapping: null, keys: null, newIds, now: new Date() };
  const send = async (...statements: readonly BoundStatement<QueryResultRow>[]): Promise<unknown[][]> => {
    for (const { statement, values } of statements) {
      await query({ name: statement.name, text: statement.text, values });
    }
    return [[], [state]];
  };
  const transaction = { begin: send, commit: send } as unknown as PipelinedTransaction;
  const repository = new IntakeRepository({} as DataSource);
  const command = {
    imei: IMEI,
    command: 'getinfo',
    codec: 12,
    replyShape: 'getinfo',
    targets: ['output:1'],
    silent: false,
    action: null,
    actionParams: null,
    replaces: [],
    urgent: false,
    mode: 'queue',
    maxRetry: 3,
    timeoutSeconds: 60,
    lifeSeconds: 240,
    postponedSeconds: 60,
    metadata: '{}',
    idempotencyKey: `key ${intakes}`,
    requestHash: Buffer.alloc(32),
    guard: null,
  } as const;
  const read = await repository.lockAndRead(transaction, [command]);
  const limits = { ownInstance: 'an instance', maxOpenCommands: 50, writable: new Map() };
  const plan = planIntake([{ command, actor: COMMAND_LINE }], read, limits);
  await repository.writeAndCommit(transaction, plan);
}

/** 1,000 devices with five commands each: one waits, one is unconfirmed since a minute ago, three are completed. Each lies in the table beside its device's. */
async function fill(): Promise<void> {
  await database.query(`
    insert into tbl_iot_command_logs (imei, command, codec, reply_shape, silent, mode, max_retry, timeout_seconds, status, reason, attempts,
                                      estimated_timeout_at, expires_at, due_at, completed_at)
    select (352094000000000 + i / 5)::text, 'getver', 12, 'getver', false, 'queue', 3, 60,
           case i % 5 when 0 then 'PENDING' when 1 then 'FAILED' else 'COMPLETED' end, case i % 5 when 1 then 'unconfirmed' end,
           case i % 5 when 0 then 0 else 1 end, now() + interval '1 day', now() + interval '1 day', now() + interval '1 day',
           case i % 5 when 0 then null else now() - interval '1 minute' end
      from generate_series(0, 4999) i`);
  await database.query(`
    insert into tbl_iot_command_attempts (command_log_id, attempt, sent_at, socket_uuid)
    select command_log_id, attempts, now(), 'another socket' from tbl_iot_command_logs where attempts > 0`);
}

it('plans that were made when the tables were empty look at one device when they are full', async () => {
  const plans = await KeptPlans.make(database.url, await statementsOfOneCommand('0'));
  try {
    await fill();
    const [waiting] = await database.query<{ id: string }>(
      `select command_log_id::text as id from tbl_iot_command_logs where imei = '${IMEI}' and command = 'getver' and status = 'PENDING'`,
    );
    const statements = await statementsOfOneCommand(waiting!.id);
    for (const statement of statements) {
      const { name, blocks, plan } = await plans.run(statement);
      expect(plan.match(/.{200}Seq Scan.{200}/)).toBeNull();
      expect({ name, blocks, isFrugal: blocks < MAX_BLOCKS }).toEqual({ name, blocks, isFrugal: true });
    }
    expect(statements).toHaveLength(8);
    const done = await database.query(
      `select command, status, attempts from tbl_iot_command_logs where imei = '${IMEI}' and reason is null order by command_log_id desc limit 1`,
    );
    expect(done).toEqual([{ command: 'getinfo', status: 'PENDING', attempts: 0 }]);
    const [answered] = await database.query(
      `select status, response from tbl_iot_command_logs where command_log_id = ${waiting!.id}`,
    );
    expect(answered).toEqual({ status: 'COMPLETED', response: 'text' });
  } finally {
    await plans.close();
  }
});

/** Commands that wait, ten of each of 1,000 devices. */
async function fillQueue(): Promise<void> {
  await database.query('alter table tbl_iot_command_logs set (autovacuum_enabled = off)');
  await database.query(`
    insert into tbl_iot_command_logs (imei, command, codec, reply_shape, silent, mode, max_retry, timeout_seconds, status, attempts,
                                      estimated_timeout_at, expires_at, due_at)
    select (352094000000000 + i / 10)::text, 'getver', 12, 'getver', false, 'queue', 3, 60, 'PENDING', 0,
           now() + interval '1 day', now() + interval '1 day', now() + interval '1 day'
      from generate_series(0, 9999) i`);
}

/** All but one: its id. */
async function emptyQueue(): Promise<string> {
  const [left] = await database.query<{ id: string }>(
    `select max(command_log_id)::text as id from tbl_iot_command_logs where imei = '${IMEI}' and status = 'PENDING'`,
  );
  await database.query(
    `update tbl_iot_command_logs set status = 'COMPLETED', in_flight = false, attempts = 1, completed_at = now() - interval '1 minute'
      where command_log_id <> ${left!.id}`,
  );
  return left!.id;
}

it.each(['full', 'nearly empty'])(
  'plans that were made of a table that was never analyzed, while the queue was %s, look at one device when it is nearly empty',
  async (made) => {
    await fillQueue();
    let id = made === 'full' ? '0' : await emptyQueue();
    const plans = await KeptPlans.make(database.url, await statementsOfOneCommand('0'));
    try {
      if (made === 'full') {
        id = await emptyQueue();
      }
      for (const statement of await statementsOfOneCommand(id)) {
        const { name, blocks, plan } = await plans.run(statement);
        expect({ name, blocks, isFrugal: blocks < MAX_BLOCKS, plan: blocks < MAX_BLOCKS ? '' : plan }).toEqual({
          name,
          blocks,
          isFrugal: true,
          plan: '',
        });
      }
    } finally {
      await plans.close();
    }
  },
);

it('has plans that PostgreSQL keeps', async () => {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    for (let run = 0; run < 7; run++) {
      for (const { name, text, values } of await statementsOfOneCommand('0')) {
        await client.query({ name, text, values: [...values] });
      }
    }
    const { rows } = await client.query<{ name: string; isKept: boolean }>(
      'select name, generic_plans > 0 as "isKept" from pg_prepared_statements',
    );
    expect(rows.filter(({ isKept }) => !isKept)).toEqual([]);
    expect(rows).toHaveLength(8);
  } finally {
    await client.end();
  }
});
