import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { dateOf, dayOf, startOfDay } from './clock-window.js';
import { upsertLatest } from './latest-records.repository.js';
import { COPY_COLUMNS } from './telemetry-columns.js';

const COLUMNS = COPY_COLUMNS.join(', ');
const PARTITION_LOCK = 7_310_200_812;
const PARTITION_NAME = /^tbl_iot_telemetry_data_p(\d{4})(\d{2})(\d{2})$/;
/** Rows of the default partition deleted at a time, so that no delete holds its locks for long. */
const STRAYS_AT_A_TIME = 10_000;

/** Statements that make and drop the partitions of the telemetry table. Names and bounds are made of numbers only. */
@Injectable()
export class PartitionsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Makes the partition of a day, and moves into it what the default partition holds of that day (it would refuse the
   * partition otherwise). Returns false when it was there. Attaching, unlike `create table ... partition of`, does not
   * lock the table against writers.
   */
  async create(day: number): Promise<boolean> {
    const name = partitionName(day);
    return this.dataSource.transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
      const [found] = await manager.query<[{ exists: boolean }]>('select to_regclass($1) is not null as exists', [name]);
      if (found.exists) {
        return false;
      }
      const [from, to] = [bound(day), bound(day + 1)];
      await manager.query(
        `create table ${name} (like tbl_iot_telemetry_data including defaults including constraints including indexes)`,
      );
      await manager.query('lock table tbl_iot_telemetry_data_default in access exclusive mode');
      await manager.query(`
        with moved as (
          delete from tbl_iot_telemetry_data_default
           where iot_timestamp >= ${from} and iot_timestamp < ${to}
          returning ${COLUMNS}
        )
        insert into ${name} (${COLUMNS}) select ${COLUMNS} from moved`);
      await manager.query(`alter table tbl_iot_telemetry_data attach partition ${name} for values from (${from}) to (${to})`);
      return true;
    });
  }

  /** Days before `day` that have a partition, oldest first. */
  async findBefore(day: number): Promise<number[]> {
    const rows = await this.dataSource.query<{ name: string }[]>(
      `select child.relname as name
         from pg_inherits
         join pg_class child on child.oid = inhrelid
        where inhparent = 'tbl_iot_telemetry_data'::regclass
        order by child.relname`,
    );
    return rows.map(({ name }) => dayOfPartition(name)).filter((found) => found !== null && found < day) as number[];
  }

  /** Drops a day's records. The newest record of a device that fell silent then is kept among the latest ones. */
  async drop(day: number): Promise<void> {
    const name = partitionName(day);
    await this.dataSource.transaction(async (manager) => {
      // Dropping needs the whole table for a moment; rather fail and try again in an hour than hold up every writer.
      await manager.query(`set local lock_timeout = '2s'`);
      await manager.query('select pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
      await manager.query(
        upsertLatest(`
          select distinct on (iot_imei) ${COLUMNS} from ${name}
           order by iot_imei, iot_timestamp desc, record_hash desc`),
      );
      await manager.query(`drop table if exists ${name}`);
    });
  }

  /** Rows with impossible device times have no day to be dropped with: they go by when they were received. */
  async deleteExpiredStrays(keepDays: number): Promise<void> {
    for (let deleted = STRAYS_AT_A_TIME; deleted === STRAYS_AT_A_TIME;) {
      // TypeORM answers a raw DELETE with [rows, affected].
      [, deleted] = await this.dataSource.query<[unknown[], number]>(
        `delete from tbl_iot_telemetry_data_default
          where ctid = any (array(
            select ctid from tbl_iot_telemetry_data_default
             where timestamp < now() - make_interval(days => $1)
             limit $2))`,
        [keepDays, STRAYS_AT_A_TIME],
      );
    }
  }
}

function partitionName(day: number): string {
  return `tbl_iot_telemetry_data_p${dateOf(day).replaceAll('-', '')}`;
}

function dayOfPartition(name: string): number | null {
  const match = PARTITION_NAME.exec(name);
  return match && dayOf(Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])));
}

function bound(day: number): string {
  return `timestamptz '${new Date(startOfDay(day)).toISOString()}'`;
}
