import { type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { sqlState } from './database-errors.js';

const TIMEOUT_MS = 3_000;
const CLOSE_WITHIN_MS = 500;
const TOO_MANY_CONNECTIONS = '53300';

/** What the gateway can expect of the database now. */
export type DatabaseState = 'available' | 'read-only' | 'unavailable';

export interface ProbeResult {
  readonly state: DatabaseState;
  /** For the log; empty while it is available. */
  readonly reason: string;
}

/** True in a session that can write: not on a standby, nor where `default_transaction_read_only` is on. */
export const IS_WRITABLE = `not pg_is_in_recovery() and not current_setting('transaction_read_only')::boolean`;

interface Answer {
  readonly isStandby: boolean;
  readonly isWritable: boolean;
}

/** Asks the server on a connection of its own: the pool may be used up, or still be connected to an old primary. Never rejects. */
export async function probeServer(url: string): Promise<ProbeResult> {
  const client = new Client({
    connectionString: url,
    application_name: 'iot-broker probe',
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => undefined); // the statement under way fails as well
  try {
    await client.connect();
    const { rows } = await client.query<Answer>(`select pg_is_in_recovery() as "isStandby", ${IS_WRITABLE} as "isWritable"`);
    return stateOf(rows[0]);
  } catch (error) {
    // No connection is free for the probe; the pool may have some.
    return sqlState(error) === TOO_MANY_CONNECTIONS
      ? { state: 'available', reason: '' }
      : { state: 'unavailable', reason: String(error) };
  } finally {
    void close(client);
  }
}

function stateOf(answer: Answer | undefined): ProbeResult {
  if (answer?.isWritable ?? true) {
    return { state: 'available', reason: '' };
  }
  return { state: 'read-only', reason: answer?.isStandby ? 'the server is a standby' : 'default_transaction_read_only is on' };
}

/** A server that does not answer must not keep the socket open. */
async function close(client: Client): Promise<void> {
  await Promise.race([client.end().catch(() => undefined), delay(CLOSE_WITHIN_MS, undefined, { ref: false })]);
  (client.connection.stream as Socket).destroy();
}
