import { COMMAND_LINE } from '../../access/audit/audit-actor.js';
import {
  type IntakeAnswer,
  type IntakeLimits,
  type IntakePlan,
  type IntakeState,
  type NewCommand,
  type OverlappingCommand,
  type SlotUser,
} from './intake-plan.js';
import { planIntake } from './intake-rules.js';

const IMEI = '350612345678901';
const OTHER = '350612345678902';
const OWN = 'own instance';
const NEIGHBOUR = 'another instance';
const NOW = new Date('2026-01-02T03:04:05Z');

const GUARD = { maxSpeedKmh: 5, ignition: null, maxRecordAgeSeconds: 120, notAfter: null };

const LOCK: NewCommand = {
  imei: IMEI,
  command: 'setdigout 1',
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
  metadata: '{"job":1}',
  idempotencyKey: null,
  requestHash: Buffer.alloc(32, 1),
  guard: null,
};
const UNLOCK: NewCommand = { ...LOCK, command: 'setdigout 0' };
const READ: NewCommand = { ...LOCK, command: 'getinfo', targets: [] };

const STORED: OverlappingCommand = {
  commandLogId: '7',
  imei: IMEI,
  command: 'setdigout 1',
  targets: ['output:1'],
  action: null,
  attempts: 0,
  metadata: '{"job":0}',
  response: null,
};

/** Two devices are connected, one of them here. Ids begin with 100. */
function stateOf(requests: number, state: Partial<IntakeState>): IntakeState {
  return {
    sessions: new Map([
      [IMEI, { instance: OWN, epoch: 5 }],
      [OTHER, { instance: NEIGHBOUR, epoch: 6 }],
    ]),
    slotUsers: new Map(),
    openCommands: new Map([[IMEI, state.overlapping?.length ?? 0]]),
    overlapping: [],
    knownKeys: new Map(),
    newIds: Array.from({ length: requests }, (_, index) => String(100 + index)),
    now: NOW,
    ...state,
  };
}

function plan(
  commands: readonly NewCommand[],
  state: Partial<IntakeState> = {},
  maxOpenCommands = 50,
  writable: IntakeLimits['writable'] = new Map(),
): IntakePlan {
  return planIntake(
    commands.map((command) => ({ command, actor: COMMAND_LINE })),
    stateOf(commands.length, state),
    { ownInstance: OWN, maxOpenCommands, writable },
  );
}

const accepted = (commandLogId: string, status = 'PENDING', holder: string | null = OWN): unknown => ({
  kind: 'accepted',
  commandLogId,
  status,
  holder,
  isRepeat: false,
});
const repeated = (commandLogId: string, status = 'PENDING', holder: string | null = OWN): unknown => ({
  ...(accepted(commandLogId, status, holder) as object),
  isRepeat: true,
});
const kinds = (answers: readonly IntakeAnswer[]): string[] => answers.map(({ kind }) => kind);

describe('a command that comes in', () => {
  it('is a new row with an audit entry', () => {
    const { rows, ended, events, audited, wakes, answers } = plan([LOCK]);
    expect(answers).toEqual([accepted('100')]);
    expect(rows).toEqual([{ commandLogId: '100', command: LOCK, supersession: null, claim: null }]);
    expect(audited).toEqual([{ actor: COMMAND_LINE, imei: IMEI, commandLogId: '100', command: 'setdigout 1' }]);
    expect({ ended, events, wakes }).toEqual({ ended: [], events: [], wakes: [] });
  });

  it('is refused when it is live and the device has no session, and waits when it is queued', () => {
    const { rows, audited, answers } = plan([LOCK, { ...READ, mode: 'queue' }], { sessions: new Map() });
    expect(answers).toEqual([{ kind: 'not-connected' }, accepted('101', 'PENDING', null)]);
    expect(rows.map(({ commandLogId }) => commandLogId)).toEqual(['101']);
    expect(audited.map(({ commandLogId }) => commandLogId)).toEqual(['101']);
  });

  it('wakes the instance that has the device, once per device, unless that is this one', () => {
    const { wakes } = plan([{ ...LOCK, imei: OTHER }, LOCK, { ...READ, imei: OTHER }]);
    expect(wakes).toEqual([{ instance: NEIGHBOUR, imei: OTHER, isGuarded: false }]);
    const guarded = { ...LOCK, imei: OTHER, guard: GUARD };
    expect(plan([guarded, { ...READ, imei: OTHER }]).wakes).toEqual([{ instance: NEIGHBOUR, imei: OTHER, isGuarded: true }]);
  });
});

describe('an older open command', () => {
  it.each([
    ['never written, overlapping target: superseded', STORED, UNLOCK, 'superseded'],
    ['never written, same text: superseded', { ...STORED, targets: [] }, { ...LOCK, targets: [] }, 'superseded'],
    ['written, same text: superseded', { ...STORED, attempts: 2 }, LOCK, 'superseded'],
    ['written, another text with an overlapping target: unconfirmed', { ...STORED, attempts: 2 }, UNLOCK, 'unconfirmed'],
  ])('%s', (_name, stored, command, reason) => {
    const { ended, events } = plan([command], { overlapping: [stored] });
    expect(ended).toEqual([{ commandLogId: '7', supersededBy: '100', reason, awaitedBy: null }]);
    expect(events).toHaveLength(reason === 'unconfirmed' ? 1 : 0);
  });

  it('is reported with all that is known of it when it was written and is contradicted', () => {
    const { events } = plan([UNLOCK], { overlapping: [{ ...STORED, attempts: 2, response: 'later' }] });
    expect(JSON.parse(JSON.stringify(events))).toEqual([
      {
        type: 'command.failed',
        imei: IMEI,
        body: {
          command_log_id: '7',
          imei: IMEI,
          command: 'setdigout 1',
          action: null,
          metadata: { text: '{"job":0}' },
          reason: 'unconfirmed',
          response: 'later',
          attempts: 2,
          superseded_by: '100',
        },
      },
    ]);
  });

  it('stays when it has neither the text nor a target of the new one, or belongs to another device', () => {
    const overlapping = [
      { ...STORED, commandLogId: '5', targets: ['output:2'] },
      { ...STORED, commandLogId: '6', imei: OTHER },
    ];
    expect(plan([UNLOCK], { overlapping }).ended).toEqual([]);
  });

  it('ends once, by the first of the batch that overlaps it', () => {
    const { ended } = plan([UNLOCK, LOCK], { overlapping: [{ ...STORED, attempts: 1 }] });
    expect(ended).toMatchObject([{ commandLogId: '7', supersededBy: '100', reason: 'unconfirmed' }]);
  });
});

describe('commands of one batch for one device', () => {
  it('end each other in their order, as never written', () => {
    const { rows, events, answers } = plan([LOCK, UNLOCK, READ, LOCK]);
    expect(answers).toEqual(['100', '101', '102', '103'].map((id) => accepted(id)));
    expect(rows.map(({ supersession }) => supersession)).toEqual([
      { supersededBy: '101', reason: 'superseded' },
      { supersededBy: '103', reason: 'superseded' },
      null,
      null,
    ]);
    expect(events).toEqual([]);
  });

  it('count as open for those behind them', () => {
    const commands = [READ, LOCK, { ...READ, command: 'getver' }, UNLOCK];
    const { rows, answers } = plan(commands, {}, 2);
    expect(kinds(answers)).toEqual(['accepted', 'accepted', 'too-many-open', 'accepted']);
    expect(rows.map(({ commandLogId }) => commandLogId)).toEqual(['100', '101', '103']);
  });
});

describe('the limit of open commands', () => {
  it('accepts the last command below it and refuses the next one', () => {
    const openCommands = new Map([[IMEI, 48]]);
    expect(kinds(plan([LOCK, READ, { ...READ, command: 'getver' }], { openCommands }).answers)).toEqual([
      'accepted',
      'accepted',
      'too-many-open',
    ]);
  });

  it('does not count the commands that the new one ends', () => {
    const openCommands = new Map([[IMEI, 50]]);
    const { answers, ended } = plan([UNLOCK], { openCommands, overlapping: [STORED] });
    expect(kinds(answers)).toEqual(['accepted']);
    expect(ended).toHaveLength(1);
  });

  it('leaves everything as it was for a refused command', () => {
    const openCommands = new Map([[IMEI, 52]]);
    const { answers, ...changes } = plan([UNLOCK], { openCommands, overlapping: [{ ...STORED, attempts: 1 }] });
    expect(kinds(answers)).toEqual(['too-many-open']);
    expect(changes).toEqual({ rows: [], claimed: [], ended: [], events: [], audited: [], wakes: [] });
  });
});

describe('an idempotency key', () => {
  const KEYED: NewCommand = { ...LOCK, idempotencyKey: 'app job-1' };
  const known = { commandLogId: '9', status: 'COMPLETED', requestHash: Buffer.alloc(32, 1) } as const;
  const knownKeys = new Map([['app job-1', known]]);

  it('gives the command of an equal earlier request, with an audit entry and no other change', () => {
    const { rows, ended, audited, answers } = plan([KEYED], { knownKeys, overlapping: [STORED] });
    expect(answers).toEqual([repeated('9', 'COMPLETED')]);
    expect({ rows, ended }).toEqual({ rows: [], ended: [] });
    expect(audited.map(({ commandLogId }) => commandLogId)).toEqual(['9']);
  });

  it('gives it also when the device is not connected or has too many open commands', () => {
    expect(plan([KEYED], { knownKeys, sessions: new Map() }, 0).answers).toEqual([repeated('9', 'COMPLETED', null)]);
  });

  it('of another request is a conflict, without an audit entry', () => {
    const { audited, answers } = plan([{ ...KEYED, requestHash: Buffer.alloc(32, 2) }], { knownKeys });
    expect(kinds(answers)).toEqual(['key-reused']);
    expect(audited).toEqual([]);
  });

  it('is known to the later requests of the batch, for every device', () => {
    const conflict = { ...KEYED, imei: OTHER, requestHash: Buffer.alloc(32, 2) };
    const { rows, audited, answers } = plan([KEYED, KEYED, conflict, UNLOCK, KEYED]);
    expect(answers).toEqual([
      accepted('100'),
      repeated('100'),
      { kind: 'key-reused' },
      accepted('103'),
      repeated('100', 'FAILED'),
    ]);
    expect(rows.map(({ commandLogId }) => commandLogId)).toEqual(['100', '103']);
    expect(audited.map(({ commandLogId }) => commandLogId)).toEqual(['100', '100', '103', '100']);
  });

  it('of a refused request stays free', () => {
    const commands = [KEYED, { ...KEYED, mode: 'queue' as const, requestHash: Buffer.alloc(32, 2) }];
    expect(kinds(plan(commands, { sessions: new Map() }).answers)).toEqual(['not-connected', 'accepted']);
  });
});

it('ends an older command with the instance where a request waits for it', () => {
  const { ended } = plan([UNLOCK], { overlapping: [{ ...STORED, awaitedBy: NEIGHBOUR }] });
  expect(ended).toMatchObject([{ commandLogId: '7', awaitedBy: NEIGHBOUR }]);
});

describe('a command of an action that replaces others', () => {
  const ARM = { ...READ, command: 'alarm on', action: 'arm', actionParams: '{}' };
  const DISARM = { ...READ, command: 'alarm off', action: 'disarm', actionParams: '{}', replaces: ['arm'] };
  const ARMED: OverlappingCommand = { ...STORED, command: 'alarm on', action: 'arm', targets: [] };

  it('ends one that was never written as superseded, without an event', () => {
    const { ended, events } = plan([DISARM], { overlapping: [ARMED] });
    expect(ended).toEqual([{ commandLogId: '7', supersededBy: '100', reason: 'superseded', awaitedBy: null }]);
    expect(events).toEqual([]);
  });

  it('ends one that was written as unconfirmed, and reports it with its action', () => {
    const { ended, events } = plan([DISARM], { overlapping: [{ ...ARMED, attempts: 1 }] });
    expect(ended).toEqual([{ commandLogId: '7', supersededBy: '100', reason: 'unconfirmed', awaitedBy: null }]);
    expect(events).toMatchObject([
      { type: 'command.failed', body: { reason: 'unconfirmed', action: 'arm', superseded_by: '100' } },
    ]);
  });

  it('ends one of the same batch, which is then never written', () => {
    const { rows, claimed } = plan([ARM, DISARM], {}, 50, new Map([[IMEI, { id: 'a connection', epoch: 5 }]]));
    expect(rows.map(({ supersession }) => supersession)).toEqual([{ supersededBy: '101', reason: 'superseded' }, null]);
    expect(claimed).toMatchObject([{ commandLogId: '101', action: 'disarm' }]);
  });

  it('leaves the other actions, other devices, and what comes after it', () => {
    const others = [
      { ...ARM, command: 'honk', action: 'honk' },
      { ...ARM, action: null, command: 'raw' },
      { ...ARM, imei: OTHER },
    ];
    const { rows } = plan([...others, DISARM, ARM]);
    expect(rows.map(({ supersession }) => supersession)).toEqual([null, null, null, null, null]);
  });
});

describe('the first attempt of a new command', () => {
  const CONNECTION = { id: 'a connection', epoch: 5 };
  const WRITABLE = new Map([[IMEI, CONNECTION]]);
  const claimedOf = (
    commands: readonly NewCommand[],
    state: Partial<IntakeState> = {},
    writable: IntakeLimits['writable'] = WRITABLE,
  ) => plan(commands, state, 50, writable).claimed.map(({ commandLogId }) => commandLogId);
  const using = (commandLogId: string, replyShape: string, user: Partial<SlotUser> = {}): Partial<IntakeState> => ({
    slotUsers: new Map([[IMEI, [{ commandLogId, replyShape, inFlight: false, urgent: false, ...user }]]]),
  });

  it('is stored with it when its device can take it at once', () => {
    const { rows, claimed } = plan([LOCK], {}, 50, WRITABLE);
    expect(rows[0]?.claim).toEqual(CONNECTION);
    const { imei, command, action, codec, metadata, guard, timeoutSeconds } = LOCK;
    const attempt = { attempts: 1, sentAt: NOW };
    expect(claimed).toEqual([{ commandLogId: '100', imei, command, action, codec, metadata, guard, timeoutSeconds, ...attempt }]);
  });

  it.each<[string, Partial<IntakeState>, IntakeLimits['writable']]>([
    ['its connection cannot be written to', {}, new Map()],
    ['its connection is not that of the newest session', {}, new Map([[IMEI, { ...CONNECTION, epoch: 4 }]])],
    ['the session belongs to another instance', { sessions: new Map([[IMEI, { instance: NEIGHBOUR, epoch: 5 }]]) }, WRITABLE],
    ['the device has no session', { sessions: new Map() }, WRITABLE],
    ['another command uses the slot, or waits for it', using('7', 'digout'), WRITABLE],
  ])('is left to the dispatcher when %s', (_name, state, writable) => {
    expect(claimedOf([{ ...LOCK, mode: 'queue' }], state, writable)).toEqual([]);
  });

  it('is stored with it when the command in the slot has another reply shape, or ends by it', () => {
    expect(claimedOf([LOCK], using('7', 'getinfo'))).toEqual(['100']);
    expect(claimedOf([UNLOCK], { ...using('7', 'digout'), overlapping: [{ ...STORED, attempts: 1 }] })).toEqual(['100']);
  });

  it('takes the slot from the later commands of the batch, but not when it is superseded by them', () => {
    const other = { ...LOCK, command: 'setdigout ?1', targets: ['output:2'] };
    expect(claimedOf([LOCK, other, { ...READ, replyShape: 'getinfo' }])).toEqual(['100', '102']);
    const { rows, claimed } = plan([LOCK, UNLOCK], {}, 50, WRITABLE);
    expect(rows.map(({ supersession, claim }) => [supersession?.reason ?? null, claim])).toEqual([
      ['superseded', null],
      [null, CONNECTION],
    ]);
    expect(claimed.map(({ commandLogId }) => commandLogId)).toEqual(['101']);
  });

  it('is stored with an urgent command when others only wait for the slot, and none of them is urgent', () => {
    const urgent = { ...LOCK, urgent: true };
    expect(claimedOf([urgent], using('7', 'digout'))).toEqual(['100']);
    expect(claimedOf([urgent], using('7', 'digout', { urgent: true }))).toEqual([]);
    expect(claimedOf([urgent], using('7', 'digout', { inFlight: true }))).toEqual([]);
    const other = { ...LOCK, command: 'setdigout ?1', targets: ['output:2'] };
    expect(claimedOf([other, urgent], using('7', 'digout'))).toEqual(['101']);
    expect(claimedOf([other, urgent])).toEqual(['100']);
  });

  it('is always stored with a silent command, which takes no slot', () => {
    const silent = { ...LOCK, command: 'cpureset', targets: [], silent: true };
    expect(claimedOf([silent, LOCK], {})).toEqual(['100', '101']);
    expect(claimedOf([silent], using('7', 'digout'))).toEqual(['100']);
  });

  it('is never stored with a guarded one, which keeps no other command from the slot while it waits', () => {
    const guarded = { ...LOCK, command: 'setdigout ?1', targets: ['output:2'], guard: GUARD };
    expect(claimedOf([guarded, LOCK])).toEqual(['101']);
    expect(claimedOf([{ ...guarded, silent: true }])).toEqual([]);
  });
});

describe('a command whose guard is not met', () => {
  const unmetGuard = { unmet: ['why'], facts: { speedKmh: 9, ignition: null, recordTime: null, recordAgeSeconds: null } };
  const answersTo = (command: NewCommand, state: Partial<IntakeState> = {}) => {
    const limits = { ownInstance: OWN, maxOpenCommands: 50, writable: new Map() };
    const { answers, rows, audited } = planIntake([{ command, actor: COMMAND_LINE, unmetGuard }], stateOf(1, state), limits);
    return { kind: answers[0]!.kind, stored: rows.length, audited: audited.length };
  };

  it('changes nothing', () => {
    expect(answersTo(LOCK, { overlapping: [STORED] })).toEqual({ kind: 'guard-not-met', stored: 0, audited: 0 });
  });

  it('comes back when its key is known, and is refused as not connected first', () => {
    const known = { commandLogId: '7', status: 'PENDING', requestHash: LOCK.requestHash } as const;
    const keyed = { ...LOCK, idempotencyKey: 'key' };
    expect(answersTo(keyed, { knownKeys: new Map([['key', known]]) })).toEqual({ kind: 'accepted', stored: 0, audited: 1 });
    expect(answersTo(LOCK, { sessions: new Map() }).kind).toBe('not-connected');
  });
});
