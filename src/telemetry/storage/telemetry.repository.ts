import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type PoolClient } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { clientOf, copyIn } from '../../platform/database/driver-statements.js';
import { COPY_HEADER, COPY_TRAILER } from '../row-encoding/copy-buffer.js';
import { type InsertedRecords } from './batch-reports.js';
import { COPY_COLUMNS } from '../telemetry-columns.js';
import { MINUTE_MS } from '../../platform/time-units.js';

const COLUMNS = COPY_COLUMNS.join(', ');
const COPY_INTO_TABLE = `copy tbl_iot_telemetry_data (${COLUMNS}) from stdin (format binary)`;
/** The columns are in the name: in a pooler, a session may have the table of another version of the gateway. */
const STAGING = `telemetry_staging_${createHash('md5').update(COLUMNS).digest('hex').slice(0, 8)}`;
const COPY_INTO_STAGING = `copy pg_temp.${STAGING} (${COLUMNS}) from stdin (format binary)`;
/** Maximum time of a write: longer than a healthy one takes, short enough to detect a broken connection. */
const WRITE_TIMEOUT_MS = MINUTE_MS;

/** The result of a merge for one device. */
export interface MergedRows {
  readonly imei: string;
  readonly came: number;
  readonly inserted: number;
  /** A row that was inserted has the priority 1 (high) or 2 (panic). Missing when events are not recorded. */
  readonly isUrgent?: boolean;
}

/**
 * Work of the caller in the transaction that merges rows, before its commit: it appends what their events need. `inserted` are the rows that are
 * new. An error rolls the rows back.
 */
export type OnInserted = (client: PoolClient, inserted: readonly InsertedRecords[]) => Promise<void>;

/** SQL that writes to `tbl_iot_telemetry_data`. */
@Injectable()
export class TelemetryRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Copies encoded rows into the table. When this returns they are durable. Throws on the first duplicate, and nothing is stored then.
   *
   * @param before a statement for the same transaction, without parameters; empty for none. It travels in one message with COPY: PostgreSQL runs
   * all statements of a message in one transaction, without `begin` and `commit` (manual, "Multiple Statements in a Simple Query").
   */
  async copyRows(rows: Buffer, before = ''): Promise<void> {
    const statement = before === '' ? COPY_INTO_TABLE : `${before}; ${COPY_INTO_TABLE}`;
    await this.withQueryRunner((queryRunner) => copy(queryRunner, statement, rows));
  }

  /**
   * Stores the rows that are not in the table yet, in one transaction with `onInserted`. Returns for each device how many rows the batch had and
   * how many of them were new.
   */
  async mergeRows(rows: Buffer, onInserted: OnInserted | null): Promise<MergedRows[]> {
    return this.withQueryRunner(async (queryRunner) => {
      await queryRunner.startTransaction();
      try {
        await prepareStaging(queryRunner);
        const merged = await merge(queryRunner, rows, onInserted);
        await queryRunner.commitTransaction();
        return merged;
      } catch (error) {
        await rollback(queryRunner);
        throw error;
      }
    });
  }

  /** Merges rows like `mergeRows`, in the transaction of the caller. */
  async mergeRowsWithin(queryRunner: QueryRunner, rows: Buffer, onInserted: OnInserted | null): Promise<MergedRows[]> {
    await prepareStaging(queryRunner);
    // Rows of an earlier call in this transaction.
    await queryRunner.query(`delete from pg_temp.${STAGING}`);
    return merge(queryRunner, rows, onInserted);
  }

  private async withQueryRunner<T>(work: (queryRunner: QueryRunner) => Promise<T>): Promise<T> {
    const queryRunner = this.dataSource.createQueryRunner();
    try {
      return await work(queryRunner);
    } finally {
      await queryRunner.release();
    }
  }
}

/** Keys of the new rows of one device: null when no row was new, missing when they were not requested. */
interface InsertedKeys {
  readonly timesMs?: readonly number[] | null;
  readonly hashes?: readonly string[] | null;
  readonly receivedMs?: readonly number[] | null;
}

const KEY_NAMES = `, hashes, "timesMs", "receivedMs", coalesce("isUrgent", false) as "isUrgent"`;
const SELECT_KEYS = `,
  bool_or(priority > 0) as "isUrgent",
  array_agg(record_hash::text) as hashes,
  array_agg(round(extract(epoch from iot_timestamp) * 1000)::float8) as "timesMs",
  array_agg(round(extract(epoch from timestamp) * 1000)::float8) as "receivedMs"`;

function insertedRecords(devices: readonly (MergedRows & InsertedKeys)[]): InsertedRecords[] {
  return devices.map(({ imei, timesMs, hashes, receivedMs, isUrgent }) => ({
    imei,
    timesMs: timesMs ?? [],
    hashes: hashes ?? [],
    receivedMs: receivedMs ?? [],
    isUrgent: isUrgent === true,
  }));
}

async function merge(queryRunner: QueryRunner, rows: Buffer, onInserted: OnInserted | null): Promise<MergedRows[]> {
  await copy(queryRunner, COPY_INTO_STAGING, rows);
  // In the order of the key, so that two writers with the same records wait for each other instead of deadlocking.
  const merged = (await queryRunner.query(`
    with inserted as (
      insert into tbl_iot_telemetry_data (${COLUMNS})
      select ${COLUMNS} from pg_temp.${STAGING}
       order by iot_imei, iot_timestamp, record_hash
      on conflict do nothing
      returning iot_imei, iot_timestamp, record_hash, timestamp, priority
    )
    select came.iot_imei as imei, came.count::int as came, coalesce(fresh.count, 0)::int as inserted ${onInserted ? KEY_NAMES : ''}
      from (select iot_imei, count(*) from pg_temp.${STAGING} group by iot_imei) came
      left join (select iot_imei, count(*) ${onInserted ? SELECT_KEYS : ''}
                   from inserted group by iot_imei) fresh using (iot_imei)`)) as (MergedRows & InsertedKeys)[];
  await onInserted?.(await clientOf(queryRunner), insertedRecords(merged));
  return merged;
}

/** In the transaction that uses it: with a pooler in transaction mode the next one may have another session, and another temporary table. */
async function prepareStaging(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`
    create temporary table if not exists ${STAGING}
      (like tbl_iot_telemetry_data) on commit delete rows`);
}

async function copy(queryRunner: QueryRunner, statement: string, rows: Buffer): Promise<void> {
  const client = await clientOf(queryRunner);
  await copyIn(client, statement, [COPY_HEADER, rows, COPY_TRAILER], WRITE_TIMEOUT_MS);
}

/** Ignores errors: the connection may be gone, and with it the transaction. The caller throws the error that caused the rollback. */
async function rollback(queryRunner: QueryRunner): Promise<void> {
  try {
    await queryRunner.rollbackTransaction();
  } catch {
    return;
  }
}
