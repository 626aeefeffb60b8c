import { Injectable } from '@nestjs/common';
import { ClusterMembership, Instance } from '../platform/cluster/cluster-membership.js';
import { Periodic } from '../platform/scheduling/periodic-tasks.js';
import { ConnectionRegistry } from '../transport/connection-registry.js';
import { type OpenedSession, SessionsRepository } from './sessions.repository.js';
import { SessionWriter } from './session-writer.js';

const COMPARE_EVERY_MS = 30_000;

/**
 * Repairs what a lost notification has left: closes connections whose session another instance has taken, and releases sessions that have no
 * connection.
 */
@Injectable()
export class SessionComparison {
  /** Sessions that had no connection at the last comparison. Their login may have been in flight. */
  private missing = new Map<string, number>();

  constructor(
    private readonly repository: SessionsRepository,
    private readonly writer: SessionWriter,
    private readonly connections: ConnectionRegistry,
    private readonly instance: Instance,
    private readonly membership: ClusterMembership,
  ) {}

  @Periodic({ everyMs: COMPARE_EVERY_MS, failure: 'Sessions and connections could not be compared' })
  async compare(): Promise<void> {
    if (!this.membership.isMember) {
      return;
    }
    // In this order: a login that is committed and registered meanwhile is not among these.
    const held = Array.from(this.connections.all(), ([imei, { epoch }]) => ({ imei, epoch }));
    const sessions = await this.repository.listOfInstance(this.instance.id);
    this.endWithoutSession(held, sessions);
    this.endWithoutConnection(sessions);
  }

  private endWithoutSession(held: readonly OpenedSession[], sessions: readonly OpenedSession[]): void {
    const epochs = new Map(sessions.map(({ imei, epoch }) => [imei, epoch]));
    held
      .filter(({ imei, epoch }) => epochs.get(imei) !== epoch)
      .forEach(({ imei, epoch }) => this.connections.endOlderThan(imei, epoch + 1));
  }

  private endWithoutConnection(sessions: readonly OpenedSession[]): void {
    const missing = sessions.filter(({ imei, epoch }) => this.connections.find(imei)?.epoch !== epoch);
    const leftOver = missing.filter(({ imei, epoch }) => this.missing.get(imei) === epoch);
    this.missing = new Map(missing.map(({ imei, epoch }) => [imei, epoch]));
    leftOver.forEach(({ imei, epoch }) => void this.writer.close({ imei, epoch, reason: 'socket-error' }).catch(() => undefined));
  }
}
