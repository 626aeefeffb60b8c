import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { isDatabaseUnavailable, isReadOnly } from './database-errors.js';
import { DatabaseServer } from './database-server.js';
import { PoolConnections } from './pool.js';
import { type DatabaseState, type ProbeResult, probeServer } from './server-probe.js';
import { SECOND_MS } from '../time-units.js';

const PROBE_EVERY_MS = 1_000;
/** However many statements fail at once: the server is not asked more often. */
const SHORTEST_BETWEEN_PROBES_MS = 250;

/**
 * The one place that knows, and logs once, whether the database is available.
 *
 * States: *available*, *unavailable* (it can't be reached), *read-only* (a standby, a demoted primary, `default_transaction_read_only`); callers treat
 * the last two alike. An error of a statement only starts a probe. What decides is that probe on a new connection, which after a failover
 * reaches the new primary; it is repeated until the database is available.
 */
@Injectable()
export class DatabaseAvailability implements OnApplicationShutdown {
  readonly connections = new PoolConnections((error) => this.suspect(error));
  private readonly logger = new Logger('Database');
  private readonly onReplace: (() => void)[] = [];
  private readonly stopping = new AbortController();
  private current: DatabaseState = 'available';
  private changedAt = 0;
  private probedAt = -Infinity;
  private probing: Promise<void> | null = null;
  /** A connection reported that its server is read-only. */
  private hasSeenReadOnly = false;

  constructor(private readonly server: DatabaseServer) {}

  get state(): DatabaseState {
    return this.current;
  }

  /** To be called when established connections may lead to a server that is not the primary any more. */
  whenReplaced(work: () => void): void {
    this.onReplace.push(work);
  }

  /** A statement has failed in a way that an outage would explain. Returns at once. */
  suspect(error: unknown): void {
    if (isReadOnly(error)) {
      this.suspectReadOnly();
    } else {
      void this.probe();
    }
  }

  /** A connection has turned out to lead to a read-only server. Returns at once. */
  suspectReadOnly(): void {
    this.hasSeenReadOnly = true;
    void this.probe();
  }

  /**
   * Logs the failure of work that is tried again. While the database is unavailable nothing is logged: that it is was said when it began, and its
   * end will be. Returns at once.
   *
   * @param fields whom the line is about, for the log.
   */
  logFailure(logger: Logger, message: string, error: unknown, fields?: object): void {
    if (!isDatabaseUnavailable(error)) {
      logger.warn(`${message}: ${String(error)}`, ...(fields ? [fields] : []));
    } else if (this.current === 'available') {
      this.suspect(error);
      void this.probe().then(
        () => this.current === 'available' && logger.warn(`${message}: ${String(error)}`, ...(fields ? [fields] : [])),
      );
    }
  }

  onApplicationShutdown(): void {
    this.stopping.abort();
  }

  /** Joins the probe under way, if there is one: errors come again, and with them the next probe. */
  private probe(): Promise<void> {
    this.probing ??= this.probeOnce().finally(() => (this.probing = null));
    return this.probing;
  }

  private async probeOnce(): Promise<void> {
    const { signal } = this.stopping;
    const waitMs = this.probedAt + SHORTEST_BETWEEN_PROBES_MS - performance.now();
    await delay(Math.max(0, waitMs), undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) {
      this.probedAt = performance.now();
      this.settle(await probeServer(this.server.url));
    }
  }

  private settle({ state, reason }: ProbeResult): void {
    if (this.stopping.signal.aborted) {
      return;
    }
    const previous = this.current;
    const isSwitched = state === 'available' && previous === 'available' && this.hasSeenReadOnly;
    this.current = state;
    this.hasSeenReadOnly = false;
    if (state !== previous) {
      this.logChange(previous, state, reason);
    } else if (isSwitched) {
      this.logger.warn('Connections to a server that is read-only are replaced: new ones reach the primary');
    }
    // Not at the start of an outage: a connection that still works could not be replaced.
    if (isSwitched || (state !== previous && state !== 'unavailable')) {
      this.connections.replaceAll();
      this.onReplace.forEach((work) => work());
    }
    if (state !== 'available') {
      setTimeout(() => void this.probe(), PROBE_EVERY_MS).unref();
    }
  }

  private logChange(previous: DatabaseState, state: DatabaseState, reason: string): void {
    if (state === 'available') {
      const seconds = Math.round((performance.now() - this.changedAt) / SECOND_MS);
      this.logger.log(`The database is available again after ${seconds} s`);
      return;
    }
    if (previous === 'available') {
      this.changedAt = performance.now();
    }
    const what = state === 'unavailable' ? 'not available' : 'read-only, which counts as not available';
    this.logger.error(
      `The database is ${what} (${reason}): nothing is acknowledged, and writes are tried again until it is back`,
    );
  }
}
