import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, LessThan, type Repository } from 'typeorm';
import { CommandSettings } from '../commands.settings.js';
import { type BoundedTable } from '../../platform/retention/bounded-table.js';
import { HOUR_MS } from '../../platform/time-units.js';
import { StoredMessage } from './stored-message.entity.js';
import { TableRetention } from '../../platform/retention/table-retention.js';
import { MESSAGE_TYPE_CODEC_15, MESSAGE_TYPE_REPLY } from '../../protocol/message.js';
import { type Page, readQueryPage } from '../../platform/database/bounded-page.js';

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
    @InjectRepository(StoredMessage) private readonly messages: Repository<StoredMessage>,
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

  /** Whether the device has sent a text that answered nothing, in the hour before: it forwards its serial port. */
  async findTextWithinHour(imei: string, before: Date): Promise<string | null> {
    const last = await this.messages.findOne({
      select: { text: true, receivedAt: true },
      where: { imei, messageType: In([MESSAGE_TYPE_REPLY, MESSAGE_TYPE_CODEC_15]) },
      order: { messageId: 'DESC' },
    });
    return last !== null && last.receivedAt.getTime() > before.getTime() - HOUR_MS ? last.text : null;
  }

  async insert(manager: EntityManager, message: Omit<DeviceMessageRow, 'messageId'>): Promise<DeviceMessageRow> {
    const { identifiers } = await manager.insert(StoredMessage, message);
    this.table.noteRows(message.imei);
    return { ...message, messageId: (identifiers[0] as Pick<StoredMessage, 'messageId'>).messageId };
  }

  /** Newest first. */
  async list(imei: string, beforeId: string | null, limit: number): Promise<Page<DeviceMessageRow>> {
    const { manager } = this.messages;
    const messages = this.messages.createQueryBuilder('message').select('message.*').where({ imei });
    if (beforeId !== null) {
      messages.andWhere({ messageId: LessThan(beforeId) });
    }
    return readQueryPage<DeviceMessageRow>(manager, messages, {
      fields: FIELDS,
      // Qualified: the select list has a text of the same name.
      orderBy: 'message.message_id desc',
      // The payload is returned in hex.
      bytes: 'octet_length(text) + 2 * octet_length(payload)',
      limit,
    });
  }
}
