import { jest } from '@jest/globals';
import { DataSource } from 'typeorm';
import { ConfirmationRepository } from '../../src/commands/confirmation/confirmation.repository.js';
import { CommandDeliveryRepository } from '../../src/commands/dispatch/command-delivery.repository.js';
import { CommandRepliesRepository } from '../../src/commands/replies/command-replies.repository.js';
import { type CommandDispatcher } from '../../src/commands/dispatch/command-dispatcher.js';
import { CommandSweeper } from '../../src/commands/dispatch/command-sweeper.js';
import { SweepRepository } from '../../src/commands/dispatch/sweep.repository.js';
import { CommandCounters } from '../../src/commands/command-counters.js';
import { CommandAttempt } from '../../src/commands/command-attempt.entity.js';
import { type GuardChecks } from '../../src/commands/guards/guard-checks.js';
import { CommandLog } from '../../src/commands/command-log.entity.js';
import { KeptReplies } from '../../src/commands/in-flight/kept-replies.js';
import { Instance } from '../../src/platform/cluster/cluster-membership.js';
import { EventSettings } from '../../src/events/events.settings.js';
import { EventLog } from '../../src/events/event-log.js';
import { EventsRepository } from '../../src/events/events.repository.js';
import { KeptPlans, type Statement } from '../support/kept-plans.js';
import { openSession } from '../support/open-session.js';
import { noRequestsWait } from '../support/no-requests-wait.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const SWEEPERS = 10;
/** No command of these tests has a guard. */
const noGuards = { unmetOf: () => Promise.resolve(new Set()) } as unknown as GuardChecks;

let database: TestDatabase;
const sources: DataSource[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await Promise.all(sources.map((source) => source.destroy()));
  await database.drop();
});

/** A pool of its own, as every instance has one. */
async function newSource(): Promise<DataSource> {
  const source = new DataSource({ type: 'postgres', url: database.url, poolSize: 2, entities: [CommandLog, CommandAttempt] });
  sources.push(await source.initialize());
  return source;
}

describe('ten sweepers on the same rows', () => {
  it('handle every row once', async () => {
    await database.query(`
      insert into tbl_iot_command_logs (imei, command, codec, reply_shape, silent, mode, max_retry, timeout_seconds, attempts, in_flight,
                                        sent_at, estimated_timeout_at, expires_at, due_at)
      select (350000000000000 + i)::text, 'getio', 12, 'getio', false, 'queue', 0, 1, i % 2, i % 2 = 1,
             case when i % 2 = 1 then now() - interval '1 hour' end, now() - interval '1 minute', now() - interval '1 second', now() - interval '1 second'
        from generate_series(1, 4000) i`);
    const woken: string[] = [];
    const dispatcher = { wake: (imei: string) => woken.push(imei), noteEnded: () => undefined } as unknown as CommandDispatcher;
    const eventLog = new EventLog(
      new EventsRepository(await newSource()),
      Object.assign(new EventSettings(), { EVENT_FEED_ENABLED: true }),
    );
    const sweepers = await Promise.all(
      Array.from(
        { length: SWEEPERS },
        async () =>
          new CommandSweeper(
            new SweepRepository(await newSource(), noGuards),
            dispatcher,
            eventLog,
            new KeptReplies(),
            new CommandCounters(),
            noRequestsWait(),
          ),
      ),
    );
    const handled = await Promise.all(
      sweepers.map(async (sweeper) => {
        let total = 0;
        for (let swept = await sweeper.sweep(); swept > 0; swept = await sweeper.sweep()) {
          total += swept;
        }
        return total;
      }),
    );
    expect(handled.reduce((sum, count) => sum + count)).toBe(4000);
    expect(handled.filter((count) => count > 0).length).toBeGreaterThan(1);
    expect(woken).toHaveLength(4000);
    const events = await database.query(
      `select body ->> 'reason' as reason, count(*)::int as events, count(distinct imei)::int as devices from tbl_iot_events group by 1 order by 1`,
    );
    expect(events).toEqual([
      { reason: 'expired', events: 2000, devices: 2000 },
      { reason: 'unconfirmed', events: 2000, devices: 2000 },
    ]);
    const statuses = await database.query(
      'select status, reason, attempts, count(*)::int as commands from tbl_iot_command_logs group by 1, 2, 3 order by 3',
    );
    expect(statuses).toEqual([
      { status: 'FAILED', reason: 'expired', attempts: 0, commands: 2000 },
      { status: 'FAILED', reason: 'unconfirmed', attempts: 1, commands: 2000 },
    ]);
  });
});

describe('a command that was given to the old connection of a device at the moment of its login', () => {
  it('is released by the poll of the instance that has the device, and by no other', async () => {
    const imei = '350000000009999';
    await openSession(database, imei);
    const [{ id } = { id: '' }] = await database.query<{ id: string }>(
      `insert into tbl_iot_command_logs (imei, command, codec, reply_shape, silent, mode, max_retry, timeout_seconds, attempts, in_flight,
                                         socket_uuid, sent_at, estimated_timeout_at, expires_at, due_at)
       values ($1, 'getinfo', 12, 'getinfo', false, 'live', 3, 60, 1, true, 'the old connection', now(), now() + interval '1 minute',
               now() + interval '4 minutes', now() + interval '1 minute')
       returning command_log_id::text as id`,
      [imei],
    );
    const isInFlight = async (): Promise<unknown> =>
      (
        await database.query<{ flying: boolean }>(
          `select in_flight as flying from tbl_iot_command_logs where command_log_id = ${id}`,
        )
      )[0]?.flying;
    const repository = new CommandDeliveryRepository(await newSource());
    await repository.releaseOfOtherConnections(new Instance().id);
    expect(await isInFlight()).toBe(true);
    const [session] = await database.query<{ instance: string }>(
      `select instance_id::text as instance from tbl_iot_device_sessions where imei = $1`,
      [imei],
    );
    await repository.releaseOfOtherConnections(session!.instance);
    expect(await isInFlight()).toBe(false);
  });
});

describe('with a long history', () => {
  const HISTORY = 300_000;

  beforeAll(async () => {
    await database.query(`
      insert into tbl_iot_command_logs (imei, command, codec, reply_shape, silent, mode, max_retry, timeout_seconds, targets, status, reason, attempts,
                                        created_at, sent_at, estimated_timeout_at, expires_at, due_at, completed_at)
      select (360000000000000 + i % 1000)::text, 'getio', 12, 'getio', false, 'live', 3, 60, '{output:1}',
             case when i % 10 = 0 then 'FAILED' else 'COMPLETED' end, case when i % 10 = 0 then 'unconfirmed' end, 1,
             moment, moment, moment, moment, moment, moment
        from (select i, now() - interval '400 days' + i * interval '100 seconds' as moment from generate_series(1, ${HISTORY}) i) history`);
    await database.query(`
      insert into tbl_iot_command_logs (imei, command, codec, reply_shape, silent, mode, max_retry, timeout_seconds, estimated_timeout_at, expires_at, due_at)
      select (360000000000000 + i)::text, 'getver', 12, 'getver', false, 'queue', 3, 60, now() + interval '1 day', now() + interval '1 day', now() + interval '1 day'
        from generate_series(1, 3000) i`);
    await database.query('vacuum analyze tbl_iot_command_logs');
  });

  /** The plan of a statement as text. */
  async function plan(sql: string): Promise<string> {
    const rows = await database.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${sql}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  }

  it.each([
    [
      'what is due',
      `select from tbl_iot_command_logs where status = 'PENDING' and due_at > '-infinity' and due_at <= now() order by due_at limit 500 for update skip locked`,
      'commands_due',
    ],
    [
      'what waits for a device',
      `select from tbl_iot_command_logs where imei = '360000000000001' and status = 'PENDING' and not in_flight order by queued_at, command_log_id`,
      'commands_open',
    ],
    [
      'whether a shape is in flight',
      `select from tbl_iot_command_logs where imei = '360000000000001' and in_flight and reply_shape = 'getio'`,
      'commands_one_in_flight',
    ],
    [
      'the commands of a device, newest first',
      `select from tbl_iot_command_logs where imei = '360000000000001' order by created_at desc, command_log_id desc limit 100`,
      'commands_of_device',
    ],
  ])('%s is found by its own index', async (_name, sql, index) => {
    const found = await plan(sql);
    expect(found).toContain(index);
    expect(found).not.toContain('Seq Scan');
  });

  async function statementsOf(imei: string): Promise<Statement[]> {
    const epoch = await openSession(database, imei);
    const statements: Statement[] = [];
    const query = (given: Statement): Promise<{ rows: unknown[] }> => {
      statements.push(given);
      return Promise.resolve({ rows: [] });
    };
    const recorder = { driver: { master: { query } } } as unknown as DataSource;
    const connection = { id: 'a socket', epoch };
    await new CommandRepliesRepository(recorder, new Instance()).findAnswerable([
      { imei, epoch, connectionId: connection.id, ageSeconds: 0 },
    ]);
    await new CommandDeliveryRepository(recorder).claim([{ imei, connection }]);
    return [...statements, await sweepStatement(), await unconfirmedStatement()];
  }

  async function unconfirmedStatement(): Promise<Statement> {
    const recorded: Statement[] = [];
    const query = (text: string, values: readonly unknown[]): Promise<unknown[]> => {
      recorded.push({ name: 'find_written', text, values });
      return Promise.resolve([]);
    };
    await new ConfirmationRepository({ query } as unknown as DataSource, new Instance()).findWritten(10_000);
    return recorded[0]!;
  }

  /** As TypeORM builds it. */
  async function sweepStatement(): Promise<Statement> {
    const source = await newSource();
    const runner = source.createQueryRunner();
    const recorded: Statement[] = [];
    await runner.startTransaction();
    jest.spyOn(runner, 'query').mockImplementation((text, values) => {
      recorded.push({ name: 'lock_due', text, values: (values ?? []) as unknown[] });
      return Promise.resolve({ records: [], raw: [] });
    });
    await new SweepRepository(source, noGuards).lockDue(runner.manager, []);
    jest.restoreAllMocks();
    await runner.rollbackTransaction();
    await runner.release();
    return recorded[0]!;
  }

  it('a claim, a sweep, and a look for answerable or unconfirmed commands do not read the history, which is thousands of pages', async () => {
    const plans = await KeptPlans.make(database.url, await statementsOf('360000000000001'));
    const statements = await statementsOf('360000000000002');
    try {
      for (const statement of statements) {
        const { name, blocks, plan: whole } = await plans.run(statement);
        expect({ name, blocks, wasteful: blocks < 200 ? null : whole }).toEqual({ name, blocks, wasteful: null });
      }
    } finally {
      await plans.close();
    }
    expect(statements).toHaveLength(4);
  });
});
