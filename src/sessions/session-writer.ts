import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { ClusterMembership, Instance, NotAMemberError } from '../platform/cluster/cluster-membership.js';
import { isMissingReference, retryWhileAway } from '../platform/database/database-errors.js';
import { deviceConnected, deviceDisconnected } from '../events/bodies/device-bodies.js';
import { EventLog } from '../events/event-log.js';
import { type LoginOutcome } from '../transport/patterns.js';
import { type Admissions } from '../admission/admission-rule.js';
import { DeviceAdmission } from '../admission/device-admission.js';
import { type SessionEnd, type SessionOpening } from './session.js';
import { type LoginResult, SessionsRepository } from './sessions.repository.js';

const MAX_BATCH_SIZE = 1_000;
/** How long writes are retried while the gateway stops. Sessions that could not be released are freed by the other instances. */
const SHUTDOWN_RETRY_MS = 3_000;
const SUPERSEDED: LoginOutcome = { kind: 'superseded' };

interface Waiting<T, R> {
  readonly what: T;
  readonly settle: (result: R) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Opens and ends sessions in batches: requests that arrive while a batch is being written form the next one. After a restart a whole fleet logs
 * in at once, and each login is answered after its commit. While the database is unavailable, or this instance is not a member of the cluster, logins
 * wait until the device gives up.
 */
@Injectable()
export class SessionWriter implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SessionWriter.name);
  private readonly retriesEnd = new AbortController();
  private stopping = false;
  /** The newest login of each device. */
  private readonly openings = new Map<string, Waiting<SessionOpening, LoginOutcome>>();
  private readonly ends: Waiting<SessionEnd, void>[] = [];
  private writing = false;

  constructor(
    private readonly repository: SessionsRepository,
    private readonly instance: Instance,
    private readonly membership: ClusterMembership,
    private readonly events: EventLog,
    private readonly admission: DeviceAdmission,
  ) {}

  /** Fulfilled when the session is durable, or when a newer login of the same device superseded it. */
  open(opening: SessionOpening): Promise<LoginOutcome> {
    return new Promise((settle, fail) => {
      this.openings.get(opening.imei)?.settle(SUPERSEDED);
      this.openings.set(opening.imei, { what: opening, settle, fail });
      void this.write();
    });
  }

  /** Fulfilled when the session is released, or when a newer login has taken it. */
  close(end: SessionEnd): Promise<void> {
    return new Promise((settle, fail) => {
      this.ends.push({ what: end, settle, fail });
      void this.write();
    });
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
    setTimeout(() => this.retriesEnd.abort(), SHUTDOWN_RETRY_MS).unref();
  }

  private async write(): Promise<void> {
    if (this.writing) {
      return;
    }
    this.writing = true;
    while (this.openings.size > 0 || this.ends.length > 0) {
      // All logins of this turn of the event loop share a batch.
      await nextTurn();
      await Promise.all([this.writeOpenings(), this.writeEnds()]);
    }
    this.writing = false;
  }

  private async writeOpenings(): Promise<void> {
    const batch = [...this.openings.values()].slice(0, MAX_BATCH_SIZE);
    if (batch.length === 0) {
      return;
    }
    batch.forEach(({ what }) => this.openings.delete(what.imei));
    try {
      const openings = batch.map(({ what }) => what);
      const { results, newDevices } = await this.persist(() => this.openAll(openings));
      this.admission.noteAdmitted(newDevices);
      this.events.signalAppended();
      const byImei = new Map(results.map((result) => [result.imei, result]));
      batch.forEach((login) => this.finish(login, byImei.get(login.what.imei)));
    } catch (error) {
      this.logger.error(`${batch.length} logins could not be stored: ${String(error)}`);
      batch.forEach(({ fail }) => fail(error));
    }
  }

  /** A login without a row in the result has no session: accepting it would leave a connection that no other instance can evict. */
  private finish({ what, settle, fail }: Waiting<SessionOpening, LoginOutcome>, result: LoginResult | undefined): void {
    if (!result) {
      this.logger.error(`The login of ${what.imei} failed: the database stored no session`);
      fail(new Error(`No session was stored for ${what.imei}`));
    } else if (result.refusal === null) {
      settle({ kind: 'accept', epoch: result.epoch });
    } else {
      this.admission.noteRefused(what.imei, what.remoteAddress, result.refusal);
      settle({ kind: 'refuse' });
    }
  }

  private async writeEnds(): Promise<void> {
    const batch = this.ends.splice(0, MAX_BATCH_SIZE);
    if (batch.length === 0) {
      return;
    }
    try {
      const ends = batch.map(({ what }) => what);
      await this.persist(() => this.closeAll(ends));
      this.events.signalAppended();
      batch.forEach(({ settle }) => settle());
    } catch (error) {
      this.logger.error(`${batch.length} sessions could not be released: ${String(error)}`);
      batch.forEach(({ fail }) => fail(error));
    }
  }

  /** One statement; with the events that it causes, one transaction. */
  private openAll(openings: readonly SessionOpening[]): Promise<Admissions<LoginResult>> {
    const { instance } = this;
    if (!this.events.records('device.connected')) {
      return this.repository.open(instance.id, openings, this.admission.rule);
    }
    return this.repository.transaction(async (manager) => {
      const opened = await this.repository.open(instance.id, openings, this.admission.rule, manager);
      const byImei = new Map(openings.map((opening) => [opening.imei, opening]));
      const admitted = opened.results.filter(({ refusal }) => refusal === null);
      const connected = admitted.map(({ imei, epoch }) => {
        const opening = byImei.get(imei) as SessionOpening;
        return deviceConnected({ ...opening, epoch, instanceId: instance.id, instance: instance.name });
      });
      await this.events.append(manager, connected);
      return opened;
    });
  }

  private async closeAll(ends: readonly SessionEnd[]): Promise<void> {
    if (!this.events.records('device.disconnected')) {
      await this.repository.close(ends);
      return;
    }
    await this.repository.transaction(async (manager) => {
      const ended = await this.repository.close(ends, manager);
      await this.events.append(
        manager,
        ended.map((session) => deviceDisconnected(session, session.reason)),
      );
    });
  }

  /** An instance that was declared dead has no row to refer to until it rejoins. */
  private persist<T>(work: () => Promise<T>): Promise<T> {
    return retryWhileAway(
      async () => {
        this.membership.require();
        return work();
      },
      this.stopping ? AbortSignal.timeout(SHUTDOWN_RETRY_MS) : this.retriesEnd.signal,
      (error) => error instanceof NotAMemberError || isMissingReference(error),
    );
  }
}
