import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { ClusterMembership } from '../../platform/cluster/cluster-membership.js';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { isDuplicateKey } from '../../platform/database/database-errors.js';
import { encodeCodec12Command, encodeCodec14Command } from '../../protocol/message.js';
import { ConnectionRegistry } from '../../transport/connection-registry.js';
import { type LiveConnection } from '../../transport/live-connection.js';
import { DispatchClaims } from './dispatch-claims.js';
import { type Claimer } from './command-delivery.repository.js';
import { type ClaimedCommand } from '../command.js';
import { KeptReplies } from '../in-flight/kept-replies.js';
import { UnansweredWritings } from '../in-flight/unanswered-writings.js';

/** A claimed command that a device's own frame holds up for longer is taken back; half of its time-out at most. */
const LONGEST_WAIT_MS = 5_000;

type Running = Map<string, { again: boolean }>;
type Claim = (claimer: Claimer) => Promise<readonly ClaimedCommand[]>;

/**
 * Writes commands to the devices this instance holds. Something wakes it for one device (a new command, a login, a reply that freed
 * a slot, a time-out); CommandPolling finds what no wake-up reached. The attempt is committed before the first byte: a crash between the
 * two counts as written, so that no command is ever called unwritten which the device may have seen.
 */
@Injectable()
export class CommandDispatcher implements BeforeApplicationShutdown {
  private readonly logger = new Logger(CommandDispatcher.name);
  /** Devices being dispatched; `again` when something woke us meanwhile. */
  private readonly running: Running = new Map();
  /** The same for their guarded commands, for which no other command is to wait. */
  private readonly runningGuarded: Running = new Map();
  /** Claims whose statement is running. */
  private readonly claiming = new Set<Promise<void>>();
  /** Claimed commands that are being written to a socket. */
  private readonly writing = new Set<Promise<void>>();
  private stopping = false;

  constructor(
    private readonly claims: DispatchClaims,
    private readonly connections: ConnectionRegistry,
    private readonly membership: ClusterMembership,
    private readonly kept: KeptReplies,
    private readonly unanswered: UnansweredWritings,
    private readonly database: DatabaseAvailability,
  ) {}

  /** Begins no further claim; what is claimed is written or taken back, while the pool is still open for that. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await Promise.allSettled(this.claiming);
    await Promise.all(this.writing);
  }

  /**
   * Sends what can be sent to this device, if it is connected here. Returns at once. Not while a reply of it waits to be stored: that may be the
   * answer to what would be written again.
   * @param hasGuarded among what waits is a command with a guard.
   */
  wake(imei: string, hasGuarded = false): void {
    if (hasGuarded && this.connections.find(imei)) {
      this.claims.noteGuarded(imei);
    }
    this.start(this.running, imei, (claimer) => this.claims.claim(claimer));
    if (this.claims.hasGuarded(imei)) {
      this.start(this.runningGuarded, imei, (claimer) => this.claims.claimGuarded(claimer));
    }
  }

  private start(dispatches: Running, imei: string, claim: Claim): void {
    const running = dispatches.get(imei);
    if (running) {
      running.again = true;
      return;
    }
    const connection = this.connections.find(imei);
    if (connection && this.mayClaim) {
      void this.dispatch(dispatches, imei, claim);
    }
  }

  /** Not while this instance is stopping, or may not act for devices. */
  get mayClaim(): boolean {
    return !this.stopping && this.membership.isMember;
  }

  /** The connections of those devices that a command can be written to at once. */
  writableTo(imeis: readonly string[]): Map<string, LiveConnection> {
    const found = this.mayClaim ? imeis.flatMap((imei) => this.connections.find(imei) ?? []) : [];
    const writable = found.filter(({ imei, isSendable }) => isSendable && !this.kept.has(imei!));
    return new Map(writable.map((connection) => [connection.imei!, connection]));
  }

  /** For a transaction that claims commands: a stop of the gateway waits for it, and then for the writing of what it has claimed. */
  async waitedFor(claiming: Promise<void>): Promise<void> {
    this.claiming.add(claiming);
    await claiming.finally(() => this.claiming.delete(claiming));
  }

  /** Commands have ended, otherwise than by a reply: what waits in a queue of them is not written. */
  noteEnded(commandLogIds: readonly string[]): void {
    this.unanswered.noteEnded(commandLogIds);
  }

  /** Writes commands whose attempts are on record. Returns at once. */
  write(connection: LiveConnection, claimed: readonly ClaimedCommand[]): void {
    // Not waited for: a device in the middle of a frame must not keep its other commands from being claimed.
    for (const command of claimed) {
      this.unanswered.add(connection.id, command);
      const written = this.writeOne(command, connection);
      this.writing.add(written);
      void written.finally(() => this.writing.delete(written));
    }
  }

  private async dispatch(dispatches: Running, imei: string, claim: Claim): Promise<void> {
    const state = { again: false };
    dispatches.set(imei, state);
    try {
      do {
        state.again = false;
        await this.sendSome(imei, claim);
      } while (state.again && this.mayClaim);
    } finally {
      dispatches.delete(imei);
    }
  }

  private async sendSome(imei: string, claim: Claim): Promise<void> {
    try {
      const connection = this.connections.find(imei);
      // Claimed only when it can be written: an attempt that waits for half a frame would time out without a byte having left.
      if (connection && (await connection.sendable()) && this.mayClaim && !this.kept.has(imei)) {
        await this.waitedFor(this.send(imei, connection, claim));
      }
    } catch (error) {
      if (!isDuplicateKey(error)) {
        this.database.logFailure(this.logger, `${imei}: commands could not be claimed, polling tries again`, error, { imei });
      }
    }
  }

  private async send(imei: string, connection: LiveConnection, claim: Claim): Promise<void> {
    this.write(connection, await claim({ imei, connection }));
  }

  private async writeOne(command: ClaimedCommand, connection: LiveConnection): Promise<void> {
    const withinMs = Math.min(LONGEST_WAIT_MS, command.timeoutSeconds * 500);
    const { guard } = command;
    const send = (isPermitted = (): boolean => true): Promise<boolean> =>
      connection.send(encode(command), withinMs, () => isPermitted() && this.unanswered.startWriting(connection.id, command));
    try {
      if (await (guard === null ? send() : this.claims.sendWhileMet({ ...command, guard }, send))) {
        return;
      }
      // No dispatcher is woken: polling, or the device's next connection, finds it.
      this.unanswered.remove(connection.id, command);
      await this.claims.takeBack(command);
      if (guard !== null) {
        this.wake(command.imei);
      }
    } catch (error) {
      // It then counts as written, which it was not; the command ends as unconfirmed at the worst.
      this.logger.warn(
        `${command.imei}: attempt ${command.attempts} of command ${command.commandLogId} could not be taken back: ${String(error)}`,
      );
    }
  }
}

function encode({ codec, imei, command }: ClaimedCommand): Buffer {
  return codec === 14 ? encodeCodec14Command(imei, command) : encodeCodec12Command(command);
}
