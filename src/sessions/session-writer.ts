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

const AT_A_TIME = 1_000;
/** So long is tried while the gateway stops; sessions that could not be given back are freed by the other instances. */
const LAST_TRIES_MS = 3_000;
const SUPERSEDED: LoginOutcome = { kind: 'superseded' };

interface Waiting<T, R> {
  readonly what: T;
  readonly settle: (result: R) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Opens and ends sessions, many in one statement: what comes while one is being written goes with the next. After a restart a whole fleet logs
 * in at once, and each login is answered after its commit. While the database is away, or this instance is no member of the cluster, logins
 * wait; the device decides for how long.
 */
@Injectable()
export class SessionWriter implements BeforeApplicationShutdown {
  private readonly logger = new Logger(SessionWriter.name);
  private readonly patience = new AbortController();
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

  /** Fulfilled when the session is durable, or when a newer login of the same device made it pointless. */
  open(opening: SessionOpening): Promise<LoginOutcome> {
    return new Promise((settle, fail) => {
      this.openings.get(opening.imei)?.settle(SUPERSEDED);
      this.openings.set(opening.imei, { what: opening, settle, fail });
      void this.write();
    });
  }

  /** Fulfilled when the session is given back, or was not this connection's any more. */
  close(end: SessionEnd): Promise<void> {
    return new Promise((settle, fail) => {
      this.ends.push({ what: end, settle, fail });
      void this.write();
    });
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
    setTimeout(() => this.patience.abort(), LAST_TRIES_MS).unref();
  }

  private async write(): Promise<void> {
    if (this.writing) {
      return;
    }
    this.writing = true;
    while (this.openings.size > 0 || this.ends.length > 0) {
      // All logins that arrived in this turn of the event loop travel together.
      await nextTurn();
      await Promise.all([this.writeOpenings(), this.writeEnds()]);
    }
    this.writing = false;
  }

  private async writeOpenings(): Promise<void> {
    const batch = [...this.openings.values()].slice(0, AT_A_TIME);
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
      this.logger.error(`${batch.length} logins could not be written down: ${String(error)}`);
      batch.forEach(({ fail }) => fail(error));
    }
  }

  /** A login without a row in the answer has no session: accepting it would leave a connection that no other instance can evict. */
  private finish({ what, settle, fail }: Waiting<SessionOpening, LoginOutcome>, result: LoginResult | undefined): void {
    if (!result) {
      this.logger.error(`The login of ${what.imei} failed: the database wrote no session for it`);
      fail(new Error(`No session was written for ${what.imei}`));
    } else if (result.refusal === null) {
      settle({ kind: 'accept', epoch: result.epoch });
    } else {
      this.admission.noteRefused(what.imei, what.remoteAddress, result.refusal);
      settle({ kind: 'refuse' });
    }
  }

  private async writeEnds(): Promise<void> {
    const batch = this.ends.splice(0, AT_A_TIME);
    if (batch.length === 0) {
      return;
    }
    try {
      const ends = batch.map(({ what }) => what);
      await this.persist(() => this.closeAll(ends));
      this.events.signalAppended();
      batch.forEach(({ settle }) => settle());
    } catch (error) {
      this.logger.error(`${batch.length} sessions could not be given back: ${String(error)}`);
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

  /** An instance that the others took for dead has no row to refer to, until it returns. */
  private persist<T>(work: () => Promise<T>): Promise<T> {
    return retryWhileAway(
      async () => {
        this.membership.require();
        return work();
      },
      this.stopping ? AbortSignal.timeout(LAST_TRIES_MS) : this.patience.signal,
      (error) => error instanceof NotAMemberError || isMissingReference(error),
    );
  }
}
