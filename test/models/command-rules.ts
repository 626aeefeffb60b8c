import { type CommandDevice, type SentRecord } from './command-device.js';
import { type Ledger, type LedgerCommand, type LedgerEvent, nameOf } from './command-ledger.js';
import { type DeviceReply } from './device-link.js';
import { meaningOf, outputSetBy, targetsOf } from './device-replies.js';

/** `now()` is the start of a transaction, and the machine is busy. */
const CLOCK_TOLERANCE_MS = 250;
/** The gateway processes a reply within this time: for rules about what it knew at a given moment. */
const HANDLED_WITHIN_MS = 700;

/** Every contradiction between the ledger and what the device received and sent, as sentences; empty when there is none. */
export function findBroken(ledger: Ledger, device: CommandDevice): string[] {
  return [
    ...device.violations,
    ...ledger.commands.flatMap((command) => brokenEnd(command, device)),
    ...ledger.commands.flatMap((command) => brokenEvents(command, ledger.events)),
    ...brokenReceipts(ledger, device),
    ...brokenReplies(ledger, device),
    ...brokenSlots(ledger, device),
    ...brokenOrder(ledger, device),
    ...brokenUrgency(ledger),
    ...brokenPostponing(ledger),
    ...brokenConfirmations(ledger, device),
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
  'FAILED guard',
]);
/** The host is notified of these, and a later reply can still change the end. */
const MAY_END_LATE = ['unconfirmed', 'unrecognised'];

function brokenEnd(command: LedgerCommand, device: CommandDevice): string[] {
  const { status, reason, attempts, maxRetry, response, late, silent, history, inFlight, completedAt, deviceState } = command;
  const isPostponed = status === 'PENDING' && deviceState === 'queued' && !command.isOverdue;
  const sent = device.replies.find(({ text }) => text === response);
  const isRaw = meaningOf(command.command) === 'raw';
  const isByReply = command.confirmedBy === 'reply';
  const rules: [what: string, isBroken: boolean][] = [
    ['has an unknown end', !isPostponed && !ENDS.has([status, reason].filter((word) => word !== null).join(' '))],
    ['has no time of its end', (completedAt === null) !== isPostponed],
    ['is in flight although it has ended or is postponed', inFlight],
    [
      'ended without a write according to its reason, and has attempts',
      ['expired', 'cancelled', 'guard'].includes(reason ?? '') && attempts > 0,
    ],
    [
      'has no attempt although its end requires one',
      (status === 'COMPLETED' || isPostponed || [...MAY_END_LATE, 'rejected'].includes(reason ?? '')) && attempts === 0,
    ],
    ['was written more often than allowed', attempts > maxRetry + 1 || (silent && attempts > 1)],
    ['ended by its guard, and has none', reason === 'guard' && !command.isGuarded],
    ['has attempts that are not counted', history.map(({ attempt }) => attempt).join() !== countTo(attempts)],
    [
      'has a response that its end does not allow, or lacks one',
      command.confirmedBy !== 'telemetry' &&
        (response !== null) !== (status === 'COMPLETED' || reason === 'rejected' || deviceState !== null),
    ],
    ['has a response that the device never sent', response !== null && sent === undefined],
    ['is late although it is not completed', late && status !== 'COMPLETED'],
    ['is completed by nothing', (command.confirmedBy !== null) !== (status === 'COMPLETED')],
    ['is completed by a reply of another kind', isByReply && sent?.kind !== 'answer' && !isRaw],
    ['is rejected by a reply that rejects nothing', reason === 'rejected' && sent?.kind !== 'refusal'],
    ['is postponed by a reply of another kind', deviceState === 'queued' && sent?.kind !== 'postponed'],
    [
      'is completed by the reply to another command',
      isByReply && !isRaw && meaningOf(sent?.about ?? '') !== meaningOf(command.command),
    ],
  ];
  return rules.filter(([, isBroken]) => isBroken).map(([what]) => `${nameOf(command)} ${what}`);
}

/** Events of a command, each at most once: postponed, then failed, then completed. */
export function brokenEvents(command: LedgerCommand, events: readonly LedgerEvent[]): string[] {
  const { id, status, reason, late } = command;
  const reported = events
    .filter((event) => event.id === id && !['command.retried', 'command.postponed'].includes(event.type))
    .map(({ type, reason: why }) => [type.replace('command.', ''), why].filter((word) => word !== null).join(' '))
    .join(', ');
  const allowed: string[] = [];
  if (events.filter((event) => event.id === id && event.type === 'command.postponed').length > 1) {
    return [`${nameOf(command)} was reported as postponed more than once`];
  }
  if (status === 'COMPLETED') {
    allowed.push(...(late ? MAY_END_LATE.map((why) => `failed ${why}, completed`) : ['completed']));
  } else if (reason === 'superseded' || status === 'PENDING') {
    allowed.push('');
  } else {
    allowed.push(`failed ${reason}`);
  }
  if (reason === 'rejected') {
    // The rejection arrived after the command had failed, and the failure had been reported.
    allowed.push(...MAY_END_LATE.map((why) => `failed ${why}`));
  }
  return allowed.includes(reported) ? [] : [`${nameOf(command)} was reported to the host as: ${reported || 'nothing'}`];
}

/** The device must not receive a text more often than the ledger has attempts of it. */
function brokenReceipts({ commands }: Ledger, device: CommandDevice): string[] {
  const texts = [...new Set(device.received.map(({ text }) => text))];
  return texts.flatMap((text) => {
    const received = device.received.filter((command) => command.text === text).length;
    const recorded = commands.filter(({ command }) => command === text).reduce((sum, { attempts }) => sum + attempts, 0);
    return received <= recorded
      ? []
      : [`"${text}" arrived at the device ${received} times with ${recorded} attempts in the ledger`];
  });
}

/** Each reply is stored once: as the response to the command that it answers, or as a message of the device. */
function brokenReplies({ commands, messages }: Ledger, device: CommandDevice): string[] {
  const broken: string[] = [];
  for (const sent of device.replies) {
    const answered = commands.filter(({ history }) => history.some(({ reply }) => reply?.split('\n').includes(sent.text)));
    const stored = answered.length + messages.filter((text) => text === sent.text).length;
    if (stored > 1 || (stored === 0 && sent.handled)) {
      broken.push(`"${sent.text}" is stored ${stored} times`);
    }
    const [meant] = commands.filter(
      (command) => awaits(command, sent, commands, device) && !isAmbiguous(command, sent, commands),
    );
    if (meant && sent.handled && !answered.includes(meant)) {
      const others = answered.map((command) => nameOf(command)).join() || 'none';
      broken.push(`"${sent.text}" answers ${nameOf(meant)}, which was in flight, and was matched to ${others}`);
    }
  }
  const confirmed = commands.filter(({ confirmedBy }) => confirmedBy === 'reply');
  for (const command of confirmed) {
    const executed = device.executions.some(({ text }) => text === command.command);
    const response = device.replies.find(({ text }) => text === command.response);
    if (!executed && (response?.about === command.command || response === undefined)) {
      broken.push(`${nameOf(command)} was never executed`);
    }
  }
  return broken;
}

/** True when the reply answers this command's last attempt, and that attempt was certainly in flight when the gateway processed it. */
function awaits(command: LedgerCommand, sent: DeviceReply, commands: readonly LedgerCommand[], device: CommandDevice): boolean {
  const { history, completedAt } = command;
  const last = history.findLast(({ sentAt }) => sentAt <= sent.at);
  if (command.command !== sent.about || command.silent || last === undefined || completedAt === null) {
    return false;
  }
  // A superseded command ends with the newer command, although a late reply can still complete it.
  const superseded = commands.find(({ id }) => id === command.supersededBy)?.createdAt.getTime() ?? Infinity;
  const ended = Math.min(last.endedAt ?? Infinity, last.sentAt + command.timeoutMs, completedAt.getTime(), superseded);
  const earlier = device.replies.some((other) => other !== sent && other.about === sent.about && other.at <= sent.at);
  return !earlier && ended > sent.at + HANDLED_WITHIN_MS;
}

/**
 * A reply that matches no pattern, or one to a raw command while another command can still be answered, has no certain command. It may be
 * stored as a message.
 */
function isAmbiguous(command: LedgerCommand, sent: DeviceReply, commands: readonly LedgerCommand[]): boolean {
  if (sent.kind === 'unknown') {
    return true;
  }
  const others = commands.filter(
    (other) =>
      other !== command &&
      other.history.some(({ sentAt }) => sentAt <= sent.at) &&
      (other.completedAt?.getTime() ?? Infinity) + 2 * other.timeoutMs + HANDLED_WITHIN_MS >= sent.at,
  );
  const meaning = meaningOf(command.command);
  if (meaning === 'raw') {
    return others.length > 0;
  }
  // The same command earlier, then its opposite: the reply may answer the first one.
  const isSame = (other: LedgerCommand): boolean => meaningOf(other.command) === meaning;
  const isOpposite = (other: LedgerCommand): boolean =>
    !isSame(other) && targetsOf(other.command).some((target) => targetsOf(command.command).includes(target));
  return others.some(isSame) && others.some(isOpposite);
}

/** Of two commands with a common target, the older one is never written after the newer one. Equal texts are assigned in favour of the gateway. */
function brokenOrder({ commands }: Ledger, { received }: CommandDevice): string[] {
  const relevant = received
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

/** While an urgent command waits for its first attempt, no other command of its reply shape is written that is not urgent. */
function brokenUrgency({ commands }: Ledger): string[] {
  const written = commands
    .filter(({ urgent, silent }) => !urgent && !silent)
    .flatMap((command) => command.history.map(({ sentAt }) => ({ command, sentAt })));
  return commands
    .filter(({ urgent, silent, isGuarded }) => urgent && !silent && !isGuarded)
    .flatMap((waiting) => {
      const since = waiting.createdAt.getTime() + CLOCK_TOLERANCE_MS;
      const ended = Math.min(waiting.completedAt?.getTime() ?? Infinity, waiting.expiresAt.getTime());
      const until = (waiting.history[0]?.sentAt ?? ended) - CLOCK_TOLERANCE_MS;
      return written
        .filter(({ command, sentAt }) => command.shape === waiting.shape && sentAt > since && sentAt < until)
        .map(({ command }) => `${nameOf(command)} was written while the urgent ${nameOf(waiting)} waited`);
    });
}

/** A command that the device has postponed is not written again. */
function brokenPostponing({ commands, events }: Ledger): string[] {
  return commands
    .filter(({ id, history }) =>
      events.some((event) => {
        return event.id === id && event.type === 'command.postponed' && history.some(({ sentAt }) => sentAt > event.at.getTime());
      }),
    )
    .map((command) => `${nameOf(command)} was written again after the device had postponed it`);
}

/** A command that telemetry has confirmed was confirmed by a record that proves it. */
function brokenConfirmations({ commands }: Ledger, { records }: CommandDevice): string[] {
  return commands
    .filter((command) => command.confirmedBy === 'telemetry' && !records.some((record) => proves(record, command, commands)))
    .map((command) => `${nameOf(command)} was confirmed by telemetry, and no record proves it`);
}

/** Unconfirmed commands that a stored record proves: telemetry must confirm them. */
export function findProven({ commands }: Ledger, { records }: CommandDevice): string[] {
  const stored = records.filter(({ isStored }) => isStored);
  return commands
    .filter(({ reason }) => MAY_END_LATE.includes(reason ?? ''))
    .filter((command) => stored.some((record) => proves(record, command, commands)))
    .map((command) => nameOf(command));
}

/**
 * The record shows the output as the command has set it, was created after the first write of the command and before the first write of any newer
 * command for the output, and has a right clock.
 */
function proves({ timeMs, sentAtMs, isOn }: SentRecord, command: LedgerCommand, commands: readonly LedgerCommand[]): boolean {
  const level = outputSetBy(command.command);
  const writtenAt = command.history[0]?.sentAt ?? Infinity;
  const newer = commands.filter(({ id, command: text }) => Number(id) > Number(command.id) && outputSetBy(text) !== null);
  const until = Math.min(...newer.flatMap(({ history }) => history.map(({ sentAt }) => sentAt)));
  return level !== null && isOn === level && timeMs > writtenAt && timeMs < until && timeMs <= sentAtMs + 5_000;
}

/** At most one command per reply shape is in flight, and none is written again on the same connection before its timeout. */
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
        arrivedTwice(flight.command, device)
      ) {
        broken.push(`${nameOf(next.command)} was written again on the same connection before its timeout`);
      }
    }
  });
  return broken;
}

/** Twice on one connection. An attempt that was claimed for a connection that had just closed never arrived. */
function arrivedTwice({ command }: LedgerCommand, { received }: CommandDevice): boolean {
  const links = received.filter(({ text }) => text === command).map(({ link }) => link);
  return new Set(links).size < links.length;
}

/** When an attempt released its slot. 0 for an attempt that a reply ended: the slot may have been released long before the reply. */
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
