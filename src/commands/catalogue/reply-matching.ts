import { type CommandCatalogue, RAW_SHAPE } from './command-catalogue.js';

/** A command that may still be answered. */
export interface ReplyCandidate {
  readonly commandLogId: string;
  readonly command: string;
  readonly codec: 12 | 14;
  /**
   * - `in-flight`: written, and its answer is awaited.
   * - `postponed`: the device has accepted it and will execute it later.
   * - `waiting`: its answer did not come in time. It will be written again; meanwhile another command may have its slot.
   * - `late`: its failure (unconfirmed) was reported already.
   */
  readonly standing: 'in-flight' | 'postponed' | 'waiting' | 'late';
  /**
   * The answer to its last attempt may still arrive: it is not overdue by more than another time-out. It says nothing about a command in
   * flight, which is always answerable. Words that a pattern accepts complete the command without it.
   */
  readonly mayStillBeAnswered: boolean;
}

export interface MatchOptions {
  /** VALIDATE_COMMAND_RESPONSE. */
  readonly validate: boolean;
  /** The device has lately sent text that answered no command: it forwards its serial port. */
  readonly forwardsSerial: boolean;
}

export interface ReplyMatch<T extends ReplyCandidate> {
  readonly candidate: T;
  /**
   * `postponed`: accepted, to be executed later. `unrecognised`: the device answered this command with words that no pattern knows; it may
   * have executed it.
   */
  readonly verdict: 'completed' | 'rejected' | 'postponed' | 'unrecognised';
}

/**
 * Which command a reply answers; null for none: then it is the device's own message. No reply carries an id, so the claims are heard in
 * the order of their weight:
 *
 * 1. in flight, and the catalogue's patterns accept the reply: the oldest;
 * 2. waiting or late, and the patterns accept it as a success or as postponed: the newest, since what was written before may have been lost
 *    with an older connection. It goes before 3 because such words say what they answer, while a raw command takes any;
 * 3. in flight and raw: the oldest;
 * 4. waiting or late, and it is a failure text: only when a single one can have got it. "Bad syntax" does not say whose it is, and a
 *    command that was executed must not be called rejected.
 *
 * A raw command is answered only while it is in flight: a TFT100 forwards what its serial port hears as codec 12 messages, and any of them
 * would do. A slow device's answer to the raw command before may so be taken for the answer to the one in flight; nothing tells them apart.
 *
 * Without validation the oldest in flight is completed by whatever comes. Silent commands are left out of that, because words are no sign
 * of their success; for them and for those not in flight the patterns decide, as they do with validation.
 *
 * @param candidates in the order in which they were last written, the oldest first.
 */
export function matchReply<T extends ReplyCandidate>(
  candidates: readonly T[],
  reply: { readonly text: string; readonly codec: 12 | 14 },
  catalogue: CommandCatalogue,
  { validate }: MatchOptions,
): ReplyMatch<T> | null {
  // A device answers in the codec it was asked in, and forwards serial data as codec 12 whatever it was asked in: codec 12 words
  // can't be trusted as the answer to a codec 14 command.
  const possible = candidates.filter((candidate) => candidate.codec === reply.codec);
  const inFlight = possible.filter(({ standing }) => standing === 'in-flight');
  if (!validate) {
    const oldest = inFlight.find((candidate) => !catalogue.isSilent(candidate.command));
    if (oldest !== undefined) {
      return { candidate: oldest, verdict: 'completed' };
    }
  }
  const claims = findClaims(inFlight, reply.text, catalogue);
  const otherClaims = findClaims(
    possible.filter(({ standing }) => standing !== 'in-flight'),
    reply.text,
    catalogue,
  ).filter((claim) => !claim.isRaw);
  const otherRefusals = otherClaims.filter((claim) => claim.verdict === 'rejected');
  const winner =
    claims.find((claim) => !claim.isRaw) ??
    otherClaims.findLast((claim) => claim.verdict !== 'rejected') ??
    claims[0] ??
    (otherRefusals.length === 1 ? otherRefusals[0] : undefined);
  return winner === undefined ? null : { candidate: winner.candidate, verdict: winner.verdict };
}

/**
 * Which command a codec 14 nACK refuses: the device did not execute it, because the IMEI in it is not its own. The nACK says nothing else, so
 * it is the oldest in flight; the others stay as they are, since a guess could call an executed command rejected.
 */
export function matchNack<T extends ReplyCandidate>(candidates: readonly T[]): ReplyMatch<T> | null {
  const oldest = candidates.find((candidate) => candidate.codec === 14 && candidate.standing === 'in-flight');
  return oldest === undefined ? null : { candidate: oldest, verdict: 'rejected' };
}

interface Claim<T extends ReplyCandidate> extends ReplyMatch<T> {
  /** No pattern stands behind it: the command would take any words. */
  readonly isRaw: boolean;
}

function findClaims<T extends ReplyCandidate>(candidates: readonly T[], text: string, catalogue: CommandCatalogue): Claim<T>[] {
  return candidates.flatMap((candidate): Claim<T>[] => {
    const verdict = catalogue.judge(candidate.command, text);
    if (verdict === 'unrelated') {
      return [];
    }
    const isRaw = verdict === 'completed' && catalogue.shapeOf(candidate.command) === RAW_SHAPE;
    return [{ candidate, verdict, isRaw }];
  });
}
