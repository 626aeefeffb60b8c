import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { CommandDeliveryRepository } from '../../src/commands/dispatch/command-delivery.repository.js';
import { COMMAND_LINE } from '../../src/access/audit/audit-actor.js';
import { CommandsRepository, type NewCommand } from '../../src/commands/commands.repository.js';
import { isDuplicateKey } from '../../src/platform/database/database-errors.js';
import { openSession } from '../support/open-session.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ROUNDS = 100;
const CLAIMERS = 3;
const NO_EVENTS = { tellRetries: false, deliver: false };
const FAILURES = { record: true, deliver: true };

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

function output(imei: string, level: number): NewCommand {
  return {
    imei,
    command: `setdigout ${level}`,
    codec: 12,
    replyShape: 'digout',
    targets: ['output:1'],
    silent: false,
    mode: 'live',
    maxRetry: 3,
    timeoutSeconds: 60,
    lifeSeconds: 240,
    postponedSeconds: 60,
    metadata: null,
    idempotencyKey: null,
    requestHash: Buffer.alloc(32),
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
        const commands = await this.repository.claim(this.imei, connection, NO_EVENTS);
        commands.forEach(({ commandLogId }) => this.claimed.push({ id: commandLogId, begun, done: performance.now() }));
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
    const intake = new CommandsRepository(await newSource());
    const deliveries = await Promise.all(
      Array.from({ length: CLAIMERS }, async () => new CommandDeliveryRepository(await newSource())),
    );
    const outcomes = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
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
        const { commandLogId } = await intake.create(output(imei, level), COMMAND_LINE, randomUUID(), 50, FAILURES);
        made.push({ id: commandLogId, at: performance.now() });
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
    // The rounds have met both sides of the race.
    expect(Math.min(outcomes.get('superseded') ?? 0, outcomes.get('unconfirmed') ?? 0)).toBeGreaterThan(ROUNDS / 20);
  });

  it('is undone with all that it ended when too many commands are open', async () => {
    const intake = new CommandsRepository(await newSource());
    const imei = String(351_000_000_000_000 + serial++);
    await openSession(database, imei);
    const { commandLogId } = await intake.create(output(imei, 1), COMMAND_LINE, randomUUID(), 2, FAILURES);
    await intake.create({ ...output(imei, 0), command: 'getio', targets: [] }, COMMAND_LINE, randomUUID(), 2, FAILURES);
    const second = await intake.create({ ...output(imei, 0), command: 'setdigout 0' }, COMMAND_LINE, randomUUID(), 2, FAILURES);
    expect((await ends(imei))[0]).toMatchObject({ id: commandLogId, reason: 'superseded', supersededBy: second.commandLogId });
    const refused = intake.create(output(imei, 1), COMMAND_LINE, randomUUID(), 1, FAILURES);
    await expect(refused).rejects.toMatchObject({ code: 'TOO_MANY_OPEN_COMMANDS' });
    expect((await ends(imei)).map(({ status }) => status)).toEqual(['FAILED', 'PENDING', 'PENDING']);
  });
});
