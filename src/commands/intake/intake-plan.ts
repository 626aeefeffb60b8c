import { type AuditActor } from '../../access/audit/audit-actor.js';
import { type NewEvent } from '../../events/bodies/event-bodies.js';
import { type Guard, type GuardResult } from '../guards/guard.js';
import { type ClaimedCommand, type CommandCodec, type CommandMode, type CommandStatus, type FailureReason } from '../command.js';

/** A command as the ledger stores it. */
export interface NewCommand {
  readonly imei: string;
  readonly command: string;
  readonly codec: CommandCodec;
  readonly replyShape: string;
  /** What it sets: a newer command with an overlapping target ends this one. */
  readonly targets: readonly string[];
  readonly silent: boolean;
  /** The action that the text was made of. */
  readonly action: string | null;
  /** JSON text. */
  readonly actionParams: string | null;
  /** Names of actions whose open commands this one ends. */
  readonly replaces: readonly string[];
  /** It is written before the other commands of its device that wait. */
  readonly urgent: boolean;
  readonly mode: CommandMode;
  readonly maxRetry: number;
  readonly timeoutSeconds: number;
  readonly lifeSeconds: number;
  readonly postponedSeconds: number;
  /** JSON text. */
  readonly metadata: string | null;
  /** Begins with the API key that it belongs to. */
  readonly idempotencyKey: string | null;
  readonly requestHash: Buffer;
  /** The instance where the request waits for the end. */
  readonly awaitedBy?: string | null;
  /** It is stored without an attempt: the dispatcher evaluates its guard before every write. */
  readonly guard: Guard | null;
}

export interface IntakeRequest {
  readonly command: NewCommand;
  readonly actor: AuditActor;
  /** Set when the guard of a live command is not met. A request that repeats an earlier one gets its command all the same. */
  readonly unmetGuard?: GuardResult | null;
}

/** An open command in the ledger that a request may end: it has the same text, an overlapping target, or an action that is replaced. */
export interface OverlappingCommand {
  readonly commandLogId: string;
  readonly imei: string;
  readonly command: string;
  readonly targets: readonly string[];
  readonly action: string | null;
  readonly attempts: number;
  readonly metadata: string | null;
  readonly response: string | null;
  readonly awaitedBy?: string | null;
}

/** The session of a device, as the ledger's database knows it. */
export interface DeviceSession {
  readonly instance: string;
  readonly epoch: number;
}

/** An open command that uses the slot of its reply shape, or waits for it. Guarded ones that wait are not among them. */
export interface SlotUser {
  readonly commandLogId: string;
  readonly replyShape: string;
  readonly inFlight: boolean;
  readonly urgent: boolean;
}

/** The command that an idempotency key was used for. */
export interface KnownRequest {
  readonly commandLogId: string;
  readonly status: CommandStatus;
  readonly requestHash: Buffer;
}

/** What the ledger contains about the devices and the idempotency keys of a batch, while it is locked. */
export interface IntakeState {
  /** By IMEI. */
  readonly sessions: ReadonlyMap<string, DeviceSession>;
  /** By IMEI. */
  readonly slotUsers: ReadonlyMap<string, readonly SlotUser[]>;
  /** IMEI -> the number of open commands, the overlapping ones included. */
  readonly openCommands: ReadonlyMap<string, number>;
  /** In the order of their ids. */
  readonly overlapping: readonly OverlappingCommand[];
  readonly knownKeys: ReadonlyMap<string, KnownRequest>;
  /** One for each request, ascending. */
  readonly newIds: readonly string[];
  /** The time of the transaction. */
  readonly now: Date;
}

/** A connection of this instance that a command can be written to at once. */
export interface WritableConnection {
  readonly id: string;
  readonly epoch: number;
}

export interface IntakeLimits {
  readonly ownInstance: string;
  readonly maxOpenCommands: number;
  /** By IMEI. */
  readonly writable: ReadonlyMap<string, WritableConnection>;
}

/** How a newer command ends an older one. */
export interface Supersession {
  readonly supersededBy: string;
  readonly reason: FailureReason & ('superseded' | 'unconfirmed');
}

/**
 * A row to insert. `supersession` is set when a later request of the batch has ended the command already. `claim` is set when its first attempt is
 * stored with it: it is then written to that connection after the commit.
 */
export interface IntakeRow {
  readonly commandLogId: string;
  readonly command: NewCommand;
  supersession: Supersession | null;
  claim: WritableConnection | null;
}

export interface EndedCommand extends Supersession {
  readonly commandLogId: string;
  readonly awaitedBy: string | null;
}

export type IntakeAnswer =
  | {
      readonly kind: 'accepted';
      readonly commandLogId: string;
      readonly status: CommandStatus;
      /** The instance that has the device's session. */
      readonly holder: string | null;
      /** An earlier request with the same idempotency key has stored it. */
      readonly isRepeat: boolean;
    }
  | { readonly kind: 'key-reused' }
  | { readonly kind: 'not-connected' }
  | { readonly kind: 'guard-not-met'; readonly result: GuardResult }
  | { readonly kind: 'too-many-open' };

/** A request that is recorded in the audit. A request that repeats an earlier one has an entry too. */
export interface AuditedRequest {
  readonly actor: AuditActor;
  readonly imei: string;
  readonly commandLogId: string;
  readonly command: string;
}

/** Everything that a batch changes, and the answer to each of its requests. */
export interface IntakePlan {
  readonly rows: readonly IntakeRow[];
  /** Those of the rows that are stored with their first attempt. */
  readonly claimed: readonly ClaimedCommand[];
  readonly ended: readonly EndedCommand[];
  /** `command.failed` of the commands that may have been executed. */
  readonly events: readonly NewEvent[];
  readonly audited: readonly AuditedRequest[];
  /** Other instances to wake, and for which device. */
  readonly wakes: readonly { readonly instance: string; readonly imei: string; readonly isGuarded: boolean }[];
  /** In the order of the requests. */
  readonly answers: readonly IntakeAnswer[];
}
