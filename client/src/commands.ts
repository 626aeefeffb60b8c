import { type Api, type CallOptions, dataOf } from './api.js';
import { delay, jittered, SECOND_MS } from './delay.js';
import { IotBrokerError } from './errors.js';
import { atCursor, Pages } from './pages.js';
import {
  type BulkCommandEntry,
  type BulkCommandsAnswer,
  type Command,
  type CommandAccepted,
  type CommandAnswer,
  type CommandCatalogue,
  type CreateCommand,
  type operations,
} from './schema.generated.js';

const FIRST_POLL_MS = 200;
const LONGEST_POLL_MS = 2_000;
const POLL_GROWTH = 1.5;

export type CommandQuery = NonNullable<operations['listCommands']['parameters']['query']>;

export interface SendOptions extends CallOptions {
  /** For 24 hours, the same key and command give the same command back. */
  readonly idempotencyKey?: string;
  /** Keeps the request open until the command has ended, for at most this long (0 to 30). */
  readonly waitSeconds?: number;
}

export interface UntilOptions extends CallOptions {
  /** After this long, IotBrokerError with the code TIMEOUT. Not given: no limit. */
  readonly timeoutMs?: number;
}

export class Commands {
  constructor(private readonly api: Api) {}

  /** Sends a text or an action to a device. */
  send(body: CreateCommand, { idempotencyKey, waitSeconds, ...options }: SendOptions = {}): Promise<CommandAccepted> {
    const header = {
      ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
      ...(waitSeconds === undefined ? {} : { Prefer: `wait=${waitSeconds}` }),
    };
    return dataOf(this.api.POST('/api/v1/command', { body, params: { header }, ...options }));
  }

  /** Sends up to 1,000 commands. Each has a result of its own: see `results`, in the order of the commands. */
  sendMany(commands: readonly BulkCommandEntry[], options: CallOptions = {}): Promise<BulkCommandsAnswer> {
    return dataOf(this.api.POST('/api/v1/commands', { body: { commands: [...commands] }, ...options }));
  }

  /** A command with its attempts. */
  get(id: string, options: CallOptions = {}): Promise<CommandAnswer> {
    return dataOf(this.api.GET('/api/v1/commands/{id}', { params: { path: { id } }, ...options }));
  }

  /** Commands, newest first. */
  list(query: CommandQuery = {}, options: CallOptions = {}): Pages<Command> {
    return new Pages(async (cursor) => {
      const params = { query: atCursor(query, cursor) };
      const { commands, nextCursor } = await dataOf(this.api.GET('/api/v1/commands', { params, ...options }));
      return { items: commands, nextCursor };
    });
  }

  /** Cancels a command that was not written yet. NOT_CANCELLABLE when it was. */
  async cancel(id: string, options: CallOptions = {}): Promise<Command> {
    const params = { path: { id } };
    return (await dataOf(this.api.POST('/api/v1/commands/{id}/cancel', { params, ...options }))).command;
  }

  /**
   * Waits until a command has ended (COMPLETED or FAILED) by asking for it, every 0.2 s at first and every 2 s later. An answer that a later attempt
   * can change (429, 5xx, none at all) does not end the wait.
   */
  async until(id: string, { timeoutMs = Number.POSITIVE_INFINITY, ...options }: UntilOptions = {}): Promise<Command> {
    const deadline = Date.now() + timeoutMs;
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * POLL_GROWTH, LONGEST_POLL_MS)) {
      const { command, retryMs } = await this.look(id, options);
      if (command && command.status !== 'PENDING') {
        return command;
      }
      const restMs = deadline - Date.now();
      if (restMs <= 0) {
        throw new IotBrokerError('TIMEOUT', `Command ${id} has not ended within ${timeoutMs} ms`);
      }
      await delay(Math.min(Math.max(jittered(pollMs), retryMs), restMs), options.signal);
    }
  }

  /** The known commands with their replies, and the actions. */
  catalogue(options: CallOptions = {}): Promise<CommandCatalogue> {
    return dataOf(this.api.GET('/api/v1/command-catalogue', { ...options }));
  }

  private async look(id: string, options: CallOptions): Promise<{ command: Command | null; retryMs: number }> {
    try {
      return { command: (await this.get(id, options)).command, retryMs: 0 };
    } catch (error) {
      if (error instanceof IotBrokerError && error.isTemporary) {
        return { command: null, retryMs: (error.retryAfterSeconds ?? 0) * SECOND_MS };
      }
      throw error;
    }
  }
}
