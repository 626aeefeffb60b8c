import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { type MeasuredPage, readPage } from '../platform/database/bounded-page.js';
import { type DeviceTable } from './device-tables.js';

/** The values of a table's key, as PostgreSQL writes them. */
export type RowKey = readonly string[];

interface ExportedRow {
  /** JSON of all columns. */
  readonly text: string;
  readonly key: RowKey;
}

export interface ErasedStep {
  readonly erased: number;
  /** Where the next step begins. Null: nothing is left to be erased. */
  readonly next: RowKey | null;
}

/**
 * For the transaction: what belongs to the erased rows is looked up by its key. Without statistics, PostgreSQL expects that one device has a 200th of all
 * rows, and plans a join as a reading of the whole table for each step.
 */
const LOOK_UPS_ONLY = `select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`;

/**
 * Reads and deletes the rows of one device in every table. It is SQL, and stands in one place, because the statements are the same for all tables: those that
 * belong to one feature are in its own repositories.
 */
@Injectable()
export class DeviceDataRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** By the clock of the database, with microseconds. */
  async now(): Promise<string> {
    const [{ now }] = await this.dataSource.query<[{ now: string }]>('select clock_timestamp()::text as now');
    return now;
  }

  /** Up to `limit` rows behind `after`, as JSON. */
  async readRows(table: DeviceTable, imei: string, after: RowKey | null, limit: number): Promise<MeasuredPage<ExportedRow>> {
    const { key } = table;
    const names = key.map((_column, index) => `key${index}`);
    const columns = [
      'row_to_json(row)::text as text',
      `array[${key.map(([column]) => `${column}::text`).join(', ')}] as key`,
      ...key.map(([column], index) => `${column} as ${names[index] as string}`),
    ];
    return readPage<ExportedRow>(
      this.dataSource.manager,
      {
        columns: columns.join(', '),
        from: sourceOf(table),
        where: `where ${table.imei} = $1 ${after === null ? '' : `and ${compare(table, '>', 2)}`}`,
        alias: 'entry',
        fields: 'text, key',
        orderBy: names.join(', '),
        bytes: 'octet_length(text)',
        limit,
      },
      [imei, ...(after ?? [])],
    );
  }

  /** How many rows the device has. */
  async count(table: DeviceTable, imei: string, condition = 'true'): Promise<number> {
    const [{ count }] = await this.dataSource.query<[{ count: number }]>(
      `select count(*)::float8 as count from ${sourceOf(table)} where ${table.imei} = $1 and ${condition}`,
      [imei],
    );
    return count;
  }

  /**
   * Deletes up to `limit` rows behind `after` that were stored until `before`, with what belongs to them, in a transaction of its own. A later step does not read what an
   * earlier one has deleted: while an old transaction is open, index entries of deleted rows stay.
   */
  async eraseRows(table: DeviceTable, imei: string, before: string, after: RowKey | null, limit: number): Promise<ErasedStep> {
    return this.dataSource.transaction(async (manager) => {
      for (const lock of table.locks ?? []) {
        await manager.query(lock, [imei]);
      }
      const next = await this.lastOfStep(manager, table, [imei, before, ...(after ?? [])], after !== null, limit);
      const bounds = [
        ...(after === null ? [] : [`and ${compare(table, '>', 3)}`]),
        ...(next === null ? [] : [`and ${compare(table, '<=', 3 + (after?.length ?? 0))}`]),
      ];
      await manager.query(LOOK_UPS_ONLY);
      const [{ count }] = await manager.query<[{ count: number }]>(
        `with erased as (
           delete from ${table.table} row where ${table.imei} = $1 and ${table.erased ?? 'false'} ${bounds.join(' ')} returning row.*
         )${table.withErased === undefined ? '' : `, ${table.withErased}`}
         select count(*)::int as count from erased`,
        [imei, before, ...(after ?? []), ...(next ?? [])],
      );
      return { erased: count, next };
    });
  }

  /** Whether records of the device that were stored until `before` wait to be reported by an event. */
  async hasUnreportedRecords(imei: string, before: string): Promise<boolean> {
    const [{ found }] = await this.dataSource.query<[{ found: boolean }]>(
      `select exists (select from tbl_iot_telemetry_arrivals where $1 = any (imeis) and arrived_at <= $2::timestamptz) as found`,
      [imei, before],
    );
    return found;
  }

  /** The key of the last row of a step; null when the step is the last one. */
  private async lastOfStep(
    manager: EntityManager,
    table: DeviceTable,
    values: readonly unknown[],
    hasAfter: boolean,
    limit: number,
  ): Promise<RowKey | null> {
    const columns = table.key.map(([column]) => column);
    const [last] = await manager.query<{ key: RowKey }[]>(
      `select array[${columns.map((column) => `${column}::text`).join(', ')}] as key
         from ${table.table} row
        where ${table.imei} = $1 and ${table.erased ?? 'false'} ${hasAfter ? `and ${compare(table, '>', 3)}` : ''}
        order by ${columns.join(', ')} offset ${limit - 1} limit 1`,
      [...values],
    );
    return last?.key ?? null;
  }
}

function sourceOf({ table, join }: DeviceTable): string {
  return join ?? `${table} row`;
}

/** A condition on the key, with the values that begin with parameter `first`. */
function compare({ key }: DeviceTable, operator: '>' | '<=', first: number): string {
  const columns = key.map(([column]) => column).join(', ');
  return `(${columns}) ${operator} (${key.map(([, type], index) => `$${first + index}::${type}`).join(', ')})`;
}
