import { type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Client } from 'pg';

const FIRST_RECONNECT_MS = 200;
const LONGEST_RECONNECT_MS = 10_000;
/** A query now and then finds a connection that died without a word; LISTEN alone would wait for ever. */
const HEARTBEAT_MS = 15_000;
const HEARTBEAT_TIMEOUT_MS = 5_000;
const STOP_TIMEOUT_MS = 1_000;

/**
 * One dedicated connection that LISTENs to one channel. A notification only wakes: what it says may be lost (while the
 * connection is being made again, say), so `onWake` is also called, without a payload, after every LISTEN.
 */
export class NotificationListener {
  private readonly logger = new Logger(NotificationListener.name);
  private client: Client | null = null;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  private retryMs = FIRST_RECONNECT_MS;

  /** @param channel a plain identifier */
  constructor(
    private readonly url: string,
    private readonly channel: string,
    private readonly onWake: (payload: string | null) => void,
  ) {}

  start(): void {
    void this.connect();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.clearTimer();
    const { client } = this;
    this.client = null;
    if (client) {
      // A server that does not answer must not hold up the shutdown.
      await Promise.race([client.end(), delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
      (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
    }
  }

  private async connect(): Promise<void> {
    const client = new Client({
      connectionString: this.url,
      application_name: 'iot-broker listener',
      keepAlive: true,
      connectionTimeoutMillis: HEARTBEAT_TIMEOUT_MS,
      query_timeout: HEARTBEAT_TIMEOUT_MS,
    });
    this.client = client;
    client.on('notification', ({ payload }) => this.onWake(payload ?? null));
    client.once('error', (error) => this.reconnect(client, error));
    client.once('end', () => this.reconnect(client, new Error('the connection ended')));
    try {
      await client.connect();
      await client.query(`listen ${this.channel}`);
    } catch (error) {
      this.reconnect(client, error);
      return;
    }
    this.retryMs = FIRST_RECONNECT_MS;
    this.onWake(null);
    this.scheduleHeartbeat(client);
  }

  private scheduleHeartbeat(client: Client): void {
    this.timer = setTimeout(() => {
      client.query('select 1').then(
        () => this.client === client && this.scheduleHeartbeat(client),
        (error: unknown) => this.reconnect(client, error),
      );
    }, HEARTBEAT_MS);
  }

  private reconnect(client: Client, error: unknown): void {
    if (this.stopped || this.client !== client) {
      return;
    }
    this.client = null;
    this.clearTimer();
    client.on('error', () => undefined);
    client.end().catch(() => undefined);
    this.logger.warn(`Listening to ${this.channel} is interrupted, next try in ${this.retryMs} ms: ${String(error)}`);
    this.timer = setTimeout(() => void this.connect(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RECONNECT_MS);
  }

  private clearTimer(): void {
    if (this.timer) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
