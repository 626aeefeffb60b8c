import { type ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { GroupCommit } from '../../platform/batching/group-commit.js';
import { Instance } from '../../platform/cluster/cluster-membership.js';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { MetricsRegistry } from '../../platform/observability/metrics-registry.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { type CommandStatus } from '../command.js';
import { type CommandWait, CommandWaits } from './command-waits.js';
import { type CommandOutcome, CommandWaitsRepository } from './command-waits.repository.js';

/** Commands of one statement. */
const MAX_COMMANDS = 1_000;
/** A request whose time is up does not wait longer than this for a database that does not answer. */
const LAST_READ_MS = 1_000;

/** A command that has been stored, or was stored by an earlier request. */
interface StoredCommand {
  readonly commandLogId: string;
  readonly status: CommandStatus;
  readonly isRepeat: boolean;
}

/** Who asks to wait, and for how long. */
export interface WaitRequest {
  /** Null: the request does not ask to wait. */
  readonly seconds: number | null;
  /** Whose waits are counted together. */
  readonly apiKey: string;
  /** The request ends when the client closes its connection. Null: no connection is bound to it. */
  readonly response: ServerResponse | null;
}

/** `outcome`: how the command stands at the end of the wait. Null: the request does not wait, and is answered at once. */
export interface Waited<Command> {
  readonly command: Command;
  readonly outcome: CommandOutcome | null;
}

/**
 * Keeps requests open until their command has ended (`Prefer: wait`). A waiting request costs memory and a timer, no statement: it reads the row,
 * many requests with one statement, when the end is reported (CommandEnds) and when its time is up.
 */
@Injectable()
export class WaitingRequests implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(WaitingRequests.name);
  private readonly reads = new GroupCommit<string, CommandOutcome>({
    run: (commandLogIds) => this.repository.readOutcomes(commandLogIds),
    maxItems: MAX_COMMANDS,
    concurrency: 2,
    gather: () => nextTurn(),
  });
  private readonly marks = new GroupCommit<string, null>({
    run: async (commandLogIds) => {
      await this.repository.markAwaited(commandLogIds);
      return commandLogIds.map(() => null);
    },
    maxItems: MAX_COMMANDS,
    gather: () => nextTurn(),
  });
  private refused = 0;

  constructor(
    private readonly waits: CommandWaits,
    private readonly repository: CommandWaitsRepository,
    private readonly instance: Instance,
    private readonly database: DatabaseAvailability,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    this.metrics.gauge(
      {
        name: 'iot_broker_requests_waiting',
        help: 'Requests of this instance that wait for the end of their command (`Prefer: wait`).',
      },
      () => this.waits.count,
    );
    this.metrics.counter(
      {
        name: 'iot_broker_waits_refused_total',
        help: 'Requests that asked to wait and were answered at once, because `COMMAND_MAX_WAITS` or `COMMAND_MAX_WAITS_PER_KEY` was reached.',
      },
      () => this.refused,
    );
  }

  /** The first step of a stop: everything after it would otherwise wait for these requests. */
  onModuleDestroy(): void {
    this.waits.stop();
  }

  /**
   * Stores a command and waits for its end. Rejects when `store` does.
   * @param store gets the id of the instance where the request waits, null when it does not wait.
   */
  async storeAndWait<Command extends StoredCommand>(
    request: WaitRequest,
    store: (awaitedBy: string | null) => Promise<Command>,
  ): Promise<Waited<Command>> {
    const { seconds } = request;
    const wait = seconds === null ? null : this.reserve(request);
    if (seconds === null || wait === null) {
      return { command: await store(null), outcome: null };
    }
    const abandon = (): void => wait.wake('abandoned');
    request.response?.once('close', abandon);
    if (request.response?.destroyed) {
      abandon();
    }
    const timer = setTimeout(() => wait.wake('time-up'), seconds * SECOND_MS);
    try {
      const command = await store(seconds === 0 ? null : this.instance.id);
      return { command, outcome: await this.outcomeOf(wait, command) };
    } finally {
      clearTimeout(timer);
      request.response?.off('close', abandon);
      this.waits.release(wait);
    }
  }

  private reserve({ apiKey }: WaitRequest): CommandWait | null {
    const wait = this.waits.reserve(apiKey);
    this.refused += wait === null ? 1 : 0;
    return wait;
  }

  private async outcomeOf(wait: CommandWait, { commandLogId, isRepeat, status }: StoredCommand): Promise<CommandOutcome | null> {
    this.waits.register(wait, commandLogId);
    if (isRepeat) {
      // It may have ended before: nothing reports that.
      void this.joinEarlier(commandLogId, status).then(() => wait.wake('ended'));
    }
    for (;;) {
      switch (await wait.next()) {
        case 'ended': {
          const outcome = await this.read(commandLogId);
          if (outcome !== null && outcome.status !== 'PENDING') {
            return outcome;
          }
          break;
        }
        case 'time-up':
          return this.readLast(commandLogId);
        case 'stopped':
        case 'abandoned':
          return null;
      }
    }
  }

  /** A failure is logged: the request then finds the end when its time is up. */
  private async joinEarlier(commandLogId: string, status: CommandStatus): Promise<void> {
    if (status === 'PENDING') {
      await this.marks.add(commandLogId).catch((error: unknown) => {
        this.database.logFailure(this.logger, `A request could not be noted to wait for command ${commandLogId}`, error);
      });
    }
  }

  /** Null when the row can not be read now. It is read again after the database is back, and when the time is up. */
  private async read(commandLogId: string): Promise<CommandOutcome | null> {
    try {
      return await this.reads.add(commandLogId);
    } catch (error) {
      this.database.logFailure(
        this.logger,
        `The outcome of command ${commandLogId} could not be read for a waiting request`,
        error,
      );
      return null;
    }
  }

  /** What can not be read counts as pending: that is the answer to a request that does not wait. */
  private async readLast(commandLogId: string): Promise<CommandOutcome> {
    const timeUp = new AbortController();
    const outcome = await Promise.race([
      this.read(commandLogId).finally(() => timeUp.abort()),
      delay(LAST_READ_MS, null, { signal: timeUp.signal }).catch(() => null),
    ]);
    return outcome ?? { status: 'PENDING', reason: null, response: null, confirmedBy: null, deviceState: null };
  }
}
