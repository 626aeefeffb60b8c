import { ID_CURSOR } from '../../platform/database/page-cursor.js';
import { Cursor, PageLimit } from '../../platform/http/request-values.js';
import { type DeviceMessageRow } from './device-messages.repository.js';

export class DeviceMessageQuery {
  /** Messages a page. */
  @PageLimit()
  readonly limit: number = 100;

  /**
   * `nextCursor` of the page before.
   * @example '1207'
   */
  @Cursor(ID_CURSOR)
  readonly cursor?: string;
}

/** Text or bytes that a device sent unasked: serial data, or a reply that fits no command. */
export class DeviceMessageDto {
  /** @example '1207' */
  readonly messageId!: string;
  readonly receivedAt!: Date;
  /** 12, 13, 14 or 15. */
  readonly codec!: number;
  /** The type byte of the codec: 6 a reply or serial data, 11 codec 15, 17 a nACK, 13 a photo. */
  readonly messageType!: number;
  /** When the device sent it, by its own clock; codecs 13 and 15 only. */
  readonly deviceTime!: Date | null;
  /** @example 'Hello' */
  readonly text!: string;
  /**
   * The payload in hex: serial data need not be text.
   * @example '48656c6c6f'
   */
  readonly payloadHex!: string;

  static from({ messageId, receivedAt, codec, messageType, deviceTime, text, payload }: DeviceMessageRow): DeviceMessageDto {
    return { messageId, receivedAt, codec, messageType, deviceTime, text, payloadHex: payload.toString('hex') };
  }
}

export class DeviceMessageListDto {
  readonly success!: true;
  /** @example '350612345678901' */
  readonly imei!: string;
  readonly count!: number;
  readonly messages!: DeviceMessageDto[];
  /** @example '1207' */
  readonly nextCursor!: string | null;
}
