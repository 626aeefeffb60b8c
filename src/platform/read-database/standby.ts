import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DatabaseSettings } from '../config/settings.js';
import { createDataSource } from '../database/driver-statements.js';
import { POOL_OPTIONS, PoolConnections } from '../database/pool.js';
import { Periodic } from '../scheduling/periodic-tasks.js';
import { SECOND_MS } from '../time-units.js';
import { ReadMarkers, type StandbyAnswer } from './read-markers.js';
import { StandbyCheck } from './standby-check.js';

const CHECK_EVERY_MS = SECOND_MS;
const CONNECT_TIMEOUT_MS = 3_000;

/** `used`, or why it is not: no answer, too far behind, or it accepts writes. */
export type StandbyState = 'used' | 'unavailable' | 'lagging' | 'promoted';

interface Finding {
  readonly state: StandbyState;
  readonly reason: string;
}

/**
 * The server of DATABASE_READ_URL: whether reads may use it, checked every second, and its pool. It is used while it is a standby that shows a state of
 * the primary at most DATABASE_READ_MAX_LAG_SECONDS old. A server that has been promoted is not used, whatever it shows: what is right stands at DATABASE_URL.
 */
@Injectable()
export class Standby implements OnApplicationShutdown {
  private readonly logger = new Logger('Database');
  private readonly connections = new PoolConnections(() => undefined);
  private readonly maxLagSeconds: number;
  private readonly checking: StandbyCheck | null;
  private pool: DataSource | null = null;
  private current: StandbyState = 'unavailable';
  private hasLogged = false;
  private shown: string | null = null;

  constructor(
    private readonly settings: DatabaseSettings,
    private readonly markers: ReadMarkers,
    @InjectDataSource() private readonly primary: DataSource,
  ) {
    const { DATABASE_READ_URL: url, DATABASE_READ_MAX_LAG_SECONDS: maxLag } = settings;
    this.checking = url === undefined ? null : new StandbyCheck(url, markers.sql);
    this.maxLagSeconds = maxLag;
  }

  /** SQL that answers a StandbyAnswer. */
  get sql(): string {
    return this.markers.sql;
  }

  get isConfigured(): boolean {
    return this.checking !== null;
  }

  get state(): StandbyState {
    return this.current;
  }

  /** Seconds; Infinity when it is not known. */
  get lagSeconds(): number {
    return this.markers.lagSeconds(this.shown);
  }

  /** Null while it is not to be used. */
  get dataSource(): DataSource | null {
    return this.current === 'used' ? this.pool : null;
  }

  /**
   * What an answer says about reads that had the same snapshot.
   *
   * @param atMs a time before the snapshot was taken, by `performance.now()`
   */
  judge({ isStandby, marker }: StandbyAnswer, atMs: number): Finding {
    const lag = this.markers.lagSeconds(marker, atMs);
    if (!isStandby) {
      return { state: 'promoted', reason: 'it is not a standby, but accepts writes' };
    }
    if (lag <= this.maxLagSeconds) {
      return { state: 'used', reason: '' };
    }
    const behind = Number.isFinite(lag) ? `it is ${Math.round(lag)} s behind` : 'it shows no recent change of this gateway';
    return { state: 'lagging', reason: behind };
  }

  @Periodic({ everyMs: CHECK_EVERY_MS, failure: 'The marker that shows the lag of the standby could not be written' })
  async mark(): Promise<void> {
    if (this.isConfigured) {
      await this.markers.write();
    }
  }

  @Periodic({ everyMs: CHECK_EVERY_MS, failure: 'The standby could not be checked' })
  async check(): Promise<void> {
    if (this.checking) {
      this.settle(await this.examine(this.checking));
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.checking?.close();
    this.connections.closeAll(new Error('The gateway stops'));
    await this.pool?.destroy().catch(() => undefined);
  }

  private async examine(checking: StandbyCheck): Promise<Finding> {
    try {
      const askedAtMs = performance.now();
      const answer = await checking.ask();
      this.shown = answer.marker;
      const finding = this.judge(answer, askedAtMs);
      if (finding.state === 'used') {
        this.pool ??= await this.connect();
      }
      return finding;
    } catch (error) {
      // A server that hangs would keep its readers waiting; this way they repeat their reads on the primary.
      this.connections.closeAll(new Error('The standby does not answer'));
      return { state: 'unavailable', reason: String(error) };
    }
  }

  private async connect(): Promise<DataSource> {
    const dataSource = createDataSource({
      type: 'postgres',
      url: this.settings.DATABASE_READ_URL ?? '',
      poolSize: this.settings.DATABASE_READ_POOL_SIZE,
      applicationName: 'iot-broker reads',
      entities: this.primary.options.entities ?? [],
      poolErrorHandler: () => undefined,
      extra: {
        ...POOL_OPTIONS,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        connections: this.connections,
        isUnprepared: !this.settings.DATABASE_PREPARED_STATEMENTS,
      },
    });
    const waited = new AbortController();
    const timeUp = delay(2 * CONNECT_TIMEOUT_MS, undefined, { signal: waited.signal }).then(
      () => this.connections.closeAll(new Error('The standby does not answer')),
      () => undefined,
    );
    try {
      return await dataSource.initialize();
    } finally {
      waited.abort();
      await timeUp;
    }
  }

  private settle({ state, reason }: Finding): void {
    if (state === this.current && this.hasLogged) {
      return;
    }
    this.current = state;
    this.hasLogged = true;
    if (state === 'used') {
      this.logger.log('Reads of history and of many devices use the standby');
    } else {
      this.logger.warn(`Reads use the primary, not the standby of DATABASE_READ_URL: ${reason}`);
    }
  }
}
