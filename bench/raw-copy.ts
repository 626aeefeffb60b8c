import { buffer } from 'node:stream/consumers';
import { type Client, Pool } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { copyIn } from '../src/platform/database/driver-statements.js';

const MAX_ROWS = 300_000;
const TABLE = 'tbl_iot_telemetry_data';
const COPY_INTO_TABLE = `copy ${TABLE} from stdin (format binary)`;
/** Signature, flags and length of the extension before the rows of a binary COPY; a column count of -1 behind them. */
const HEADER_BYTES = 19;
const TRAILER = Buffer.from('ffff', 'hex');
const TIMEOUT_MS = 60_000;
/** As many as the gateway writes with. */
const CONNECTIONS = 2;
const MEASURED_MS = 5_000;

/** Rows that the gateway stored, as PostgreSQL itself gives them out, to be stored once more by nothing but COPY. */
export class RawCopy {
  private constructor(
    private readonly databaseUrl: string,
    private readonly header: Buffer,
    private readonly rows: readonly Buffer[],
  ) {}

  static async take(database: Client, databaseUrl: string): Promise<RawCopy> {
    const select = `select * from ${TABLE} limit ${MAX_ROWS}`;
    const bytes = await buffer(database.query(copyTo(`copy (${select}) to stdout (format binary)`)));
    return new RawCopy(databaseUrl, bytes.subarray(0, HEADER_BYTES), [...rowsOf(bytes)]);
  }

  /** Rows per second of a single statement on one connection. Durable, like everything measured here. */
  async inOneStatement(): Promise<number> {
    return this.rowsPerSecond(this.rows.length, 1);
  }

  /** Rows per second of statements of a given size, as many at a time as the gateway has writers. */
  async inBatches(rowsPerBatch: number): Promise<number> {
    return this.rowsPerSecond(rowsPerBatch, CONNECTIONS);
  }

  private async rowsPerSecond(rowsPerBatch: number, connections: number): Promise<number> {
    const batches = this.batchesOf(rowsPerBatch);
    const pool = new Pool({ connectionString: this.databaseUrl, max: connections });
    try {
      await pool.query(`truncate ${TABLE}`);
      await pool.query('checkpoint');
      const startedAt = performance.now();
      let rows = 0;
      let next = 0;
      const write = async (): Promise<void> => {
        const client = await pool.connect();
        while (next < batches.length && performance.now() - startedAt < MEASURED_MS) {
          const batch = batches[next++]!;
          await copyIn(client, COPY_INTO_TABLE, batch.data, TIMEOUT_MS);
          rows += batch.rows;
        }
        client.release();
      };
      await Promise.all(Array.from({ length: connections }, write));
      return (rows * 1000) / (performance.now() - startedAt);
    } finally {
      await pool.end();
    }
  }

  private batchesOf(rowsPerBatch: number): { rows: number; data: Buffer[] }[] {
    const batches = [];
    for (let start = 0; start < this.rows.length; start += rowsPerBatch) {
      const rows = this.rows.slice(start, start + rowsPerBatch);
      batches.push({ rows: rows.length, data: [this.header, Buffer.concat(rows), TRAILER] });
    }
    return batches;
  }
}

/** A row: a count of columns, then for each a length (-1 is null) and its bytes. */
function* rowsOf(bytes: Buffer): Generator<Buffer> {
  let end = HEADER_BYTES;
  for (let columns = bytes.readInt16BE(end); columns !== -1; columns = bytes.readInt16BE(end)) {
    const start = end;
    end += 2;
    for (let column = 0; column < columns; column++) {
      end += 4 + Math.max(0, bytes.readInt32BE(end));
    }
    yield bytes.subarray(start, end);
  }
}
