import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { type Page, readPage } from '../../platform/database/bounded-page.js';
import { type EventPosition } from './event-cursor.js';
import { EVENT_BYTES, EVENT_FIELDS, type RecordedEvent } from './recorded-event.js';

/** The feed, in an order that no later event can get into. */
@Injectable()
export class EventFeedRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Events behind the given one. Only those of transactions older than any that still runs: one that commits late has its place behind what was
   * read, or is waited for. Telemetry events that still grow are closed by being read.
   */
  async read(after: EventPosition, limit: number): Promise<Page<RecordedEvent>> {
    const page = await this.findPage(this.dataSource.manager, after, limit);
    if (page.rows.every(({ body }) => body !== null)) {
      return page;
    }
    return this.dataSource.transaction(async (manager) => {
      await this.close(manager, page.rows);
      return this.findPage(manager, after, page.rows.length);
    });
  }

  /** Qualified, since `position` alone would be the text of the select list, where 9 comes behind 10. */
  private async findPage(manager: EntityManager, after: EventPosition, limit: number): Promise<Page<RecordedEvent>> {
    return readPage<RecordedEvent>(
      manager,
      {
        fields: EVENT_FIELDS,
        alias: 'event',
        columns: '*',
        from: 'tbl_iot_events event',
        where: `where (event.transaction_id, event.position) > ($1::xid8, $2::bigint)
                  and event.transaction_id < pg_snapshot_xmin(pg_current_snapshot())`,
        orderBy: 'event.transaction_id, event.position',
        bytes: EVENT_BYTES,
        limit,
      },
      [after.transactionId, after.position],
    );
  }

  /** The sequences are locked first, as whoever merges records into these events does. */
  private async close(manager: EntityManager, page: readonly RecordedEvent[]): Promise<void> {
    const open = page.filter(({ body }) => body === null);
    await manager.query('select from tbl_iot_event_sequences where imei = any ($1::text[]) order by imei for update', [
      open.map(({ imei }) => imei),
    ]);
    await manager.query(
      `update tbl_iot_events event set body = iot_telemetry_body(event), is_open = false
        where event_id = any ($1::uuid[]) and body is null`,
      [open.map(({ eventId }) => eventId)],
    );
  }
}
