import { type AuditActor } from '../../access/audit/audit-actor.js';
import { commandFailed } from '../../events/bodies/command-bodies.js';
import { type NewEvent } from '../../events/bodies/event-bodies.js';
import { type ClaimedCommand } from '../command.js';

import {
  type AuditedRequest,
  type EndedCommand,
  type IntakeAnswer,
  type IntakeLimits,
  type IntakePlan,
  type IntakeRequest,
  type IntakeRow,
  type IntakeState,
  type KnownRequest,
  type NewCommand,
  type OverlappingCommand,
  type WritableConnection,
} from './intake-plan.js';

/** Decides a batch of requests. The outcome is the same as if they had come one after the other. */
export function planIntake(requests: readonly IntakeRequest[], state: IntakeState, limits: IntakeLimits): IntakePlan {
  const batch = new IntakeBatch(state, limits);
  const answers = requests.map((request, index) => batch.take(request, state.newIds[index]!));
  return { ...batch.changes(), answers };
}

/** An open command as the rules see it: a row of the ledger, or one of this batch. */
type OpenCommand =
  { readonly stored: OverlappingCommand; readonly row: null } | { readonly stored: null; readonly row: IntakeRow };

/** The ledger as it is after the requests that have been taken so far. */
class IntakeBatch {
  private readonly open = new Map<string, OpenCommand[]>();
  private readonly openCounts: Map<string, number>;
  private readonly rows: IntakeRow[] = [];
  /** Rows of this batch by their idempotency key. */
  private readonly newKeys = new Map<string, IntakeRow>();
  private readonly ended: EndedCommand[] = [];
  private readonly events: NewEvent[] = [];
  private readonly audited: AuditedRequest[] = [];
  /** By IMEI. */
  private readonly wakes = new Map<string, { readonly instance: string; readonly isGuarded: boolean }>();

  constructor(
    private readonly state: IntakeState,
    private readonly limits: IntakeLimits,
  ) {
    this.openCounts = new Map(state.openCommands);
    state.overlapping.forEach((stored) => this.openOf(stored.imei).push({ stored, row: null }));
  }

  take({ command, actor, unmetGuard }: IntakeRequest, newId: string): IntakeAnswer {
    const holder = this.state.sessions.get(command.imei)?.instance ?? null;
    const known = this.knownRequest(command);
    if (known !== null) {
      if (!known.requestHash.equals(command.requestHash)) {
        return { kind: 'key-reused' };
      }
      this.audit(command, actor, known.commandLogId);
      return { kind: 'accepted', commandLogId: known.commandLogId, status: known.status, holder, isRepeat: true };
    }
    if (command.mode === 'live' && holder === null) {
      return { kind: 'not-connected' };
    }
    if (unmetGuard) {
      return { kind: 'guard-not-met', result: unmetGuard };
    }
    if (!this.insert(command, newId)) {
      return { kind: 'too-many-open' };
    }
    this.audit(command, actor, newId);
    if (holder !== null && holder !== this.limits.ownInstance) {
      const isGuarded = command.guard !== null || this.wakes.get(command.imei)?.isGuarded === true;
      this.wakes.set(command.imei, { instance: holder, isGuarded });
    }
    return { kind: 'accepted', commandLogId: newId, status: 'PENDING', holder, isRepeat: false };
  }

  changes(): Omit<IntakePlan, 'answers'> {
    const { rows, ended, events, audited } = this;
    const claimed = rows.filter(({ claim }) => claim !== null).map((row) => this.toClaimed(row));
    return { rows, claimed, ended, events, audited, wakes: [...this.wakes].map(([imei, wake]) => ({ ...wake, imei })) };
  }

  private toClaimed({ commandLogId, command: newCommand }: IntakeRow): ClaimedCommand {
    const { imei, command, action, codec, metadata, guard, timeoutSeconds } = newCommand;
    return { commandLogId, imei, command, action, codec, metadata, guard, timeoutSeconds, attempts: 1, sentAt: this.state.now };
  }

  private knownRequest({ idempotencyKey }: NewCommand): KnownRequest | null {
    if (idempotencyKey === null) {
      return null;
    }
    const row = this.newKeys.get(idempotencyKey);
    if (row) {
      const { commandLogId, command, supersession } = row;
      return { commandLogId, status: supersession === null ? 'PENDING' : 'FAILED', requestHash: command.requestHash };
    }
    return this.state.knownKeys.get(idempotencyKey) ?? null;
  }

  /** Ends the open commands that the new one overlaps. False, and no change, when too many others stay open. */
  private insert(command: NewCommand, commandLogId: string): boolean {
    const open = this.openOf(command.imei);
    const overlapping = open.filter((older) => overlaps(older.row?.command ?? older.stored!, command));
    const openCount = (this.openCounts.get(command.imei) ?? 0) - overlapping.length + 1;
    if (openCount > this.limits.maxOpenCommands) {
      return false;
    }
    overlapping.forEach((older) => this.end(older, command, commandLogId));
    const others = open.filter((older) => !overlapping.includes(older));
    this.open.set(command.imei, others);
    const row: IntakeRow = { commandLogId, command, supersession: null, claim: this.claimFor(command) };
    this.open.set(command.imei, [...others, { stored: null, row }]);
    this.rows.push(row);
    if (command.idempotencyKey !== null) {
      this.newKeys.set(command.idempotencyKey, row);
    }
    this.openCounts.set(command.imei, openCount);
    return true;
  }

  /**
   * The slot of its reply shape must be free, and no other command may wait for it: for an urgent command, no other urgent one. A silent command has
   * no slot. Not a guarded command: its guard is evaluated after the commit.
   */
  private claimFor({ imei, replyShape, silent, urgent, guard }: NewCommand): WritableConnection | null {
    const session = this.state.sessions.get(imei);
    const connection = this.limits.writable.get(imei);
    if (
      guard !== null ||
      !session ||
      !connection ||
      session.instance !== this.limits.ownInstance ||
      session.epoch !== connection.epoch
    ) {
      return null;
    }
    return silent || !this.usesSlot(imei, replyShape, urgent) ? connection : null;
  }

  private usesSlot(imei: string, replyShape: string, forUrgent: boolean): boolean {
    const isBefore = (isInFlight: boolean, isUrgent: boolean): boolean => !forUrgent || isInFlight || isUrgent;
    const isEnded = (id: string): boolean => this.ended.some(({ commandLogId }) => commandLogId === id);
    const stored = this.state.slotUsers.get(imei) ?? [];
    return (
      stored.some(
        (user) => user.replyShape === replyShape && isBefore(user.inFlight, user.urgent) && !isEnded(user.commandLogId),
      ) ||
      this.openOf(imei).some(
        ({ row }) =>
          row !== null &&
          needsSlot(row.command) &&
          row.command.replyShape === replyShape &&
          isBefore(row.claim !== null, row.command.urgent),
      )
    );
  }

  /**
   * Never written, or the same text: superseded. Written: unconfirmed, because the device may execute it, or have executed it. Only the latter
   * is reported.
   */
  private end({ stored, row }: OpenCommand, newer: NewCommand, supersededBy: string): void {
    if (row !== null) {
      row.supersession = { supersededBy, reason: 'superseded' };
      row.claim = null;
      return;
    }
    const reason = stored.attempts === 0 || stored.command === newer.command ? 'superseded' : 'unconfirmed';
    this.ended.push({ commandLogId: stored.commandLogId, supersededBy, reason, awaitedBy: stored.awaitedBy ?? null });
    if (reason === 'unconfirmed') {
      this.events.push(commandFailed({ ...stored, reason, supersededBy }));
    }
  }

  private audit({ imei, command }: NewCommand, actor: AuditActor, commandLogId: string): void {
    this.audited.push({ actor, imei, commandLogId, command });
  }

  private openOf(imei: string): OpenCommand[] {
    const known = this.open.get(imei) ?? [];
    this.open.set(imei, known);
    return known;
  }
}

/** A guarded command uses the slot while it is in flight, and does not keep others from it while it waits. */
function needsSlot({ silent, guard }: NewCommand): boolean {
  return !silent && guard === null;
}

function overlaps(older: Pick<NewCommand, 'command' | 'targets' | 'action'>, newer: NewCommand): boolean {
  return (
    older.command === newer.command ||
    older.targets.some((target) => newer.targets.includes(target)) ||
    (older.action !== null && newer.replaces.includes(older.action))
  );
}
