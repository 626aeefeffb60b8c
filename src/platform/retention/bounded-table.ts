/** The names are part of SQL statements: constants of the code, never input. */
export interface TableBounds {
  readonly table: string;
  /** When a row was written: retention and the total bound delete the oldest rows first. */
  readonly timeColumn: string;
  readonly retentionDays: number;
  /** CTEs that delete what belongs to the rows of the CTE `expired`, which the retention has deleted. */
  readonly withExpired?: string;
  /** Rows in all; not set: unbounded. */
  readonly maxRows?: number;
  /** `idColumn` grows with every row of a device. */
  readonly perDevice?: { readonly imeiColumn: string; readonly idColumn: string; readonly maxRows: number };
  /** Of an alias `row`: rows that the total bound deletes before all others. */
  readonly expendable?: string;
}

export type DeletionCause = 'retention' | 'device_limit' | 'table_limit';

const MAX_GROWN_DEVICES = 100_000;
/** An instance counts the rows of a table after it has added this share of the bound, and otherwise once in ten minutes. */
const COUNT_AFTER_SHARE = 0.01;
const COUNT_AFTER_MS = 600_000;

/**
 * A table with bounds, and what this instance has added to it since the bounds were last enforced. Adding costs a set entry: nothing is
 * counted in the database where rows are inserted.
 */
export class BoundedTable {
  readonly deleted: Record<DeletionCause, number> = { retention: 0, device_limit: 0, table_limit: 0 };
  private grown = new Set<string>();
  private rowsAdded = 0;
  private countedAt = -Infinity;

  constructor(readonly bounds: TableBounds) {}

  /** Rows of this device were inserted. */
  noteRows(imei: string, count = 1): void {
    this.rowsAdded += count;
    if (this.bounds.perDevice && this.grown.size < MAX_GROWN_DEVICES) {
      this.grown.add(imei);
    }
  }

  /** Devices that have new rows since the last call. */
  takeGrownDevices(): string[] {
    const imeis = [...this.grown];
    this.grown = new Set();
    return imeis;
  }

  /** Whether the rows are to be counted now. */
  shouldCount(nowMs: number): boolean {
    const { maxRows } = this.bounds;
    if (maxRows === undefined) {
      return false;
    }
    return (this.rowsAdded > 0 && this.rowsAdded >= maxRows * COUNT_AFTER_SHARE) || nowMs - this.countedAt >= COUNT_AFTER_MS;
  }

  noteCounted(nowMs: number): void {
    this.rowsAdded = 0;
    this.countedAt = nowMs;
  }
}
