import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { socketOf } from './driver-statements.js';

const FIRST_RECONNECT_MS = 200;
const LONGEST_RECONNECT_MS = 2_000;
const STOP_TIMEOUT_MS = 1_000;

export interface NotificationListenerOptions {
  readonly url: string;
  /** A plain identifier. */
  readonly channel: string;
  /** Called with every notification; what it says may be lost, while the connection is being made again, say. */
  readonly onNotification: (payload: string) => void;
  /** Called after every LISTEN: what was notified before is not known. */
  readonly onListening: () => void;
  /**
   * Asks something of the server, after every LISTEN and then again and again: that finds a connection which died without a word, where LISTEN
   * alone would wait indefinitely. The connection is made again when it fails.
   */
  readonly beat: (client: Client) => Promise<void>;
  readonly beatEveryMs: number;
  /** A statement, or a connection, that takes longer is given up. */
  readonly timeoutMs: number;
  /** Called when the connection has failed; the next attempt follows. */
  readonly onInterrupted: (message: string, error: unknown) => void;
}

/** One dedicated connection that LISTENs to one channel, and is made again whenever it fails. A notification only wakes. */
export class NotificationListener {
  private client: Client | null = null;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  private retryMs = FIRST_RECONNECT_MS;

  constructor(private readonly options: NotificationListenerOptions) {}

  start(): void {
    void this.connect();
  }

  /** Connects again now: the present connection may lead to a server that is not the primary any more. */
  renew(): void {
    if (!this.stopped) {
      this.drop();
      void this.connect();
    }
  }

  /** @param farewell the last thing to be said on the connection, if there is one. */
  async stop(farewell: (client: Client) => Promise<unknown>): Promise<void> {
    this.stopped = true;
    this.clearTimer();
    const { client } = this;
    this.client = null;
    if (client) {
      const end = farewell(client).then(
        () => client.end(),
        () => client.end(),
      );
      // A server that does not answer must not hold up the shutdown.
      await Promise.race([end.catch(() => undefined), delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
      socketOf(client).destroy();
    }
  }

  private async connect(): Promise<void> {
    const { url, channel, timeoutMs, onNotification, onListening, beat } = this.options;
    const client = new Client({
      connectionString: url,
      application_name: 'iot-broker listener',
      keepAlive: true,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
    });
    this.client = client;
    client.on('notification', ({ payload }) => onNotification(payload ?? ''));
    client.on('error', (error) => this.reconnect(client, error));
    client.once('end', () => this.reconnect(client, new Error('the connection ended')));
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
      await beat(client);
    } catch (error) {
      this.reconnect(client, error);
      return;
    }
    this.retryMs = FIRST_RECONNECT_MS;
    if (this.client === client) {
      onListening();
      this.scheduleBeat(client);
    }
  }

  private scheduleBeat(client: Client): void {
    this.timer = setTimeout(() => {
      this.options.beat(client).then(
        () => this.client === client && this.scheduleBeat(client),
        (error: unknown) => this.reconnect(client, error),
      );
    }, this.options.beatEveryMs);
  }

  private reconnect(client: Client, error: unknown): void {
    if (this.stopped || this.client !== client) {
      return;
    }
    this.drop();
    this.options.onInterrupted(`Listening to ${this.options.channel} is interrupted, next try in ${this.retryMs} ms`, error);
    this.timer = setTimeout(() => void this.connect(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RECONNECT_MS);
  }

  /** What still happens on that connection is ignored. */
  private drop(): void {
    this.clearTimer();
    this.client?.end().catch(() => undefined);
    this.client = null;
  }

  private clearTimer(): void {
    if (this.timer) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
