import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { CommandDeliveryRepository } from '../../src/commands/dispatch/command-delivery.repository.js';
import { COMMAND_LINE } from '../../src/access/audit/audit-actor.js';
import { type CommandDispatcher } from '../../src/commands/dispatch/command-dispatcher.js';
import { CommandCounters } from '../../src/commands/command-counters.js';
import { CommandIntake } from '../../src/commands/intake/command-intake.js';
import { type IntakeAnswer, type NewCommand } from '../../src/commands/intake/intake-plan.js';
import { IntakeRepository } from '../../src/commands/intake/intake.repository.js';
import { EventLog } from '../../src/events/event-log.js';
import { EventsRepository } from '../../src/events/events.repository.js';
import { Instance } from '../../src/platform/cluster/cluster-membership.js';
import { EventSettings } from '../../src/events/events.settings.js';
import { isDuplicateKey } from '../../src/platform/database/database-errors.js';
import { openSession } from '../support/open-session.js';
import { noRequestsWait } from '../support/no-requests-wait.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ROUNDS = 100;
const MAX_ROUNDS = 1_000;
const CLAIMERS = 3;

let database: TestDatabase;
let serial = 0;
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
  const source = new DataSource({ type: 'postgres', url: database.url, poolSize: 3 });
  sources.push(await source.initialize());
  return source;
}

/** The intake of an instance of its own. */
async function newIntake(): Promise<CommandIntake> {
  const source = await newSource();
  const settings = Object.assign(new EventSettings(), { EVENT_FEED_ENABLED: true });
  const events = new EventLog(new EventsRepository(source), settings);
  // No device is connected here: the claimers of the tests claim what the intake stores.
  const dispatcher = {
    wake: () => undefined,
    writableTo: () => new Map(),
    noteEnded: () => undefined,
    waitedFor: (storing: Promise<void>) => storing,
  } as unknown as CommandDispatcher;
  return new CommandIntake(
    new IntakeRepository(source),
    events,
    new Instance(),
    new CommandCounters(),
    dispatcher,
    noRequestsWait(),
  );
}

function submit(intake: CommandIntake, command: NewCommand): Promise<IntakeAnswer> {
  return intake.submit({ command, actor: COMMAND_LINE });
}

/** Submits and expects that the command is accepted. Returns its id. */
async function create(intake: CommandIntake, command: NewCommand): Promise<string> {
  const answer = await submit(intake, command);
  expect(answer.kind).toBe('accepted');
  return (answer as IntakeAnswer & { kind: 'accepted' }).commandLogId;
}

function output(imei: string, level: number): NewCommand {
  return {
    imei,
    command: `setdigout ${level}`,
    codec: 12,
    replyShape: 'digout',
    targets: ['output:1'],
    silent: false,
    action: null,
    actionParams: null,
    replaces: [],
    urgent: false,
    mode: 'live',
    maxRetry: 3,
    timeoutSeconds: 60,
    lifeSeconds: 240,
    postponedSeconds: 60,
    metadata: null,
    idempotencyKey: null,
    requestHash: Buffer.alloc(32),
    guard: null,
  };
}

interface EndRow {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly supersededBy: string | null;
  readonly attempts: number;
  readonly openAttempts: number;
}

async function ends(imei: string): Promise<EndRow[]> {
  return database.query<EndRow>(
    `select command_log_id::text as id, status, reason, superseded_by::text as "supersededBy", attempts,
            (select count(*)::int from tbl_iot_command_attempts attempt
              where attempt.command_log_id = log.command_log_id and attempt.result is null) as "openAttempts"
       from tbl_iot_command_logs log where imei = $1 order by command_log_id`,
    [imei],
  );
}

/** None, or a few milliseconds. */
async function pause(): Promise<void> {
  await new Promise((resolve) => (Math.random() < 0.5 ? setImmediate(resolve) : setTimeout(resolve, Math.random() * 10)));
}

/** A gateway that claims for one device, one claim after the other, as the dispatcher does it. */
class Claimer {
  readonly claimed: { readonly id: string; readonly begun: number; readonly done: number }[] = [];
  private running = true;
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly repository: CommandDeliveryRepository,
    private readonly imei: string,
    private readonly epoch: number,
  ) {}

  start(): void {
    this.work = this.run();
  }

  stop(): Promise<void> {
    this.running = false;
    return this.work;
  }

  private async run(): Promise<void> {
    const connection = { id: randomUUID(), epoch: this.epoch };
    while (this.running) {
      await pause();
      const begun = performance.now();
      try {
        const commands = await this.repository.claim([{ imei: this.imei, connection }]);
        commands.flat().forEach(({ commandLogId }) => this.claimed.push({ id: commandLogId, begun, done: performance.now() }));
      } catch (error) {
        if (!isDuplicateKey(error)) {
          throw error;
        }
      }
    }
  }
}

describe('a newer command beside claims of the older one', () => {
  it(`is never followed by the older one, in ${ROUNDS} rounds with ${CLAIMERS} claimers and time-outs at any moment`, async () => {
    const intake = await newIntake();
    const deliveries = await Promise.all(
      Array.from({ length: CLAIMERS }, async () => new CommandDeliveryRepository(await newSource())),
    );
    const outcomes = new Map<string, number>();
    const met = (outcome: string): boolean => (outcomes.get(outcome) ?? 0) > ROUNDS / 20;
    // Which side of the race a round meets depends on the load of the machine: more rounds, until both have been met.
    for (let round = 0; round < ROUNDS || (!(met('superseded') && met('unconfirmed')) && round < MAX_ROUNDS); round++) {
      const imei = String(351_000_000_000_000 + serial++);
      const epoch = await openSession(database, imei);
      const claimers = deliveries.map((delivery) => new Claimer(delivery, imei, epoch));
      claimers.forEach((claimer) => claimer.start());
      const made: { id: string; at: number }[] = [];
      for (const level of [1, 0, 1]) {
        // Anywhere between before the claim and after it; a time-out meanwhile makes the older one wait for its retry.
        await pause();
        await database.query(
          `update tbl_iot_command_logs set in_flight = false, queued_at = now() where imei = $1 and in_flight and $2::boolean`,
          [imei, Math.random() < 0.5],
        );
        made.push({ id: await create(intake, output(imei, level)), at: performance.now() });
      }
      const newest = made.at(-1)!.id;
      while (!claimers.some(({ claimed }) => claimed.some(({ id }) => id === newest))) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await Promise.all(claimers.map((claimer) => claimer.stop()));

      for (const claimer of claimers) {
        const ids = claimer.claimed.map(({ id }) => Number(id));
        expect(ids).toEqual(ids.toSorted((one, other) => one - other));
      }
      const claimed = claimers.flatMap((claimer) => claimer.claimed);
      made.slice(1).forEach(({ at }, index) => {
        expect(claimed.filter(({ id, begun }) => Number(id) <= Number(made[index]!.id) && begun > at)).toEqual([]);
      });
      const rows = await ends(imei);
      expect(rows.map(({ id }) => id)).toEqual(made.map(({ id }) => id));
      rows.slice(0, -1).forEach((row, index) => {
        const attempts = claimed.filter(({ id }) => id === row.id).length;
        expect(row).toMatchObject({
          status: 'FAILED',
          reason: attempts === 0 ? 'superseded' : 'unconfirmed',
          supersededBy: made[index + 1]!.id,
          attempts,
          openAttempts: 0,
        });
        outcomes.set(row.reason ?? '', (outcomes.get(row.reason ?? '') ?? 0) + 1);
      });
      expect(rows.at(-1)).toMatchObject({ status: 'PENDING', supersededBy: null });
    }
    expect([met('superseded'), met('unconfirmed')]).toEqual([true, true]);
  });
});

describe('commands of many requests at the same time', () => {
  it('end each other as if they had come one after the other', async () => {
    const intake = await newIntake();
    const imei = String(351_000_000_000_000 + serial++);
    await openSession(database, imei);
    const levels = [1, 0, 1, 1, 0];
    const ids = await Promise.all(levels.map((level) => create(intake, output(imei, level))));
    expect(ids).toEqual(ids.toSorted((one, other) => Number(one) - Number(other)));
    expect(await ends(imei)).toEqual(
      ids.map((id, index) => ({
        id,
        status: index === 4 ? 'PENDING' : 'FAILED',
        reason: index === 4 ? null : 'superseded',
        supersededBy: ids[index + 1] ?? null,
        attempts: 0,
        openAttempts: 0,
      })),
    );
  });

  it('of two instances leave one open command of each device, and never deadlock', async () => {
    const intakes = await Promise.all([newIntake(), newIntake(), newIntake()]);
    const imeis = Array.from({ length: 20 }, () => String(351_000_000_000_000 + serial++));
    await Promise.all(imeis.map((imei) => openSession(database, imei)));
    const orders = [imeis, imeis.toReversed(), imeis];
    const answers = Array.from({ length: 5 }, () =>
      intakes.map((intake, index) => orders[index]!.map((imei) => create(intake, output(imei, index % 2)))),
    );
    await Promise.all(answers.flat(2));
    for (const imei of imeis) {
      const rows = await ends(imei);
      expect(rows.map(({ status }) => status)).toEqual([...Array<string>(14).fill('FAILED'), 'PENDING']);
      rows.slice(0, -1).forEach((row, index) => expect(row).toMatchObject({ supersededBy: rows[index + 1]!.id }));
    }
  });

  it('are refused one by one at the limit of open commands, and leave what they would have ended', async () => {
    const intake = await newIntake();
    const imei = String(351_000_000_000_000 + serial++);
    const other = String(351_000_000_000_000 + serial++);
    await Promise.all([openSession(database, imei), openSession(database, other)]);
    const plain = (number: number): NewCommand => ({ ...output(imei, 0), command: `getparam ${number}`, targets: [] });
    await Promise.all(Array.from({ length: 50 }, (_, number) => create(intake, plain(number))));
    const answers = await Promise.all([submit(intake, plain(50)), submit(intake, plain(7)), submit(intake, output(other, 1))]);
    expect(answers.map(({ kind }) => kind)).toEqual(['too-many-open', 'accepted', 'accepted']);
    const rows = await ends(imei);
    expect(rows.filter(({ status }) => status === 'PENDING')).toHaveLength(50);
    expect(rows[7]).toMatchObject({ status: 'FAILED', reason: 'superseded', supersededBy: rows[50]!.id });
  });

  it('are stored although one of them can not be', async () => {
    const intake = await newIntake();
    const imei = String(351_000_000_000_000 + serial++);
    await openSession(database, imei);
    const results = await Promise.allSettled([
      create(intake, output(imei, 1)),
      create(intake, { ...output(imei, 1), command: 'getver', metadata: 'not JSON' }),
      create(intake, { ...output(imei, 1), command: 'getinfo', targets: [] }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await ends(imei)).map(({ status }) => status)).toEqual(['PENDING', 'PENDING']);
  });

  it('with one idempotency key, for two devices at two instances, are one command and a conflict', async () => {
    const intakes = await Promise.all([newIntake(), newIntake()]);
    const imeis = intakes.map(() => String(351_000_000_000_000 + serial++));
    await Promise.all(imeis.map((imei) => openSession(database, imei)));
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(
        intakes.map((intake, index) =>
          submit(intake, {
            ...output(imeis[index]!, 1),
            idempotencyKey: `a key ${round}`,
            requestHash: Buffer.alloc(32, index),
          }),
        ),
      );
      expect(answers.map(({ kind }) => kind).toSorted()).toEqual(['accepted', 'key-reused']);
    }
  });
});
