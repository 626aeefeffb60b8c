import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { GroupCommit } from '../platform/batching/group-commit.js';
import { ClusterMembership, Instance, NotAMemberError } from '../platform/cluster/cluster-membership.js';
import { isMissingReference, retryWhileUnavailable } from '../platform/database/database-errors.js';
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
  private readonly openings = new GroupCommit<SessionOpening, LoginOutcome | undefined>({
    run: (openings) => this.writeOpenings(openings),
    maxItems: MAX_BATCH_SIZE,
    // All logins of this turn of the event loop share a batch.
    gather: () => nextTurn(),
    newest: { keyOf: ({ imei }) => imei, replaced: SUPERSEDED },
  });
  private readonly ends = new GroupCommit<SessionEnd, void>({
    run: (ends) => this.writeEnds(ends),
    maxItems: MAX_BATCH_SIZE,
    gather: () => nextTurn(),
  });

  constructor(
    private readonly repository: SessionsRepository,
    private readonly instance: Instance,
    private readonly membership: ClusterMembership,
    private readonly events: EventLog,
    private readonly admission: DeviceAdmission,
  ) {}

  /** Fulfilled when the session is durable, or when a newer login of the same device superseded it. */
  async open(opening: SessionOpening): Promise<LoginOutcome> {
    const outcome = await this.openings.add(opening);
    if (outcome === undefined) {
      // Accepting it would leave a connection that no other instance can evict.
      this.logger.error(`The login of ${opening.imei} failed: the database stored no session`);
      throw new Error(`No session was stored for ${opening.imei}`);
    }
    return outcome;
  }

  /** Fulfilled when the session is released, or when a newer login has taken it. */
  close(end: SessionEnd): Promise<void> {
    return this.ends.add(end);
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
    setTimeout(() => this.retriesEnd.abort(), SHUTDOWN_RETRY_MS).unref();
  }

  /** A login without a row in the result has no outcome. */
  private async writeOpenings(openings: readonly SessionOpening[]): Promise<(LoginOutcome | undefined)[]> {
    try {
      const { results, newDevices } = await this.persist(() => this.openAll(openings));
      this.admission.noteAdmitted(newDevices);
      this.events.signalAppended();
      const byImei = new Map(results.map((result) => [result.imei, result]));
      return openings.map((opening) => this.outcomeOf(opening, byImei.get(opening.imei)));
    } catch (error) {
      this.logger.error(`${openings.length} logins could not be stored: ${String(error)}`);
      throw error;
    }
  }

  private outcomeOf({ imei, remoteAddress }: SessionOpening, result: LoginResult | undefined): LoginOutcome | undefined {
    if (!result) {
      return undefined;
    }
    if (result.refusal === null) {
      return { kind: 'accept', epoch: result.epoch };
    }
    this.admission.noteRefused(imei, remoteAddress, result.refusal);
    return { kind: 'refuse' };
  }

  private async writeEnds(ends: readonly SessionEnd[]): Promise<void[]> {
    try {
      await this.persist(() => this.closeAll(ends));
      this.events.signalAppended();
      return ends.map(() => undefined);
    } catch (error) {
      this.logger.error(`${ends.length} sessions could not be released: ${String(error)}`);
      throw error;
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
    return retryWhileUnavailable(
      async () => {
        this.membership.require();
        return work();
      },
      this.stopping ? AbortSignal.timeout(SHUTDOWN_RETRY_MS) : this.retriesEnd.signal,
      (error) => error instanceof NotAMemberError || isMissingReference(error),
    );
  }
}
