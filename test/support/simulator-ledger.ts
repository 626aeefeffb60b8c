import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import xxhash from 'xxhash-wasm';
import { type TestDatabase } from './test-database.js';

export interface LedgerCheck {
  readonly acknowledged: number;
  /** "imei hash" of every acknowledged record that is not stored exactly once. */
  readonly broken: string[];
}

/** Compares what the simulator's devices were acknowledged with what the table holds. */
export async function checkLedger(database: TestDatabase, path: string): Promise<LedgerCheck> {
  const acknowledged = await readLedger(path);
  const rows = await database.query<{ key: string; count: number }>(
    `select iot_imei || ' ' || record_hash as key, count(*)::int as count from tbl_iot_telemetry_data group by 1`,
  );
  const stored = new Map(rows.map(({ key, count }) => [key, count]));
  return { acknowledged: acknowledged.length, broken: acknowledged.filter((key) => stored.get(key) !== 1) };
}

/** "imei hash" of each record in the ledger, the hash being the gateway's: XXH64 of the record's bytes. */
async function readLedger(path: string): Promise<string[]> {
  const hasher = await xxhash();
  const keys: string[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const { imei, bytes } = JSON.parse(line) as { imei: string; bytes: string };
    const hash = hasher.create64().update(Buffer.from(bytes, 'hex')).digest();
    keys.push(`${imei} ${BigInt.asIntN(64, hash)}`);
  }
  return keys;
}
