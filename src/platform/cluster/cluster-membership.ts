import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { type Client } from 'pg';
import { ClusterSettings } from '../config/settings.js';
import { StatsRegistry } from '../observability/status-registries.js';
import { HeartbeatStatements, InstancesRepository } from './instances.repository.js';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { CachedReading, MetricsRegistry } from '../observability/metrics-registry.js';
import { SECOND_MS } from '../time-units.js';

/** This gateway process, as the others know it. A process that starts again is another instance. */
@Injectable()
export class Instance {
  readonly id: string = randomUUID();
  /** For people: the pod, or the host and the process. */
  readonly name: string = `${hostname()}:${process.pid}`;

  /** What it listens to in PostgreSQL. `instanceChannel` says the same in SQL. */
  get channel(): string {
    return `iot_instance_${this.id.replaceAll('-', '')}`;
  }
}

const FENCE_CHECK_MS = 500;

/** This instance may not act for devices now; later it may. */
export class NotAMemberError extends Error {
  override readonly name = 'NotAMemberError';
  constructor() {
    super('This instance is not known to the others at the moment');
  }
}

/**
 * May act for devices (*member*), or not: because the heartbeat could not be written in time though no other instance was alive to take the devices over
 * (*suspended*: their connections stay open), or because another instance may have taken them over (*apart*: their connections are closed).
 */
type Standing = 'member' | 'suspended' | 'apart';

/**
 * Whether this instance may act for devices. It may while its heartbeat is known to the others.
 *
 * It is *apart* before the first heartbeat. A *member* whose heartbeat fails for too long becomes apart when it knew of another living instance at
 * its last heartbeat, else suspended. The next heartbeat makes it a member again: from suspended with all its sessions as they were, unless the
 * others took it for dead meanwhile; from apart after what the database holds of the time before is cleared. Connections are closed before the
 * others free its devices.
 */
@Injectable()
export class ClusterMembership {
  /** A heartbeat is due so often. */
  readonly beatEveryMs: number;
  private readonly logger = new Logger(ClusterMembership.name);
  private readonly fenceAfterMs: number;
  private readonly onApart: (() => void)[] = [];
  private readonly onReturn: ((client: Client) => Promise<unknown>)[] = [];
  private standing: Standing = 'apart';
  /** Other instances that were alive at the last heartbeat. */
  private othersAlive = 0;
  /** A beat of a connection that is given up may still be under way: never two at once. */
  private beating: Promise<void> = Promise.resolve();
  /** When the last heartbeat that succeeded was begun, by the monotonic clock. */
  private lastBeatAt = -Infinity;

  constructor(
    private readonly instance: Instance,
    private readonly settings: ClusterSettings,
    private readonly stats: StatsRegistry,
  ) {
    this.beatEveryMs = (settings.INSTANCE_DEAD_AFTER_SECONDS / 4) * SECOND_MS;
    this.fenceAfterMs = (settings.INSTANCE_DEAD_AFTER_SECONDS * SECOND_MS * 3) / 4;
  }

  get instanceId(): string {
    return this.instance.id;
  }

  get isMember(): boolean {
    return this.standing === 'member';
  }

  /** Null before the first one. */
  get secondsSinceBeat(): number | null {
    return this.lastBeatAt === -Infinity ? null : (performance.now() - this.lastBeatAt) / SECOND_MS;
  }

  /** Throws NotAMemberError. */
  require(): void {
    if (!this.isMember) {
      throw new NotAMemberError();
    }
  }

  /** To be called when another instance may act for the devices of this one. */
  whenApart(work: () => void): void {
    this.onApart.push(work);
  }

  /** To be done before it is a member after it was apart, on the connection of the heartbeat. */
  beforeReturn(work: (client: Client) => Promise<unknown>): void {
    this.onReturn.push(work);
  }

  /** Writes one heartbeat. */
  beat(client: Client): Promise<void> {
    this.beating = this.beating.catch(() => undefined).then(() => this.beatOnce(client));
    return this.beating;
  }

  /** Fails while sessions of this instance are left: the reaper of another one ends both. */
  async leave(client: Client): Promise<void> {
    await new HeartbeatStatements(client).leave(this.instance.id);
  }

  // Not @Periodic, which stops when the shutdown begins: devices stay connected until it ends.
  @Interval(FENCE_CHECK_MS)
  checkFence(): void {
    if (!this.isMember || performance.now() - this.lastBeatAt <= this.fenceAfterMs) {
      return;
    }
    const why = `no heartbeat could be written for ${this.fenceAfterMs / SECOND_MS} s`;
    if (this.othersAlive > 0) {
      this.part(why);
    } else {
      this.standing = 'suspended';
      this.logger.error(`Suspended: ${why}. No commands are sent; device connections stay open, no other instance was alive`);
    }
  }

  private async beatOnce(client: Client): Promise<void> {
    const begun = performance.now();
    if (this.standing !== 'apart') {
      await this.renew(client);
    }
    if (this.standing === 'apart') {
      await this.join(client);
    }
    this.lastBeatAt = begun;
  }

  private async renew(client: Client): Promise<void> {
    const othersAlive = await new HeartbeatStatements(client).beat(this.instance.id, this.stats.read());
    if (othersAlive === null) {
      this.part('the other instances took this one for dead');
      return;
    }
    this.othersAlive = othersAlive;
    if (this.standing === 'suspended') {
      this.standing = 'member';
      this.logger.log('The heartbeat is written again: this instance acts for its devices as before');
    }
  }

  private async join(client: Client): Promise<void> {
    const { INSTANCE_DEAD_AFTER_SECONDS: deadAfterSeconds } = this.settings;
    const othersAlive = await new HeartbeatStatements(client).join(this.instance.id, this.instance.name, deadAfterSeconds);
    for (const work of this.onReturn) {
      await work(client);
    }
    this.othersAlive = othersAlive;
    this.standing = 'member';
  }

  private part(why: string): void {
    this.standing = 'apart';
    this.logger.error(`Fenced: closing all device connections, ${why}`);
    this.onApart.forEach((work) => work());
  }
}

/** How this instance stands with the others. */
@Injectable()
export class ClusterMetrics implements OnModuleInit {
  private readonly instances = new CachedReading(() => this.repository.list());

  constructor(
    private readonly membership: ClusterMembership,
    private readonly repository: InstancesRepository,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.metrics.gauge(
      {
        name: 'iot_broker_instance_member',
        help: '1 while the instance may act for devices.',
      },
      () => (this.membership.isMember ? 1 : 0),
    );
    this.metrics.gauge(
      {
        name: 'iot_broker_instance_heartbeat_age_seconds',
        help: 'Age of the last heartbeat that was written; normally up to a quarter of `INSTANCE_DEAD_AFTER_SECONDS`.',
      },
      () => this.membership.secondsSinceBeat,
    );
    this.metrics.gauge(
      { name: 'iot_broker_instances', help: 'Cluster: instances that are alive.' },
      async () => (await this.instances.get())?.length ?? null,
    );
  }
}
