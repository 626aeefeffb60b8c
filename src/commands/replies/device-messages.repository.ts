import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { CommandSettings } from '../commands.settings.js';
import { type BoundedTable } from '../../platform/retention/bounded-table.js';
import { TableRetention } from '../../platform/retention/table-retention.js';
import { MESSAGE_TYPE_CODEC_15, MESSAGE_TYPE_REPLY } from '../../protocol/message.js';
import { type Page, readPage } from '../../platform/database/bounded-page.js';

/** What a device said that answers no command. */
export interface DeviceMessageRow {
  readonly messageId: string;
  readonly imei: string;
  readonly receivedAt: Date;
  readonly codec: number;
  readonly messageType: number;
  readonly deviceTime: Date | null;
  readonly text: string;
  readonly payload: Buffer;
}

const FIELDS = `
  message_id::text as "messageId", imei, received_at as "receivedAt", codec, message_type as "messageType",
  device_time as "deviceTime", text, payload`;

@Injectable()
export class DeviceMessagesRepository {
  private readonly table: BoundedTable;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    retention: TableRetention,
    settings: CommandSettings,
  ) {
    this.table = retention.register({
      table: 'tbl_iot_device_messages',
      timeColumn: 'received_at',
      retentionDays: settings.DEVICE_MESSAGES_RETENTION_DAYS,
      maxRows: settings.DEVICE_MESSAGES_MAX_ROWS,
      perDevice: { imeiColumn: 'imei', idColumn: 'message_id', maxRows: settings.DEVICE_MESSAGES_MAX_ROWS_PER_DEVICE },
      expendable: 'not exists (select from tbl_iot_devices device where device.imei = row.imei)',
    });
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /** Whether the device has sent a text that answered nothing, in the hour before: it forwards its serial port. */
  async findTextWithinHour(imei: string, before: Date): Promise<string | null> {
    const [last] = await this.dataSource.query<{ text: string; isRecent: boolean }[]>(
      `select text, received_at > $2::timestamptz - interval '1 hour' as "isRecent" from tbl_iot_device_messages
        where imei = $1 and message_type in (${MESSAGE_TYPE_REPLY}, ${MESSAGE_TYPE_CODEC_15})
        order by message_id desc
        limit 1`,
      [imei, before],
    );
    return last?.isRecent === true ? last.text : null;
  }

  async insert(manager: EntityManager, message: Omit<DeviceMessageRow, 'messageId'>): Promise<DeviceMessageRow> {
    const { imei, receivedAt, codec, messageType, deviceTime, text, payload } = message;
    const [row] = await manager.query<[DeviceMessageRow]>(
      `insert into tbl_iot_device_messages (imei, received_at, codec, message_type, device_time, text, payload)
       values ($1, $2, $3, $4, $5, $6, $7)
       returning ${FIELDS}`,
      [imei, receivedAt, codec, messageType, deviceTime, text, payload],
    );
    this.table.noteRows(imei);
    return row;
  }

  /** Newest first. */
  async list(imei: string, beforeId: string | null, limit: number): Promise<Page<DeviceMessageRow>> {
    return readPage<DeviceMessageRow>(
      this.dataSource.manager,
      {
        fields: FIELDS,
        alias: 'message',
        columns: '*',
        from: 'tbl_iot_device_messages message',
        where: 'where imei = $1 and message_id < coalesce($2::bigint, 9223372036854775807)',
        // Qualified: the select list has a text of the same name.
        orderBy: 'message.message_id desc',
        // The payload is returned in hex.
        bytes: 'octet_length(text) + 2 * octet_length(payload)',
        limit,
      },
      [imei, beforeId],
    );
  }
}
