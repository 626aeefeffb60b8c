import { type SinkConnection, type SinkEngine, type SinkMessage } from '../engine/sink-engine.js';
import { SECOND_MS } from '../../platform/time-units.js';

/** The engine has failed, not the database. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

/** The connection of a sink to its engine, if there is one. Whatever the engine throws becomes an EngineError. */
export class EngineLink {
  private connection: SinkConnection | null = null;

  /** @param timeoutMs for a connection, and for the next acknowledgement. Clients have timeouts of their own; this one holds if they fail. */
  constructor(
    private readonly engine: SinkEngine,
    private readonly timeoutMs: number,
  ) {}

  /** Throws EngineError, also when the connection was lost since it was used. */
  async open(): Promise<{ readonly connection: SinkConnection; readonly isNew: boolean }> {
    if (this.connection) {
      if (!this.connection.isOpen) {
        throw new EngineError('the connection was lost');
      }
      return { connection: this.connection, isNew: false };
    }
    const connecting = this.engine.connect();
    const connection = await this.watch(connecting, 'no connection', () => 0).catch((error: unknown) => {
      // It may still succeed.
      void connecting.then((late) => late.close()).catch(() => undefined);
      throw error;
    });
    this.connection = connection;
    return { connection, isNew: true };
  }

  /** Fulfilled when the engine has acknowledged all of the messages. Throws EngineError. */
  async publish(connection: SinkConnection, messages: readonly SinkMessage[]): Promise<void> {
    try {
      connection.publish(messages);
    } catch (error) {
      throw engineError(error);
    }
    await this.watch(connection.flush(), 'no acknowledgement', () => connection.acknowledged);
  }

  async close(): Promise<void> {
    const { connection } = this;
    this.connection = null;
    await connection?.close();
  }

  /** Gives work up that has made no progress within the time. A batch as a whole may take longer: the messages of a device follow each other. */
  private async watch<T>(work: Promise<T>, what: string, progress: () => number): Promise<T> {
    const { timeoutMs } = this;
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<never>((_, reject) => {
      let last = progress();
      timer = setInterval(() => {
        if (progress() === last) {
          reject(new Error(`${what} within ${timeoutMs / SECOND_MS} s`));
        }
        last = progress();
      }, timeoutMs);
    });
    try {
      return await Promise.race([work, timeUp]);
    } catch (error) {
      throw engineError(error);
    } finally {
      clearInterval(timer);
    }
  }
}

function engineError(error: unknown): EngineError {
  const { message, code } = error as Partial<NodeJS.ErrnoException>;
  return new EngineError(message !== undefined && message !== '' ? message : (code ?? String(error)), { cause: error });
}
