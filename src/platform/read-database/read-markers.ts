import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { SECOND_MS } from '../time-units.js';

/** Markers that are remembered: one a second, as long as the largest DATABASE_READ_MAX_LAG_SECONDS. */
const MAX_REMEMBERED = 3_700;
/** Rows of gateways that have ended are deleted at each of this number of markers. */
const CLEAN_EVERY = 600;

/** What a standby says of itself, in one statement. */
export interface StandbyAnswer {
  readonly isStandby: boolean;
  /** Of this gateway; null when the standby does not show one. */
  readonly marker: string | null;
}

/**
 * Measures how old the state is that a standby shows. This gateway counts in a row on the primary, and looks for the number on the standby: one that
 * shows it has replayed everything that was committed before the number was written. Unlike positions in the WAL this is right for an idle
 * primary, for a standby that is cut off from it, without the clock of another machine, without the rights of `pg_read_all_stats`, and for a server that has
 * left the primary's history: such a server never shows the next number.
 */
@Injectable()
export class ReadMarkers {
  private readonly gatewayId = randomUUID();
  private readonly writtenAtMs = new Map<string, number>();
  private last = 0;

  constructor(@InjectDataSource() private readonly primary: DataSource) {}

  /** SQL that answers a StandbyAnswer. */
  readonly sql = `
    select pg_is_in_recovery() as "isStandby",
           (select marker::text from tbl_iot_read_markers where gateway_id = '${this.gatewayId}') as marker`;

  /** Writes the next number on the primary. */
  async write(): Promise<void> {
    const marker = ++this.last;
    // Before the statement is sent: what others commit from now on may come after the number.
    const now = performance.now();
    await this.primary.query(
      `insert into tbl_iot_read_markers as known (gateway_id, marker) values ($1, $2)
       on conflict (gateway_id) do update set marker = excluded.marker, written_at = now()`,
      [this.gatewayId, marker],
    );
    this.writtenAtMs.set(String(marker), now);
    const [oldest] = this.writtenAtMs.keys();
    if (this.writtenAtMs.size > MAX_REMEMBERED && oldest !== undefined) {
      this.writtenAtMs.delete(oldest);
    }
    if (marker % CLEAN_EVERY === 1) {
      await this.primary.query(`delete from tbl_iot_read_markers where written_at < now() - interval '1 day'`);
    }
  }

  /** How many seconds before `atMs` the state of a server that shows this marker was the primary's; Infinity when that is not known. */
  lagSeconds(marker: string | null, atMs = performance.now()): number {
    const writtenAtMs = marker === null ? undefined : this.writtenAtMs.get(marker);
    return writtenAtMs === undefined ? Infinity : Math.max(0, atMs - writtenAtMs) / SECOND_MS;
  }
}
