import { type CommandDevice, meaningOf, targetsOf, type Words } from './command-device.js';
import { type TestDatabase } from './test-database.js';

/** One row of `tbl_iot_command_logs`, and what hangs on it. */
export interface LedgerCommand {
  readonly id: string;
  readonly command: string;
  readonly shape: string;
  readonly silent: boolean;
  readonly status: string;
  readonly reason: string | null;
  readonly deviceState: string | null;
  readonly supersededBy: string | null;
  readonly isOverdue: boolean;
  readonly late: boolean;
  readonly response: string | null;
  readonly attempts: number;
  readonly maxRetry: number;
  readonly timeoutMs: number;
  readonly inFlight: boolean;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
  readonly history: readonly LedgerAttempt[];
}

interface LedgerAttempt {
  readonly attempt: number;
  readonly sentAt: number;
  readonly endedAt: number | null;
  readonly socket: string;
  readonly result: string | null;
  readonly reply: string | null;
}

interface LedgerEvent {
  readonly sequence: number;
  readonly type: string;
  readonly id: string | null;
  readonly reason: string | null;
  readonly at: Date;
}

export interface Ledger {
  readonly commands: readonly LedgerCommand[];
  readonly events: readonly LedgerEvent[];
  readonly messages: readonly string[];
}

/** A transaction's time is that of its beginning, and the machine is busy. */
const CLOCK_TOLERANCE_MS = 250;
/** So long may words lie before the gateway has handled them, for a rule that asks what it knew at that time. */
const HANDLED_WITHIN_MS = 700;

export async function readLedger(database: TestDatabase, imei: string): Promise<Ledger> {
  const commands = await database.query<LedgerCommand>(
    `select command_log_id::text as id, command, reply_shape as shape, silent, status, reason, device_state as "deviceState",
            superseded_by::text as "supersededBy", expires_at <= now() as "isOverdue", late, response, attempts,
            max_retry as "maxRetry", timeout_seconds * 1000 as "timeoutMs", in_flight as "inFlight",
            created_at as "createdAt", completed_at as "completedAt",
            (select coalesce(json_agg(json_build_object(
                      'attempt', attempt, 'sentAt', extract(epoch from sent_at) * 1000, 'endedAt', extract(epoch from ended_at) * 1000,
                      'socket', socket_uuid, 'result', result, 'reply', reply) order by attempt), '[]')
               from tbl_iot_command_attempts attempt where attempt.command_log_id = log.command_log_id) as history
       from tbl_iot_command_logs log where imei = $1 order by log.command_log_id`,
    [imei],
  );
  const events = await database.query<LedgerEvent>(
    `select sequence::int as sequence, type, body->>'command_log_id' as id, body->>'reason' as reason, occurred_at as at
       from tbl_iot_events where imei = $1 order by sequence`,
    [imei],
  );
  const messages = await database.query<{ text: string }>('select text from tbl_iot_device_messages where imei = $1', [imei]);
  return { commands, events, messages: messages.map(({ text }) => text) };
}

/** What the ledger says that is not true of the device, in words; nothing when all is well. */
export function findBroken(ledger: Ledger, device: CommandDevice): string[] {
  return [
    ...device.faults,
    ...ledger.commands.flatMap((command) => brokenEnd(command, device)),
    ...ledger.commands.flatMap((command) => brokenEvents(command, ledger.events)),
    ...brokenWritings(ledger, device),
    ...brokenWords(ledger, device),
    ...brokenSlots(ledger, device),
    ...brokenOrder(ledger, device),
    ...brokenPostponing(ledger),
    ...brokenSequence(ledger),
  ];
}

const ENDS = new Set([
  'COMPLETED',
  'FAILED expired',
  'FAILED unconfirmed',
  'FAILED rejected',
  'FAILED superseded',
  'FAILED cancelled',
  'FAILED unrecognised',
]);
/** Of these the host was told, and a later reply still ends them another way. */
const MAY_END_LATE = ['unconfirmed', 'unrecognised'];

function brokenEnd(command: LedgerCommand, device: CommandDevice): string[] {
  const { status, reason, attempts, maxRetry, response, late, silent, history, inFlight, completedAt, deviceState } = command;
  const isPostponed = status === 'PENDING' && deviceState === 'queued' && !command.isOverdue;
  const said = device.words.find(({ text }) => text === response);
  const rules: [what: string, isBroken: boolean][] = [
    ['has no end that there is', !isPostponed && !ENDS.has([status, reason].filter((word) => word !== null).join(' '))],
    ['has no time of its end', (completedAt === null) !== isPostponed],
    ['is in flight after its end, or postponed', inFlight],
    ['was never written, says its end, yet it has attempts', ['expired', 'cancelled'].includes(reason ?? '') && attempts > 0],
    [
      'must have been written',
      (status === 'COMPLETED' || isPostponed || [...MAY_END_LATE, 'rejected'].includes(reason ?? '')) && attempts === 0,
    ],
    ['was written more often than asked for', attempts > maxRetry + 1 || (silent && attempts > 1)],
    ['has attempts that are not counted', history.map(({ attempt }) => attempt).join() !== countTo(attempts)],
    [
      'has words though nobody answered',
      (response !== null) !== (status === 'COMPLETED' || reason === 'rejected' || deviceState !== null),
    ],
    ['has words that the device never said', response !== null && said === undefined],
    ['is late though it did not complete', late && status !== 'COMPLETED'],
    [
      'is completed by words of another kind',
      status === 'COMPLETED' && said?.kind !== 'answer' && meaningOf(command.command) !== 'raw',
    ],
    ['is rejected by words that refuse nothing', reason === 'rejected' && said?.kind !== 'refusal'],
    ['is postponed by words of another kind', deviceState === 'queued' && said?.kind !== 'postponed'],
    [
      'is completed by words about another thing',
      status === 'COMPLETED' &&
        meaningOf(command.command) !== 'raw' &&
        meaningOf(said?.about ?? '') !== meaningOf(command.command),
    ],
  ];
  return rules.filter(([, isBroken]) => isBroken).map(([what]) => `${nameOf(command)} ${what}`);
}

/** Told once each: perhaps that it is postponed, then perhaps its failure, then perhaps its completion. */
export function brokenEvents(command: LedgerCommand, events: readonly LedgerEvent[]): string[] {
  const { id, status, reason, late } = command;
  const told = events
    .filter((event) => event.id === id && !['command.retried', 'command.postponed'].includes(event.type))
    .map(({ type, reason: why }) => [type.replace('command.', ''), why].filter((word) => word !== null).join(' '))
    .join(', ');
  const right: string[] = [];
  if (events.filter((event) => event.id === id && event.type === 'command.postponed').length > 1) {
    return [`${nameOf(command)} was told to be postponed more than once`];
  }
  if (status === 'COMPLETED') {
    right.push(...(late ? MAY_END_LATE.map((why) => `failed ${why}, completed`) : ['completed']));
  } else if (reason === 'superseded' || status === 'PENDING') {
    right.push('');
  } else {
    right.push(`failed ${reason}`);
  }
  if (reason === 'rejected') {
    // The refusal came after the command had been given up: the host was told so already.
    right.push(...MAY_END_LATE.map((why) => `failed ${why}`));
  }
  return right.includes(told) ? [] : [`${nameOf(command)} was told to the host as: ${told || 'nothing'}`];
}

/** Of one text the device can't have seen more writings than there are attempts on record. */
function brokenWritings({ commands }: Ledger, device: CommandDevice): string[] {
  const texts = [...new Set(device.writings.map(({ text }) => text))];
  return texts.flatMap((text) => {
    const seen = device.writings.filter((writing) => writing.text === text).length;
    const recorded = commands.filter(({ command }) => command === text).reduce((sum, { attempts }) => sum + attempts, 0);
    return seen <= recorded ? [] : [`"${text}" came to the device ${seen} times, ${recorded} attempts are on record`];
  });
}

/** What the device said is kept once: as the answer to a command, or as its own message. And it is the answer to the command it is about. */
function brokenWords({ commands, messages }: Ledger, device: CommandDevice): string[] {
  const broken: string[] = [];
  for (const words of device.words) {
    const answered = commands.filter(({ history }) => history.some(({ reply }) => reply?.split('\n').includes(words.text)));
    const kept = answered.length + messages.filter((text) => text === words.text).length;
    if (kept > 1 || (kept === 0 && words.handled)) {
      broken.push(`"${words.text}" is kept ${kept} times`);
    }
    const [meant] = commands.filter((command) => awaits(command, words, device) && !isDoubtful(command, words, commands));
    if (meant && words.handled && !answered.includes(meant)) {
      const taker = answered.map((command) => nameOf(command)).join() || 'none';
      broken.push(`"${words.text}" answers ${nameOf(meant)}, which was in flight, and was taken for the answer to ${taker}`);
    }
  }
  const confirmed = commands.filter(({ status }) => status === 'COMPLETED');
  for (const command of confirmed) {
    const executed = device.executions.some(({ text }) => text === command.command);
    const words = device.words.find(({ text }) => text === command.response);
    if (!executed && (words?.about === command.command || words === undefined)) {
      broken.push(`${nameOf(command)} was never executed`);
    }
  }
  return broken;
}

/** Whether the words are about this command's last writing, and that one was surely in flight when they were handled. */
function awaits(command: LedgerCommand, words: Words, device: CommandDevice): boolean {
  const { history, completedAt } = command;
  const last = history.findLast(({ sentAt }) => sentAt <= words.at);
  if (command.command !== words.about || command.silent || last === undefined || completedAt === null) {
    return false;
  }
  const ended = Math.min(last.endedAt ?? Infinity, last.sentAt + command.timeoutMs, completedAt.getTime());
  const earlier = device.words.some((other) => other !== words && other.about === words.about && other.at <= words.at);
  return !earlier && ended > words.at + HANDLED_WITHIN_MS;
}

/**
 * Words that no pattern knows, and words about a raw command while another one may still be answered: whose they are can't be said, and so they may
 * be kept as a message.
 */
function isDoubtful(command: LedgerCommand, words: Words, commands: readonly LedgerCommand[]): boolean {
  if (words.kind === 'unknown') {
    return true;
  }
  const others = commands.filter(
    (other) =>
      other !== command &&
      other.history.some(({ sentAt }) => sentAt <= words.at) &&
      (other.completedAt?.getTime() ?? Infinity) + 2 * other.timeoutMs + HANDLED_WITHIN_MS >= words.at,
  );
  const meaning = meaningOf(command.command);
  if (meaning === 'raw') {
    return others.length > 0;
  }
  // Asked for before, then the contrary: the words may be about the first.
  const isSame = (other: LedgerCommand): boolean => meaningOf(other.command) === meaning;
  const isContrary = (other: LedgerCommand): boolean =>
    !isSame(other) && targetsOf(other.command).some((target) => targetsOf(command.command).includes(target));
  return others.some(isSame) && others.some(isContrary);
}

/** Of commands with a target in common the older one is never written after the newer one. Of equal texts the one is meant that breaks least. */
function brokenOrder({ commands }: Ledger, { writings }: CommandDevice): string[] {
  const relevant = writings
    .filter(({ text }) => targetsOf(text).length > 0)
    .map(({ text, at }) => {
      const ids = commands
        .filter(({ command, createdAt }) => command === text && createdAt.getTime() <= at + CLOCK_TOLERANCE_MS)
        .map(({ id }) => Number(id));
      return { text, oldest: Math.min(...ids), newest: Math.max(...ids) };
    });
  return relevant.flatMap(({ text, newest }, index) =>
    relevant
      .slice(0, index)
      .filter((before) => before.oldest > newest && targetsOf(before.text).some((target) => targetsOf(text).includes(target)))
      .map((before) => `"${text}" (${newest}) was written after the newer "${before.text}" (${before.oldest})`),
  );
}

/** What the device has accepted and postponed is not written again. */
function brokenPostponing({ commands, events }: Ledger): string[] {
  return commands
    .filter(({ id, history }) =>
      events.some((event) => {
        return event.id === id && event.type === 'command.postponed' && history.some(({ sentAt }) => sentAt > event.at.getTime());
      }),
    )
    .map((command) => `${nameOf(command)} was written again after the device had postponed it`);
}

/** At most one of a shape is in flight, and nothing is written again by the same connection before its time is over. */
function brokenSlots({ commands }: Ledger, device: CommandDevice): string[] {
  const broken: string[] = [];
  const flights = commands
    .filter(({ silent }) => !silent)
    .flatMap((command) => command.history.map((attempt, index) => ({ ...attempt, command, until: endOf(command, index) })))
    .sort((a, b) => a.sentAt - b.sentAt);
  flights.forEach((flight, index) => {
    for (const next of flights.slice(index + 1)) {
      if (next.command.shape === flight.command.shape && next.sentAt < flight.until - CLOCK_TOLERANCE_MS) {
        broken.push(`${nameOf(next.command)} was written while ${nameOf(flight.command)} was in flight`);
      }
      const tooSoon = next.sentAt - flight.sentAt < flight.command.timeoutMs - 1;
      if (
        next.command === flight.command &&
        next.attempt === flight.attempt + 1 &&
        next.socket === flight.socket &&
        tooSoon &&
        cameTwice(flight.command, device)
      ) {
        broken.push(`${nameOf(next.command)} was written again by the same connection before its time was over`);
      }
    }
  });
  return broken;
}

/** By one connection. An attempt that was claimed for a connection which had just ended never came. */
function cameTwice({ command }: LedgerCommand, { writings }: CommandDevice): boolean {
  const links = writings.filter(({ text }) => text === command).map(({ link }) => link);
  return new Set(links).size < links.length;
}

/** An answer may come when the slot was given back long ago, and then it is the attempt's end: of such a one the flight's end is not known. */
function endOf({ history, completedAt }: LedgerCommand, index: number): number {
  const { endedAt, result } = history[index]!;
  if (result === 'confirmed' || result === 'rejected' || result === 'postponed') {
    return 0;
  }
  return endedAt ?? history[index + 1]?.sentAt ?? completedAt?.getTime() ?? Infinity;
}

function brokenSequence({ events }: Ledger): string[] {
  const numbers = events.map(({ sequence }) => sequence).join();
  return numbers === countTo(events.length) ? [] : [`events are numbered ${numbers}`];
}

function countTo(count: number): string {
  return Array.from({ length: count }, (_, index) => index + 1).join();
}

export function nameOf({ id, command, status, reason }: LedgerCommand): string {
  return `${id} "${command}" (${reason ?? status})`;
}
