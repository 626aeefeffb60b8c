import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { socketOf } from '../database/driver-statements.js';
import { type StandbyAnswer } from './read-markers.js';

const TIMEOUT_MS = 2_000;
const CLOSE_WITHIN_MS = 500;

/** Asks the standby on a connection of its own, which it keeps: reads that take long may use up the pool. */
export class StandbyCheck {
  private client: Client | null = null;

  constructor(
    private readonly url: string,
    private readonly sql: string,
  ) {}

  /** Rejects when there is no answer within two seconds; the next call connects again. */
  async ask(): Promise<StandbyAnswer> {
    try {
      const client = this.client ?? (await this.connect());
      const { rows } = await client.query<StandbyAnswer>(this.sql);
      return rows[0] ?? { isStandby: false, marker: null };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = null;
    if (client) {
      await Promise.race([client.end().catch(() => undefined), delay(CLOSE_WITHIN_MS, undefined, { ref: false })]);
      socketOf(client).destroy();
    }
  }

  private async connect(): Promise<Client> {
    this.client = new Client({
      connectionString: this.url,
      application_name: 'iot-broker read check',
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      keepAlive: true,
    });
    this.client.on('error', () => undefined); // the next statement fails as well
    await this.client.connect();
    return this.client;
  }
}
