import { type CommandCatalogue, type CommandKind, type ReplyVerdict, trimReply } from './command-catalogue.js';
import { isNamelessRefusal } from './built-in-catalogue.js';

const CODEC_OF_SERIAL_DATA = 12;

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
   * - `ended`: nothing changes it any more, but it was written more often than it was answered. One more answer to it does not belong to another command.
   */
  readonly standing: 'in-flight' | 'postponed' | 'waiting' | 'late' | 'ended';
  /**
   * The answer to its last attempt may still arrive: it is not overdue by more than another time-out. It says nothing about a command in
   * flight, which is always answerable. Words that a pattern accepts complete the command without it.
   */
  readonly mayStillBeAnswered: boolean;
  /** It was written to the connection of the reply, and the answer to that may still arrive. */
  readonly isUnansweredHere?: boolean;
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
   * Says nothing of a command that has ended.
   *
   * `postponed`: accepted, to be executed later. `unrecognised`: the device answered this command with words that no pattern knows; it may
   * have executed it.
   */
  readonly verdict: 'completed' | 'rejected' | 'postponed' | 'unrecognised';
}

/**
 * Which command a reply answers; null for none: then it is the device's own message. No reply carries an id, so claims count in the order of
 * how much stands behind them:
 *
 * 1. in flight, and a pattern of its own accepts the reply: the oldest. Unless the same was asked before on this connection, and then the contrary,
 *    and neither was answered: a device answers in order, so that these words are about the first;
 * 2. postponed, waiting or late, and a pattern of its own accepts it: a postponed one that it completes, else the newest, since what was written
 *    earlier may have been lost with an older connection. Before 3 because such words say what they answer, while a raw command takes any;
 * 3. in flight and raw, when it alone can be meant (see `findRaw`);
 * 4. not in flight, and it is a refusal: only when a single one can have got it. A command that was executed must not be called rejected;
 * 5. in flight and catalogued, when it alone can be meant: it is answered, in unknown words;
 * 6. ended, and it could have produced the reply.
 *
 * A refusal that names nothing ("Unknown command") and a reply without text are matched separately, because any command can have got them: they end a
 * command only when it alone can be meant.
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
  { validate, forwardsSerial }: MatchOptions,
): ReplyMatch<T> | null {
  // A device answers in the codec it was asked in, and forwards serial data as codec 12 whatever it was asked in: codec 12 words
  // can't be trusted as the answer to a codec 14 command.
  const possible = candidates.filter((candidate) => candidate.codec === reply.codec);
  if (!validate) {
    const oldest = possible.find((candidate) => isInFlight(candidate) && !catalogue.isSilent(candidate.command));
    if (oldest !== undefined) {
      return { candidate: oldest, verdict: 'completed' };
    }
  }
  const mayBeSerial = forwardsSerial && reply.codec === CODEC_OF_SERIAL_DATA;
  return new ReplyMatcher(possible, reply.text, catalogue, mayBeSerial).match();
}

/**
 * Which command a codec 14 nACK refuses: the device did not execute it, because the IMEI in it is not its own. The nACK says nothing else, so
 * it is the oldest in flight; the others stay as they are, since a guess could call an executed command rejected.
 */
export function matchNack<T extends ReplyCandidate>(candidates: readonly T[]): ReplyMatch<T> | null {
  const oldest = candidates.find((candidate) => candidate.codec === 14 && isInFlight(candidate));
  return oldest === undefined ? null : { candidate: oldest, verdict: 'rejected' };
}

interface Claim<T extends ReplyCandidate> {
  readonly candidate: T;
  readonly verdict: ReplyVerdict;
  readonly isOwn: boolean;
  readonly kind: CommandKind;
}

class ReplyMatcher<T extends ReplyCandidate> {
  private readonly claims: readonly Claim<T>[];
  private readonly inFlight: readonly Claim<T>[];
  private readonly others: readonly Claim<T>[];

  constructor(
    candidates: readonly T[],
    private readonly text: string,
    private readonly catalogue: CommandCatalogue,
    private readonly mayBeSerial: boolean,
  ) {
    this.claims = candidates.map((candidate) => ({
      candidate,
      ...catalogue.weigh(candidate.command, text),
      kind: catalogue.kindOf(candidate.command),
    }));
    this.inFlight = this.claims.filter(({ candidate }) => isInFlight(candidate));
    this.others = this.claims.filter(({ candidate }) => !isInFlight(candidate));
  }

  match(): ReplyMatch<T> | null {
    const words = trimReply(this.text);
    if (words === '') {
      return this.matchEmpty() ?? this.findRepeated(({ verdict }) => verdict === 'completed');
    }
    if (isNamelessRefusal(words) && !this.claims.some(({ verdict, isOwn }) => isOwn && verdict !== 'rejected')) {
      return this.matchNamelessRefusal() ?? this.findRepeated(() => true);
    }
    return this.matchWords() ?? this.findRepeated((claim) => claim.isOwn || this.couldSay(claim));
  }

  private matchWords(): ReplyMatch<T> | null {
    const named = this.findNamed();
    if (named !== undefined) {
      return toMatch(named);
    }
    return this.inFlight.some(({ kind }) => kind === 'raw') ? this.findRaw() : (this.findRefused() ?? this.findUnrecognised());
  }

  /** A pattern says whose words they are. */
  private findNamed(): Claim<T> | undefined {
    const own = this.inFlight.find(({ isOwn }) => isOwn);
    if (own !== undefined) {
      return this.findAskedBefore(own) ?? own;
    }
    const accepting = this.others.filter(({ isOwn }) => isOwn);
    const completed = accepting.filter(({ verdict }) => verdict === 'completed');
    return (
      completed.findLast(({ candidate }) => candidate.standing === 'postponed') ??
      completed.at(-1) ??
      // A device that postpones a command says so once: rather one that has not said so yet.
      accepting.findLast(({ verdict, candidate }) => verdict === 'postponed' && candidate.standing !== 'postponed') ??
      accepting.findLast(({ verdict }) => verdict === 'postponed')
    );
  }

  /** What asked for the same as `own` before something contrary was asked. */
  private findAskedBefore(own: Claim<T>): Claim<T> | undefined {
    const unanswered = this.claims
      .slice(0, this.claims.indexOf(own))
      .filter(({ candidate }) => candidate.isUnansweredHere === true && candidate.standing !== 'postponed');
    const first = unanswered.findIndex(({ isOwn, verdict }) => isOwn && verdict === own.verdict);
    const targets = this.catalogue.targetsOf(own.candidate.command);
    const isContradicted = ({ isOwn, candidate }: Claim<T>): boolean =>
      !isOwn && this.catalogue.targetsOf(candidate.command).some((target) => targets.includes(target));
    return first !== -1 && unanswered.slice(first).some(isContradicted) ? unanswered[first] : undefined;
  }

  /** The oldest that has ended and could have been answered so: a device answers in the order in which it was asked. */
  private findRepeated(couldBe: (claim: Claim<T>) => boolean): ReplyMatch<T> | null {
    const ended = this.others.find((claim) => claim.candidate.standing === 'ended' && couldBe(claim));
    return ended === undefined ? null : { candidate: ended.candidate, verdict: 'completed' };
  }

  /** Whether the words could be its own, though no pattern of it accepts them. */
  private couldSay({ kind, candidate }: Claim<T>): boolean {
    return kind === 'raw' ? !this.catalogue.isKnownReply(this.text) : this.catalogue.resembles(candidate.command, this.text);
  }

  /**
   * The raw command in flight, when nothing else can have produced the words. Not while another raw command can still be answered, one with
   * the same text excepted: the device has done what either asks. Not while a catalogued one can be answered whose words these look like: its
   * firmware may print them in another form. A raw command is answered only while it is in flight: a TFT100 forwards what its serial port
   * receives as codec 12 messages, and any of them would do.
   */
  private findRaw(): ReplyMatch<T> | null {
    const [raw, ...more] = this.inFlight.filter(({ kind }) => kind === 'raw');
    if (raw === undefined || more.length > 0) {
      return null;
    }
    const rivals = this.answerable().filter((claim) => claim !== raw);
    const text = raw.candidate.command.trim();
    const isContested = rivals.some(({ kind, candidate }) =>
      kind === 'raw' ? candidate.command.trim() !== text : this.catalogue.resembles(candidate.command, this.text),
    );
    return isContested ? null : toMatch(raw);
  }

  private findRefused(): ReplyMatch<T> | null {
    return single(this.others.filter(({ kind, verdict, isOwn }) => isOwn && verdict === 'rejected' && kind !== 'raw'));
  }

  /**
   * Not for words that the catalogue knows: they name another id, state or value, and so answer an earlier command, perhaps for the second time.
   * Nor for a device that forwards its serial port, which sends unknown words all the time.
   */
  private findUnrecognised(): ReplyMatch<T> | null {
    const [only, ...more] = this.inFlight;
    if (only === undefined || more.length > 0 || only.kind !== 'catalogued') {
      return null;
    }
    if (this.mayBeSerial || this.catalogue.isKnownReply(this.text)) {
      return null;
    }
    const isOfAnother =
      !this.catalogue.resembles(only.candidate.command, this.text) &&
      this.answerable().some(
        (claim) => claim !== only && (claim.kind === 'raw' || this.catalogue.resembles(claim.candidate.command, this.text)),
      );
    return isOfAnother ? null : { candidate: only.candidate, verdict: 'unrecognised' };
  }

  /** A postponed command was accepted already, so that no refusal is expected of it. */
  private matchNamelessRefusal(): ReplyMatch<T> | null {
    const awaited = this.answerable().filter(({ candidate }) => candidate.standing !== 'postponed');
    const possible =
      awaited.length > 0
        ? awaited
        : this.others.filter(({ kind, candidate }) => kind !== 'raw' && candidate.standing !== 'postponed');
    return single(possible);
  }

  /**
   * A reply without text. An empty line from the serial port looks the same, and a silent command may answer with one, so that nothing is ended
   * by it while such can be meant.
   */
  private matchEmpty(): ReplyMatch<T> | null {
    if (this.mayBeSerial) {
      return null;
    }
    const possible = this.answerable().filter(({ candidate }) => candidate.standing !== 'postponed');
    const known = possible.filter(({ verdict, kind }) => verdict === 'completed' && kind === 'catalogued');
    if (known.length > 0) {
      return single(known);
    }
    const [only, ...more] = possible;
    if (only === undefined || more.length > 0 || only.kind === 'silent' || !isInFlight(only.candidate)) {
      return null;
    }
    return { candidate: only.candidate, verdict: only.kind === 'raw' ? 'completed' : 'unrecognised' };
  }

  private answerable(): Claim<T>[] {
    return this.claims.filter(({ candidate }) => isInFlight(candidate) || candidate.mayStillBeAnswered);
  }
}

function isInFlight({ standing }: ReplyCandidate): boolean {
  return standing === 'in-flight';
}

function single<T extends ReplyCandidate>(claims: readonly Claim<T>[]): ReplyMatch<T> | null {
  return claims.length === 1 ? toMatch(claims[0]!) : null;
}

function toMatch<T extends ReplyCandidate>({ candidate, verdict }: Claim<T>): ReplyMatch<T> | null {
  return verdict === 'unrelated' ? null : { candidate, verdict };
}
