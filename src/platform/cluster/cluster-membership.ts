import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { type Client } from 'pg';
import { ClusterSettings } from '../config/settings.js';
import { StatsRegistry } from '../observability/stats-registry.js';
import { Instance } from './instance.js';
import { BEAT, JOIN_CLUSTER, LEAVE_CLUSTER } from './instances.repository.js';

const FENCE_CHECK_MS = 500;
const MS = 1_000;

/** This instance may not act for devices now; later it may. */
export class NotAMemberError extends Error {
  override readonly name = 'NotAMemberError';
  constructor() {
    super('This instance is not known to the others at the moment');
  }
}

/**
 * Whether this instance may act for devices. It may while its heartbeat is known to the others.
 *
 * States: *apart* (before the first heartbeat, and after its heartbeat failed for too long or the others took it for dead) -> *member* ->
 * apart. On the way out connections are closed at once: before the others free its devices, nobody acts for them here any more. On the way
 * back what is left in the database of the time before is cleared first.
 */
@Injectable()
export class ClusterMembership {
  /** A heartbeat is due so often. */
  readonly beatEveryMs: number;
  private readonly logger = new Logger(ClusterMembership.name);
  private readonly fenceAfterMs: number;
  private readonly onApart: (() => void)[] = [];
  private readonly onReturn: ((client: Client) => Promise<unknown>)[] = [];
  private member = false;
  /** When the last heartbeat that succeeded was begun, by the monotonic clock. */
  private lastBeatAt = -Infinity;

  constructor(
    private readonly instance: Instance,
    private readonly settings: ClusterSettings,
    private readonly stats: StatsRegistry,
  ) {
    this.beatEveryMs = (settings.INSTANCE_DEAD_AFTER_SECONDS / 4) * MS;
    this.fenceAfterMs = (settings.INSTANCE_DEAD_AFTER_SECONDS * MS * 3) / 4;
  }

  get isMember(): boolean {
    return this.member;
  }

  /** Null before the first one. */
  get secondsSinceBeat(): number | null {
    return this.lastBeatAt === -Infinity ? null : (performance.now() - this.lastBeatAt) / MS;
  }

  /** Throws NotAMemberError. */
  require(): void {
    if (!this.member) {
      throw new NotAMemberError();
    }
  }

  /** To be called when the instance is no member any more. */
  whenApart(work: () => void): void {
    this.onApart.push(work);
  }

  /** To be done before it is a member (again), by the connection of the heartbeat. */
  beforeReturn(work: (client: Client) => Promise<unknown>): void {
    this.onReturn.push(work);
  }

  async beat(client: Client): Promise<void> {
    const begun = performance.now();
    if (this.member) {
      const { rowCount } = await client.query(BEAT, [this.instance.id, JSON.stringify(this.stats.read())]);
      if (rowCount === 0) {
        this.part('the other instances took this one for dead');
      }
    }
    if (!this.member) {
      await client.query(JOIN_CLUSTER, [this.instance.id, this.instance.name, this.settings.INSTANCE_DEAD_AFTER_SECONDS]);
      for (const work of this.onReturn) {
        await work(client);
      }
      this.member = true;
    }
    this.lastBeatAt = begun;
  }

  /** Fails while sessions of this instance are left: the reaper of another one ends both. */
  async leave(client: Client): Promise<void> {
    await client.query(LEAVE_CLUSTER, [this.instance.id]);
  }

  @Interval(FENCE_CHECK_MS)
  checkFence(): void {
    if (this.member && performance.now() - this.lastBeatAt > this.fenceAfterMs) {
      this.part(`no heartbeat could be written for ${this.fenceAfterMs / MS} s`);
    }
  }

  private part(why: string): void {
    this.member = false;
    this.logger.error(`This instance lets go of its devices: ${why}`);
    this.onApart.forEach((work) => work());
  }
}
