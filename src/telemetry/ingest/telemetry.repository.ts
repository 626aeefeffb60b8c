import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type PoolClient } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { copyIn } from '../../platform/database/copy-in.js';
import { COPY_HEADER, COPY_TRAILER } from './copy-buffer.js';
import { type RecordKeys } from './record-batch.js';
import { COPY_COLUMNS } from '../telemetry-columns.js';
import { TelemetryEvents } from './telemetry-events.js';

const COLUMNS = COPY_COLUMNS.join(', ');
const COPY_INTO_TABLE = `copy tbl_iot_telemetry_data (${COLUMNS}) from stdin (format binary)`;
const COPY_INTO_STAGING = `copy pg_temp.telemetry_staging (${COLUMNS}) from stdin (format binary)`;
/** How long a write may take: longer than any honest one, short enough to notice a connection that died silently. */
const WRITE_TIMEOUT_MS = 60_000;

/** What became of the rows of one device. */
export interface MergedRows {
  readonly imei: string;
  readonly came: number;
  readonly inserted: number;
}

/** All writing SQL on the telemetry tables. */
@Injectable()
export class TelemetryRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly events: TelemetryEvents,
  ) {}

  /**
   * Copies encoded rows into the table, in one statement that is its own transaction: when this returns they are
   * durable. Throws on the first duplicate, and nothing is stored then.
   */
  async copyRows(rows: Buffer): Promise<void> {
    await this.withQueryRunner((queryRunner) => copy(queryRunner, COPY_INTO_TABLE, rows));
  }

  /** The same in one transaction with the events that tell of the rows. */
  async copyRowsAndTell(rows: Buffer, keys: RecordKeys): Promise<void> {
    await this.withQueryRunner(async (queryRunner) => {
      const client = (await queryRunner.connect()) as PoolClient;
      try {
        await copy(queryRunner, `begin; ${COPY_INTO_TABLE}`, rows);
        await this.events.append(client, keys);
        await client.query('commit');
      } catch (error) {
        await client.query('rollback').catch(() => undefined); // the connection may be gone, and the transaction with it
        throw error;
      }
    });
    this.events.announce();
  }

  /**
   * Stores the rows that are not in the table yet, tells of them if anybody wants to hear, and returns, for each device, how many came and how
   * many of them were new.
   */
  async mergeRows(rows: Buffer): Promise<MergedRows[]> {
    return this.withQueryRunner(async (queryRunner) => {
      await prepareStaging(queryRunner);
      await queryRunner.startTransaction();
      try {
        const merged = await this.merge(queryRunner, rows);
        await queryRunner.commitTransaction();
        this.events.announce();
        return merged;
      } catch (error) {
        await rollback(queryRunner);
        throw error;
      }
    });
  }

  /** The same in the transaction of the caller, who calls `announce` of the events after the commit. */
  async mergeRowsWithin(queryRunner: QueryRunner, rows: Buffer): Promise<MergedRows[]> {
    await prepareStaging(queryRunner);
    // What an earlier call in this transaction has left there.
    await queryRunner.query('delete from pg_temp.telemetry_staging');
    return this.merge(queryRunner, rows);
  }

  private async merge(queryRunner: QueryRunner, rows: Buffer): Promise<MergedRows[]> {
    await copy(queryRunner, COPY_INTO_STAGING, rows);
    // In the order of the key, so that two writers with the same records wait for each other instead of deadlocking.
    const merged = (await queryRunner.query(`
      with inserted as (
        insert into tbl_iot_telemetry_data (${COLUMNS})
        select ${COLUMNS} from pg_temp.telemetry_staging
         order by iot_imei, iot_timestamp, record_hash
        on conflict do nothing
        returning iot_imei, iot_timestamp, record_hash, timestamp
      )
      select came.iot_imei as imei, came.count::int as came, coalesce(fresh.count, 0)::int as inserted ${this.events.areWanted ? KEY_NAMES : ''}
        from (select iot_imei, count(*) from pg_temp.telemetry_staging group by iot_imei) came
        left join (select iot_imei, count(*) ${this.events.areWanted ? SELECT_KEYS : ''}
                     from inserted group by iot_imei) fresh using (iot_imei)`)) as (MergedRows & InsertedKeys)[];
    if (this.events.areWanted) {
      await this.events.append((await queryRunner.connect()) as PoolClient, keysOf(merged));
    }
    return merged;
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

/** Of the rows of one device that were new; null where there are none, missing when nobody wants them. */
interface InsertedKeys {
  readonly timesMs?: readonly number[] | null;
  readonly hashes?: readonly string[] | null;
  readonly receivedMs?: readonly number[] | null;
}

const KEY_NAMES = `, hashes, "timesMs", "receivedMs"`;
const SELECT_KEYS = `,
  array_agg(record_hash::text) as hashes,
  array_agg(round(extract(epoch from iot_timestamp) * 1000)::float8) as "timesMs",
  array_agg(round(extract(epoch from timestamp) * 1000)::float8) as "receivedMs"`;

function keysOf(devices: readonly (MergedRows & InsertedKeys)[]): RecordKeys {
  return {
    imeis: devices.flatMap(({ imei, hashes }) => (hashes ?? []).map(() => imei)),
    timesMs: devices.flatMap(({ timesMs }) => timesMs ?? []),
    hashes: devices.flatMap(({ hashes }) => (hashes ?? []).map(BigInt)),
    receivedMs: devices.flatMap(({ receivedMs }) => receivedMs ?? []),
  };
}

async function prepareStaging(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`
    create temporary table if not exists telemetry_staging
      (like tbl_iot_telemetry_data) on commit delete rows`);
}

async function copy(queryRunner: QueryRunner, statement: string, rows: Buffer): Promise<void> {
  const client = (await queryRunner.connect()) as PoolClient;
  await copyIn(client, statement, [COPY_HEADER, rows, COPY_TRAILER], WRITE_TIMEOUT_MS);
}

/** The connection may be gone, and with it the transaction: what made us roll back is the error to tell. */
async function rollback(queryRunner: QueryRunner): Promise<void> {
  try {
    await queryRunner.rollbackTransaction();
  } catch {
    return;
  }
}
