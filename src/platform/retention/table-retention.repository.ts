import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type QueryRunner } from 'typeorm';
import { RETENTION_LOCKS } from '../database/advisory-locks.js';
import { type TableBounds } from './bounded-table.js';

/** Deletes up to `limit` rows and returns how many were deleted. */
export type DeleteSome = (limit: number) => Promise<number>;

/**
 * Statements that delete rows of bounded tables. They run while another connection holds the lock of the table: two instances that
 * count the same excess would delete twice as much.
 */
@Injectable()
export class TableRetentionRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Returns false, without doing the work, while another instance works on the table. */
  async withTableLock(table: string, work: (queryRunner: QueryRunner) => Promise<void>): Promise<boolean> {
    // A lock of the session would stay behind in a pooler. The transaction that has it is idle and has no snapshot, so vacuum does not wait for it; the
    // work has a connection of its own, because it commits after each batch. One table at a time: two connections of at least three.
    return this.dataSource.transaction(async (manager) => {
      const [{ isMine }] = await manager.query<[{ isMine: boolean }]>(
        `select pg_try_advisory_xact_lock($1, hashtext($2)) as "isMine"`,
        [RETENTION_LOCKS, table],
      );
      if (isMine) {
        await this.onConnection(work);
      }
      return isMine;
    });
  }

  private async onConnection(work: (queryRunner: QueryRunner) => Promise<void>): Promise<void> {
    const queryRunner = this.dataSource.createQueryRunner();
    try {
      await work(queryRunner);
    } finally {
      await queryRunner.release();
    }
  }

  async deleteExpired(
    queryRunner: QueryRunner,
    { table, timeColumn, retentionDays, withExpired }: TableBounds,
    limit: number,
  ): Promise<number> {
    const [{ count }] = (await queryRunner.query(
      `with expired as (
         delete from ${table}
          where ctid = any (array(
            select ctid from ${table} where ${timeColumn} < now() - make_interval(days => $1) limit $2 for update skip locked))
         returning *
       )${withExpired === undefined ? '' : `, ${withExpired}`}
       select count(*)::int as count from expired`,
      [retentionDays, limit],
    )) as [{ count: number }];
    return count;
  }

  /** Leaves each of these devices its newest rows. */
  async trimDevices(queryRunner: QueryRunner, { table, perDevice }: TableBounds, imeis: string[]): Promise<number> {
    if (!perDevice) {
      return 0;
    }
    const { imeiColumn, idColumn, maxRows } = perDevice;
    return deleted(
      await queryRunner.query(
        `delete from ${table} row
          using (select device.imei, (select kept.${idColumn} from ${table} kept where kept.${imeiColumn} = device.imei
                                       order by kept.${idColumn} desc offset $2 limit 1) as last_of_old
                   from unnest($1::text[]) as device (imei)) bound
          where row.${imeiColumn} = bound.imei and row.${idColumn} <= bound.last_of_old`,
        [imeis, maxRows],
      ),
    );
  }

  async countRows(queryRunner: QueryRunner, { table }: TableBounds): Promise<number> {
    const [{ count }] = (await queryRunner.query(`select count(*)::float8 as count from ${table}`)) as [{ count: number }];
    return count;
  }

  /** Deletes the oldest `excess` rows, or as many as match `condition`. The cut-off is looked up once: its sort is the expensive part. */
  async oldestRows(
    queryRunner: QueryRunner,
    { table, timeColumn }: TableBounds,
    excess: number,
    condition = 'true',
  ): Promise<DeleteSome> {
    const [cutOff] = (await queryRunner.query(
      `select max(oldest.at)::text as at
         from (select row.${timeColumn} as at from ${table} row where ${condition} order by row.${timeColumn} limit $1) oldest`,
      [excess],
    )) as { at: string | null }[];
    return async (limit) =>
      deleted(
        await queryRunner.query(
          `delete from ${table}
            where ctid = any (array(
              select row.ctid from ${table} row where row.${timeColumn} <= $1::timestamptz and ${condition}
               limit $2 for update of row skip locked))`,
          [cutOff?.at ?? null, limit],
        ),
      );
  }

  /** Bytes of each table on disk, indexes included. */
  async readBytes(tables: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.dataSource.query<{ table: string; bytes: number }[]>(
      `select given.name as table, coalesce(pg_total_relation_size(to_regclass(given.name)), 0)::float8 as bytes
         from unnest($1::text[]) as given (name)`,
      [tables],
    );
    return new Map(rows.map(({ table, bytes }) => [table, bytes]));
  }
}

/** TypeORM answers a raw DELETE with [rows, affected]. */
function deleted(result: unknown): number {
  return (result as [unknown[], number])[1];
}
