import { type EntityManager } from 'typeorm';
import { type AuditActor, COMMAND_LINE } from '../access/audit/audit-actor.js';
import { type NewEvent } from '../events/bodies/event-bodies.js';
import { type AuditEntry } from '../access/audit/audit-entry.js';
import { type AuditService } from '../access/audit/audit.service.js';
import { type EventLog } from '../events/event-log.js';
import { type Page } from '../platform/database/bounded-page.js';
import { BUILT_IN_CATALOGUE } from './catalogue/built-in-catalogue.js';
import { CommandCatalogue } from './catalogue/command-catalogue.js';
import { type Command, type CommandAttempt } from './command.js';
import { CommandCancellation } from './command-cancellation.js';
import { CommandQuery } from './command-query.dto.js';
import { CommandSettings } from './commands.settings.js';
import { type CommandEnds } from './waiting/command-ends.js';
import { CommandsService } from './commands.service.js';
import { type CommandFilter, type CommandsRepository, type ListedCommand } from './commands.repository.js';
import { type CreateCommandDto } from './create-command.dto.js';
import { evaluateGuard, type Guard } from './guards/guard.js';
import { type GuardChecks } from './guards/guard-checks.js';
import { type VehicleState } from '../telemetry/latest/vehicle-state.js';
import { type CommandIntake, MAX_OPEN_COMMANDS } from './intake/command-intake.js';
import {
  type DeviceSession,
  type IntakeAnswer,
  type IntakeRequest,
  type KnownRequest,
  type NewCommand,
} from './intake/intake-plan.js';
import { planIntake } from './intake/intake-rules.js';

const IMEI = '350612345678901';
const KEY: AuditActor = { keyId: '7', keyName: 'fleet app', remoteAddress: '192.0.2.1', requestId: 'req-1' };
const OTHER_KEY: AuditActor = { ...KEY, keyId: '8' };

/** The ledger of new commands in memory, one request at a time, decided by the real rules. */
class MemoryIntake {
  readonly stored: NewCommand[] = [];
  readonly sessions = new Map<string, DeviceSession>();
  openCommands = 0;
  private readonly knownKeys = new Map<string, KnownRequest>();

  get last(): NewCommand {
    return this.stored.at(-1)!;
  }

  submit(request: IntakeRequest): Promise<IntakeAnswer> {
    const { command } = request;
    const state = {
      sessions: this.sessions,
      slotUsers: new Map(),
      openCommands: new Map([[command.imei, this.openCommands]]),
      overlapping: [],
      knownKeys: this.knownKeys,
      newIds: [String(100 + this.stored.length)],
      now: new Date(0),
    };
    const { rows, answers } = planIntake([request], state, {
      ownInstance: 'own',
      maxOpenCommands: MAX_OPEN_COMMANDS,
      writable: new Map(),
    });
    for (const { commandLogId, command: row } of rows) {
      this.stored.push(row);
      if (row.idempotencyKey !== null) {
        this.knownKeys.set(row.idempotencyKey, { commandLogId, status: 'PENDING', requestHash: row.requestHash });
      }
    }
    return Promise.resolve(answers[0]!);
  }
}

/** Commands in memory. Like the table, it cancels only what is pending and was never written. */
class MemoryCommands {
  readonly commands = new Map<string, Command>();
  attempts: CommandAttempt[] = [];
  listed: Page<ListedCommand> = { rows: [], hasMore: false };
  readonly filters: CommandFilter[] = [];
  readonly steps: string[] = [];

  async transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    this.steps.push('begin');
    const result = await work({} as EntityManager);
    this.steps.push('commit');
    return result;
  }

  find(id: string): Promise<Command | null> {
    return Promise.resolve(this.commands.get(id) ?? null);
  }

  /** Newest first, at most two. */
  findAttempts(): Promise<Page<CommandAttempt>> {
    const newestFirst = this.attempts.toSorted((a, b) => b.attempt - a.attempt);
    return Promise.resolve({ rows: newestFirst.slice(0, 2), hasMore: newestFirst.length > 2 });
  }

  list(filter: CommandFilter): Promise<Page<ListedCommand>> {
    this.filters.push(filter);
    return Promise.resolve(this.listed);
  }

  cancel(_manager: EntityManager, id: string): Promise<Command | null> {
    const command = this.commands.get(id);
    if (command?.status !== 'PENDING' || command.attempts > 0) {
      return Promise.resolve(null);
    }
    const cancelled: Command = { ...command, status: 'FAILED', reason: 'cancelled' };
    this.commands.set(id, cancelled);
    return Promise.resolve(cancelled);
  }
}

const NOW_MS = Date.UTC(2026, 10, 30);

const PENDING: Command = {
  commandLogId: '1',
  imei: IMEI,
  command: 'getinfo',
  action: null,
  actionParams: null,
  urgent: false,
  codec: 12,
  mode: 'queue',
  status: 'PENDING',
  reason: null,
  deviceState: null,
  supersededBy: null,
  confirmedBy: null,
  late: false,
  response: null,
  metadata: '{"job":1}',
  guard: null,
  attempts: 0,
  maxRetry: 3,
  timeoutSeconds: 60,
  postponedSeconds: 60,
  createdAt: new Date(0),
  updatedAt: new Date(0),
  sentAt: null,
  estimatedTimeoutAt: new Date(0),
  expiresAt: new Date(0),
  completedAt: null,
};

let intake: MemoryIntake;
let table: MemoryCommands;
let events: NewEvent[];
let audited: AuditEntry[];
let service: CommandsService;
let cancellation: CommandCancellation;
let vehicle: VehicleState | null;

beforeEach(() => {
  intake = new MemoryIntake();
  intake.sessions.set(IMEI, { instance: 'own', epoch: 1 });
  table = new MemoryCommands();
  events = [];
  audited = [];
  vehicle = null;
  const log = {
    append: (_manager: EntityManager, appended: readonly NewEvent[]) => {
      table.steps.push('event');
      events.push(...appended);
      return Promise.resolve();
    },
    signalAppended: () => table.steps.push('signal'),
  };
  const audit = {
    record: (entry: AuditEntry) => {
      table.steps.push('audit');
      audited.push(entry);
      return Promise.resolve();
    },
  };
  service = new CommandsService(
    table as unknown as CommandsRepository,
    intake as unknown as CommandIntake,
    new CommandCatalogue(BUILT_IN_CATALOGUE),
    Object.assign(new CommandSettings(), { METADATA_MAX_BYTES: 20 }),
    { evaluate: (_imei: string, guard: Guard) => Promise.resolve(evaluateGuard(guard, vehicle, NOW_MS)) } as GuardChecks,
  );
  cancellation = new CommandCancellation(
    table as unknown as CommandsRepository,
    log as unknown as EventLog,
    audit as unknown as AuditService,
    {
      ended: (ids: readonly string[]) => table.steps.push(`ended ${ids.join()}`),
      notifyOthers: () => Promise.resolve(table.steps.push('notify')),
    } as unknown as CommandEnds,
  );
});

interface Asked {
  readonly metadata?: string | null;
  readonly key?: string | null;
  readonly actor?: AuditActor;
}

/** What a request can give: null counts as not given. */
type Fields = { readonly [Field in keyof CreateCommandDto]?: CreateCommandDto[Field] | null | undefined };

function create(fields: Fields = {}, { metadata = null, key = null, actor = KEY }: Asked = {}) {
  const dto = { imei: IMEI, command: 'getinfo', ...fields } as CreateCommandDto;
  return service.create({ dto, metadata, idempotencyKey: key }, actor);
}

describe('a new command', () => {
  it('is live, in codec 12, with the retries and time-outs of the settings, and lives until its last attempt has timed out', async () => {
    await create();
    expect(intake.last).toMatchObject({
      imei: IMEI,
      command: 'getinfo',
      mode: 'live',
      codec: 12,
      maxRetry: 3,
      timeoutSeconds: 60,
      postponedSeconds: 86_400,
      lifeSeconds: 4 * 60,
      metadata: null,
      idempotencyKey: null,
    });
  });

  it('takes what the request gives instead', async () => {
    await create({ codec: 14, maxRetry: 1, timeoutSeconds: 5, postponedSeconds: 9 }, { metadata: '{"a":1}' });
    expect(intake.last).toMatchObject({
      codec: 14,
      maxRetry: 1,
      timeoutSeconds: 5,
      postponedSeconds: 9,
      lifeSeconds: 10,
      metadata: '{"a":1}',
    });
  });

  it('takes null as not given', async () => {
    await create({ mode: null, codec: null, maxRetry: null, timeoutSeconds: null, ttlSeconds: null, postponedSeconds: null });
    expect(intake.last).toMatchObject({ mode: 'live', codec: 12, maxRetry: 3, timeoutSeconds: 60, postponedSeconds: 86_400 });
  });

  it.each([
    [undefined, 86_400],
    [30, 30],
  ])('that is queued with ttlSeconds %p lives for %i seconds, whatever its retries', async (ttlSeconds, lifeSeconds) => {
    await create({ mode: 'queue', ttlSeconds, maxRetry: 9 });
    expect(intake.last).toMatchObject({ mode: 'queue', lifeSeconds });
  });

  it('ignores ttlSeconds when it is live', async () => {
    await create({ ttlSeconds: 5, maxRetry: 0 });
    expect(intake.last.lifeSeconds).toBe(60);
  });

  it('to which the device does not reply is written once, also when retries are requested', async () => {
    await create({ command: 'cpureset', maxRetry: 5 });
    expect(intake.last).toMatchObject({ silent: true, maxRetry: 0, lifeSeconds: 60 });
    await create({ command: 'getinfo', maxRetry: 5 });
    expect(intake.last).toMatchObject({ silent: false, maxRetry: 5 });
  });

  it('has the reply shape and the targets of the catalogue', async () => {
    await create({ command: 'setdigout 1' });
    expect(intake.last.replyShape).not.toBe('raw');
    expect(intake.last.targets).toEqual(['output:1']);
    await create({ command: 'frobnicate 1' });
    expect(intake.last).toMatchObject({ replyShape: 'raw', targets: [] });
  });
});

describe('the answer to a new command', () => {
  it('says that the device is connected, at whatever instance', async () => {
    expect(await create()).toEqual({ commandLogId: '100', status: 'PENDING', isConnected: true, isRepeat: false });
    intake.sessions.set(IMEI, { instance: 'another', epoch: 1 });
    expect(await create()).toEqual({ commandLogId: '101', status: 'PENDING', isConnected: true, isRepeat: false });
  });

  it('is 404 for a live command of a device that is not connected, and nothing is stored', async () => {
    intake.sessions.clear();
    await expect(create()).rejects.toMatchObject({ code: 'DEVICE_NOT_CONNECTED', httpStatus: 404 });
    expect(intake.stored).toEqual([]);
  });

  it('says that a queued command waits for its device', async () => {
    intake.sessions.clear();
    expect(await create({ mode: 'queue' })).toEqual({
      commandLogId: '100',
      status: 'PENDING',
      isConnected: false,
      isRepeat: false,
    });
  });

  it('is 429 with the limit when the device has the maximum of open commands, and not with one less', async () => {
    intake.openCommands = MAX_OPEN_COMMANDS - 1;
    await create();
    intake.openCommands = MAX_OPEN_COMMANDS;
    await expect(create()).rejects.toMatchObject({
      code: 'TOO_MANY_OPEN_COMMANDS',
      httpStatus: 429,
      message: expect.stringContaining(String(MAX_OPEN_COMMANDS)) as string,
    });
    expect(intake.stored).toHaveLength(1);
  });

  it('is the failure of the transaction', async () => {
    intake.submit = () => Promise.reject(new Error('no connection'));
    await expect(create()).rejects.toThrow('no connection');
  });
});

describe('a request that is not valid', () => {
  it.each([
    ['empty', '', 'the command is empty'],
    ['blank', '  ', 'the command is blank'],
    ['a control character', 'getinfo\r', 'character 8 of the command is U+000D; only printable ASCII (0x20 to 0x7e) can be sent'],
    ['too long', 'x'.repeat(161), 'the command has 161 characters; a device takes 160 at most'],
  ])('is refused for its text, %s, and nothing is stored', async (_what, command, message) => {
    await expect(create({ command })).rejects.toMatchObject({ httpStatus: 400, message });
    expect(intake.stored).toEqual([]);
  });

  it('is refused for metadata over the limit, counted in bytes of UTF-8', async () => {
    await expect(create({}, { metadata: '"12345678901234567é"' })).rejects.toMatchObject({
      code: 'METADATA_TOO_LARGE',
      httpStatus: 413,
      message: 'metadata must be at most 20 bytes of JSON (METADATA_MAX_BYTES), got 21',
    });
    expect(intake.stored).toEqual([]);
    await create({}, { metadata: '"1234567890123456é"' });
    expect(intake.stored).toHaveLength(1);
  });
});

describe('an Idempotency-Key', () => {
  it('with the same request gives the same command', async () => {
    const first = await create({}, { key: 'job-1' });
    expect(await create({}, { key: 'job-1' })).toEqual({ ...first, isRepeat: true });
    expect(intake.stored).toHaveLength(1);
  });

  it('gives the same command also after the device has disconnected', async () => {
    const { commandLogId } = await create({}, { key: 'job-1' });
    intake.sessions.clear();
    expect(await create({}, { key: 'job-1' })).toEqual({ commandLogId, status: 'PENDING', isConnected: false, isRepeat: true });
  });

  it.each<[string, Fields, string | null]>([
    ['another text', { command: 'getver' }, '{"a":1}'],
    ['another number of retries', { maxRetry: 1 }, '{"a":1}'],
    ['another device', { imei: '350612345678902', mode: 'queue' }, '{"a":1}'],
    ['other metadata', {}, '{"a":2}'],
    ['no metadata', {}, null],
  ])('with %s is 409, and nothing is stored', async (_what, dto, metadata) => {
    await create({}, { key: 'job-1', metadata: '{"a":1}' });
    await expect(create(dto, { key: 'job-1', metadata })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
      httpStatus: 409,
    });
    expect(intake.stored).toHaveLength(1);
  });

  it('compares the action with its params: null and an empty object are not given', async () => {
    const action = (params: Record<string, unknown> | null, key: string) =>
      create({ command: null, action: 'output1-on', params }, { key });
    const plain = await action(null, 'job-3');
    expect(await action({}, 'job-3')).toEqual({ ...plain, isRepeat: true });
    expect(await action({ maxSpeedKmh: null }, 'job-3')).toEqual({ ...plain, isRepeat: true });
    await expect(action({ maxSpeedKmh: 5 }, 'job-3')).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    await expect(create({ command: null, action: 'output1-off' }, { key: 'job-3' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  it('compares what the request means: null is not given, order and blanks of metadata do not count', async () => {
    const first = await create({ mode: 'live' }, { key: 'job-1', metadata: '{"a":1,"b":2}' });
    expect(await create({ mode: 'live', codec: null }, { key: 'job-1', metadata: ' {"b": 2, "a": 1}' })).toEqual({
      ...first,
      isRepeat: true,
    });
    const second = await create({}, { key: 'job-2', metadata: 'null' });
    expect(await create({}, { key: 'job-2', metadata: null })).toEqual({ ...second, isRepeat: true });
    expect(intake.stored).toHaveLength(2);
  });

  it('belongs to the API key that sends it: a stored one by its id, one of IOT_API_KEY by its name', async () => {
    const ids: string[] = [];
    for (const actor of [KEY, OTHER_KEY, COMMAND_LINE, { ...KEY, keyName: 'renamed' }]) {
      ids.push((await create({}, { key: 'job-1', actor })).commandLogId);
    }
    expect(ids).toEqual(['100', '101', '102', '100']);
    expect(intake.stored.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['7 job-1', '8 job-1', 'command line job-1']);
  });
});

describe('a command that is read', () => {
  it('is 404 when there is none', async () => {
    await expect(service.get('9')).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND', httpStatus: 404 });
  });

  it('has its newest attempts in their order, and says whether older ones exist', async () => {
    table.commands.set('1', PENDING);
    const numbered = (attempt: number): CommandAttempt => ({
      attempt,
      sentAt: new Date(attempt),
      socketUuid: 'socket',
      result: 'timeout',
      endedAt: null,
      reply: null,
      guardFacts: null,
    });
    table.attempts = [numbered(1), numbered(2)];
    expect(await service.get('1')).toEqual({ command: PENDING, attempts: [numbered(1), numbered(2)], hasOlderAttempts: false });
    table.attempts.push(numbered(3));
    expect(await service.get('1')).toEqual({ command: PENDING, attempts: [numbered(2), numbered(3)], hasOlderAttempts: true });
  });
});

describe('a page of commands', () => {
  it('has the cursor of its last row only when there are more', async () => {
    const rows = ['2', '1'].map((id) => ({ ...PENDING, commandLogId: id, createdAtUs: `${id}000` }));
    table.listed = { rows, hasMore: true };
    expect(await service.list(new CommandQuery())).toEqual({ commands: rows, nextCursor: '1000_1' });
    table.listed = { rows, hasMore: false };
    expect(await service.list(new CommandQuery())).toEqual({ commands: rows, nextCursor: null });
  });

  it('begins after the command of the cursor, with the conditions that are given', async () => {
    await service.list(
      Object.assign(new CommandQuery(), { cursor: '1764072000000000_1207', status: 'FAILED', imei: IMEI, limit: 5 }),
    );
    await service.list(new CommandQuery());
    const none = { imei: null, status: null, reason: null, from: null, to: null, after: null };
    expect(table.filters).toEqual([
      { ...none, imei: IMEI, status: 'FAILED', after: { timeUs: '1764072000000000', id: '1207' }, limit: 5 },
      { ...none, limit: 100 },
    ]);
  });
});

describe('cancelling', () => {
  it('a command that was never written ends it, with its event in the same transaction', async () => {
    table.commands.set('1', PENDING);
    expect(await cancellation.cancel('1', KEY)).toEqual({ ...PENDING, status: 'FAILED', reason: 'cancelled' });
    expect(events).toMatchObject([{ type: 'command.failed', imei: IMEI, body: { command_log_id: '1', reason: 'cancelled' } }]);
    expect(table.steps).toEqual(['begin', 'audit', 'notify', 'event', 'commit', 'signal', 'ended 1']);
    const details = { commandLogId: '1', command: 'getinfo' };
    expect(audited).toEqual([{ actor: KEY, action: 'command.cancelled', imei: IMEI, details }]);
  });

  it('an unknown command is 404', async () => {
    await expect(cancellation.cancel('9', KEY)).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND' });
  });

  it.each<[string, Partial<Command>, string]>([
    ['one that has ended', { status: 'COMPLETED', attempts: 1 }, "The command can't be cancelled: it is COMPLETED already"],
    ['one that was written', { attempts: 1 }, "The command can't be cancelled: it was written to the device already"],
    [
      'one that the device has postponed',
      { attempts: 1, deviceState: 'queued' },
      'the device has accepted it and executes it later',
    ],
  ])('%s is 409 with the reason, without an event', async (_what, change, reason) => {
    table.commands.set('1', { ...PENDING, ...change });
    await expect(cancellation.cancel('1', KEY)).rejects.toMatchObject({
      code: 'NOT_CANCELLABLE',
      httpStatus: 409,
      message: expect.stringContaining(reason) as string,
    });
    expect(events).toEqual([]);
    expect(table.steps).toEqual(['begin', 'commit']);
  });
});

describe('a command with a guard', () => {
  const guard = { maxSpeedKmh: 5, ignition: 'off' } as const;
  const moving: VehicleState = { recordTimeMs: NOW_MS, recordHash: 1n, speedKmh: 54, ignition: 'on' };
  const parked: VehicleState = { ...moving, speedKmh: 0, ignition: 'off' };

  it('is refused while the vehicle does not meet it, with what the newest record contains', async () => {
    vehicle = moving;
    await expect(create({ guard })).rejects.toMatchObject({
      code: 'GUARD_NOT_MET',
      httpStatus: 409,
      details: {
        facts: { speedKmh: 54, ignition: 'on', recordTime: new Date(NOW_MS).toISOString(), recordAgeSeconds: 0 },
      },
    });
    vehicle = parked;
    await create({ guard });
    expect(intake.stored.map((stored) => stored.guard)).toEqual([
      { maxSpeedKmh: 5, ignition: 'off', maxRecordAgeSeconds: 120, notAfter: null },
    ]);
  });

  it('waits with mode=queue', async () => {
    vehicle = moving;
    await create({ guard, mode: 'queue' });
    expect(intake.stored).toHaveLength(1);
  });

  it('is 404 when the device is not connected, whatever the vehicle does', async () => {
    intake.sessions.clear();
    await expect(create({ guard })).rejects.toMatchObject({ code: 'DEVICE_NOT_CONNECTED' });
  });

  it('comes back by its Idempotency-Key when its guard is not met any more', async () => {
    vehicle = parked;
    const first = await create({ guard }, { key: 'job-1' });
    vehicle = moving;
    expect(await create({ guard: { ...guard } }, { key: 'job-1' })).toEqual({ ...first, isRepeat: true });
    await expect(create({ guard: { maxSpeedKmh: 6 } }, { key: 'job-1' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  it('needs a condition', async () => {
    await expect(create({ guard: {} })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
