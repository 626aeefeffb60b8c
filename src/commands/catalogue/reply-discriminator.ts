import { isSameValue, parsePairs, parseSettings, plainNumber } from './command-settings.js';

/** An output's state as setdigout asks for it and as the device reports it. */
type Level = '0' | '1';

const LEVELS: Readonly<Record<string, Level>> = { '0': '0', '1': '1', OFF: '0', ON: '1' };
const STATES = /^[01?]+$/;
const ANSWERED_OUTPUT = /\bDOUT(\d+):\s*(?:Already set to )?(ON|OFF|IGNORED|[01])(?!\S)/gi;
/** An output that is followed by a blank instead of a colon: "DOUT1 Is disabled from CFG". */
const REFUSED_OUTPUT = /\bDOUT(\d+) /gi;
/** The FMB630's form: all outputs in one word. */
const ALL_OUTPUTS = /^DOUTS are set to:\s*([01?]+)/i;

/**
 * Whether the reply is about the ids of `readio 21`, `getparam 2001;2002` or `setparam 2001:wap;2002:user`. The first id is the one that the
 * pattern took out of the reply; the others follow it as ";2002:". A value may hold such a piece as well, so more of them say nothing.
 */
export function repeatsIds(command: string, reply: string, firstId: string | undefined): boolean {
  const requested = requestedIds(command);
  return (
    firstId !== undefined &&
    requested.has(plainNumber(firstId)) &&
    [...requested].every((id) => id === plainNumber(firstId) || reply.includes(`;${id}:`))
  );
}

/**
 * Whether the reply confirms every `<id>:<value>` pair of `setparam 2001:wap;2002:user`. A reply with the ids and other values is that of another
 * command, or says that the device did not take the value.
 * @param rest the reply from the first id's value on.
 */
export function repeatsSettings(command: string, firstId: string | undefined, rest: string): boolean {
  const requested = parseSettings(command);
  const reported = parsePairs(`${firstId}:${rest}`);
  return requested.size > 0 && [...requested].every(([id, value]) => isSameValue(value, reported.get(id) ?? '\0'));
}

/** Whether the reply repeats the argument of `odoset:5000`. */
export function repeatsValue(command: string, reported: string | undefined): boolean {
  const argument = /^[^\s:]+[\s:](.*)$/s.exec(command.trim())?.[1];
  return argument !== undefined && reported !== undefined && isSameValue(argument, reported);
}

/** A failure text may name the id it is about, or none: then it is about any. */
export function mayRefuseIds(command: string, id: string | undefined): boolean {
  return id === undefined || requestedIds(command).has(plainNumber(id));
}

/** The numbers of the outputs that the command sets; those left alone ("?") are not among them. */
export function requestedOutputs(command: string): number[] {
  return [...(requestedLevels(command) ?? new Map<number, Level>()).keys()];
}

/**
 * Whether every output that the command sets is reported in the state it asked for. An output left alone ("?") may be reported in any
 * way; a command that leaves all alone is answered by a reply that says so of all.
 */
export function repeatsOutputs(command: string, reply: string): boolean {
  const requested = requestedLevels(command);
  if (requested === null) {
    return false;
  }
  const reported = reportedLevels(reply);
  if (requested.size === 0) {
    return [...reported.values()].every((level) => level === null);
  }
  return [...requested].every(([output, level]) => reported.get(output) === level);
}

/** "Bad syntax" names no output, and so is about any command; "DOUT2 ERROR" is about those that set output 2. */
export function mayRefuseOutputs(command: string, reply: string): boolean {
  const requested = requestedLevels(command);
  const refused = [...reply.matchAll(REFUSED_OUTPUT)].map((match) => Number(match[1]));
  return requested === null || refused.length === 0 || refused.some((output) => requested.has(output));
}

function requestedIds(command: string): Set<string> {
  const [, ...words] = command.trim().split(/\s+/);
  const ids = words
    .join(' ')
    .split(';')
    .map((part) => /^\s*(\d+)/.exec(part)?.[1])
    .filter((id) => id !== undefined);
  return new Set(ids.map(plainNumber));
}

/** Outputs count from 1. Null when the command has no states that a device would understand. */
export function requestedLevels(command: string): Map<number, Level> | null {
  const states = command.trim().split(/\s+/)[1];
  return states !== undefined && STATES.test(states) ? levelsByPosition(states) : null;
}

/** Null for an output that was left alone. */
function reportedLevels(reply: string): Map<number, Level | null> {
  const states = ALL_OUTPUTS.exec(reply)?.[1];
  if (states !== undefined) {
    return levelsByPosition(states);
  }
  return new Map(
    [...reply.matchAll(ANSWERED_OUTPUT)].map((match) => [Number(match[1]), LEVELS[match[2]!.toUpperCase()] ?? null]),
  );
}

function levelsByPosition(states: string): Map<number, Level> {
  const levels = new Map<number, Level>();
  [...states].forEach((state, index) => {
    const level = LEVELS[state];
    if (level !== undefined) {
      levels.set(index + 1, level);
    }
  });
  return levels;
}
