import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { Client } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

const ROWS = 300_000;
const CHUNK_BYTES = 64 * 1024;
const TABLE = 'tbl_iot_telemetry_data';

/**
 * Rows a second of PostgreSQL's own COPY: rows that the gateway stored are taken out in binary, the table is emptied,
 * and they go in again by one COPY on one connection, from memory. Durable, like everything measured here.
 */
export async function measureRawCopy(databaseUrl: string): Promise<number> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const rows = await buffer(client.query(copyTo(`copy (select * from ${TABLE} limit ${ROWS}) to stdout (format binary)`)));
    await client.query(`truncate ${TABLE}`);
    await client.query('checkpoint');
    const startedAt = performance.now();
    const stream = client.query(copyFrom(`copy ${TABLE} from stdin (format binary)`));
    await pipeline(Readable.from(chunks(rows)), stream);
    return (stream.rowCount ?? 0) / ((performance.now() - startedAt) / 1000);
  } finally {
    await client.end();
  }
}

function* chunks(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    yield bytes.subarray(start, start + CHUNK_BYTES);
  }
}
