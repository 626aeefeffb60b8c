import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { PARTITION_LOCK } from '../../platform/database/advisory-locks.js';
import { dateOf, dayOf, startOfDay } from '../clock-window.js';
import { findLockHolders, type LockHolder } from './table-locks.repository.js';
import { upsertLatest } from '../latest/latest-records.repository.js';
import { COPY_COLUMNS } from '../telemetry-columns.js';

const COLUMNS = COPY_COLUMNS.join(', ');
const TABLE = 'tbl_iot_telemetry_data';
const DEFAULT_PARTITION = 'tbl_iot_telemetry_data_default';
const PARTITION_NAME = /^tbl_iot_telemetry_data_p(\d{4})(\d{2})(\d{2})$/;
/**
 * How long a statement waits for a table lock. Other statements on the table queue behind it, so this is also the
 * longest that a change of partitions can delay a writer or a reader.
 */
const LOCK_TIMEOUT = '100ms';
/** Rows of the default partition deleted at a time, so that no delete holds its locks for long. */
const STRAYS_PER_DELETE = 10_000;

/** Dropping needs the whole table, creating the default partition, and the whole table too when it holds rows of the day. */
export type PartitionChange = 'create' | 'drop';

/** Creates and drops the partitions of the telemetry table. Names and bounds are made of numbers only. */
@Injectable()
export class PartitionsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Transactions that keep a change of partitions waiting, when they have lasted for at least `minSeconds`. */
  async findHolders(change: PartitionChange, minSeconds: number): Promise<LockHolder[]> {
    return findLockHolders(this.dataSource, change === 'create' ? DEFAULT_PARTITION : TABLE, minSeconds);
  }

  /** Days that have a partition, oldest first. Reads the catalogue only. */
  async findDays(): Promise<number[]> {
    const rows = await this.dataSource.query<{ name: string }[]>(
      `select child.relname as name
         from pg_inherits
         join pg_class child on child.oid = inhrelid
        where inhparent = '${TABLE}'::regclass
        order by child.relname`,
    );
    return rows.map(({ name }) => dayOfPartition(name)).filter((day) => day !== null);
  }

  /** Days from `first` up to but without `end` of which the default partition holds at least `minRows` rows. */
  async findDaysInDefault(first: number, end: number, minRows: number): Promise<number[]> {
    const rows = await this.dataSource.query<{ day: number }[]>(
      `select floor(extract(epoch from iot_timestamp) / 86400)::int as day
         from ${DEFAULT_PARTITION}
        where iot_timestamp >= ${bound(first)} and iot_timestamp < ${bound(end)}
        group by 1
       having count(*) >= $1
        order by 1`,
      [minRows],
    );
    return rows.map(({ day }) => day);
  }

  /**
   * Creates the partition of a day and moves into it the rows of that day that the default partition holds. Returns false when
   * the partition exists, or when another instance is changing partitions. Rejects with SQLSTATE 55P03 when it could not get a table lock in time; nothing
   * has changed then.
   *
   * The rows are moved before the lock, while readers and writers see them in the default partition until the commit. Under the lock follow
   * the rows that arrived meanwhile, and PostgreSQL's check that none is left (one sequential scan of the default partition). A writer that sends a moved
   * row again waits for this transaction, which in turn waits for the writer's lock: the time-out resolves that.
   */
  async create(day: number): Promise<boolean> {
    const name = partitionName(day);
    return this.changePartitions(async (manager) => {
      const [found] = await manager.query<[{ exists: boolean }]>('select to_regclass($1) is not null as exists', [name]);
      if (found.exists) {
        return false;
      }
      await manager.query(`create table ${name} (like ${TABLE} including defaults including constraints including indexes)`);
      if (await moveRows(manager, name, day)) {
        // A reader that was planned without the partition, and waits for the default one, would find the rows in neither.
        await manager.query(`lock table ${TABLE} in access exclusive mode`);
      }
      await manager.query(`lock table ${DEFAULT_PARTITION} in access exclusive mode`);
      await moveRows(manager, name, day);
      await manager.query(`alter table ${TABLE} attach partition ${name} for values from (${bound(day)}) to (${bound(day + 1)})`);
      await indexDevices(manager, day);
      return true;
    });
  }

  /** Days whose partition may have devices that are missing in `tbl_iot_telemetry_device_days`. */
  async findUnindexed(): Promise<number[]> {
    const rows = await this.dataSource.query<{ day: number }[]>('select day from tbl_iot_telemetry_indexed_days');
    const indexed = new Set(rows.map(({ day }) => day));
    return (await this.findDays()).filter((day) => !indexed.has(day));
  }

  /** Adds the devices of a day's partition to `tbl_iot_telemetry_device_days`. */
  async index(day: number): Promise<void> {
    await this.dataSource.transaction((manager) => indexDevices(manager, day));
  }

  /**
   * Puts the newest records of a day among the latest ones: a device that has sent nothing since then keeps its last known
   * place when the day is dropped. Reads the whole day, so it takes no lock that others wait for.
   */
  async keepLatest(day: number): Promise<void> {
    await this.dataSource.query(
      upsertLatest(`
        select distinct on (iot_imei) ${COLUMNS} from ${partitionName(day)}
         order by iot_imei, iot_timestamp desc, record_hash desc`),
    );
  }

  /** Drops a day's records. Returns false when another instance is changing partitions. Rejects with SQLSTATE 55P03 like `create`. */
  async drop(day: number): Promise<boolean> {
    return this.changePartitions(async (manager) => {
      await manager.query(`drop table if exists ${partitionName(day)}`);
      await manager.query('delete from tbl_iot_telemetry_indexed_days where day = $1', [day]);
      return true;
    });
  }

  /** Deletes rows of the default partition by the time when they were received. */
  async deleteExpiredStrays(keepDays: number): Promise<void> {
    for (let deleted = STRAYS_PER_DELETE; deleted === STRAYS_PER_DELETE;) {
      // TypeORM answers a raw DELETE with [rows, affected].
      [, deleted] = await this.dataSource.query<[unknown[], number]>(
        `delete from ${DEFAULT_PARTITION}
          where ctid = any (array(
            select ctid from ${DEFAULT_PARTITION}
             where timestamp < now() - make_interval(days => $1)
             limit $2))`,
        [keepDays, STRAYS_PER_DELETE],
      );
    }
  }

  private async changePartitions(work: (manager: EntityManager) => Promise<boolean>): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
      const [lock] = await manager.query<[{ taken: boolean }]>('select pg_try_advisory_xact_lock($1) as taken', [PARTITION_LOCK]);
      return lock.taken && (await work(manager));
    });
  }
}

/** Steps from one device to the next by the primary key, so it does not read all records of each. */
async function indexDevices(manager: EntityManager, day: number): Promise<void> {
  const name = partitionName(day);
  await manager.query(
    `with recursive device (imei) as (
       select min(iot_imei) from ${name}
       union all
       select (select min(iot_imei) from ${name} where iot_imei > device.imei) from device where device.imei is not null
     )
     insert into tbl_iot_telemetry_device_days as known (iot_imei, days)
     select imei, int4multirange(int4range($1, $1, '[]')) from device where imei is not null order by imei
     on conflict (iot_imei) do update set days = known.days + excluded.days where not known.days @> excluded.days`,
    [day],
  );
  await manager.query('insert into tbl_iot_telemetry_indexed_days values ($1) on conflict do nothing', [day]);
}

/** Returns whether there were any. */
async function moveRows(manager: EntityManager, partition: string, day: number): Promise<boolean> {
  const [moved] = await manager.query<[{ count: number }]>(`
    with moved as (
      delete from ${DEFAULT_PARTITION}
       where iot_timestamp >= ${bound(day)} and iot_timestamp < ${bound(day + 1)}
      returning ${COLUMNS}
    ), inserted as (
      insert into ${partition} (${COLUMNS}) select ${COLUMNS} from moved returning 1
    )
    select count(*)::int as count from inserted`);
  return moved.count > 0;
}

function partitionName(day: number): string {
  return `${TABLE}_p${dateOf(day).replaceAll('-', '')}`;
}

function dayOfPartition(name: string): number | null {
  const match = PARTITION_NAME.exec(name);
  return match && dayOf(Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])));
}

function bound(day: number): string {
  return `timestamptz '${new Date(startOfDay(day)).toISOString()}'`;
}
