import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { CODEC_12, CODEC_13, CODEC_14, CODEC_15, isMessageCodec, type MessageCodec } from './codec-ids.js';
import { encodeFrame } from './frame-encoder.js';
import { PACKED_IMEI_BYTES, packImei, unpackImei } from './imei.js';
import { ProtocolError } from './protocol-error.js';

/** Message types (Teltonika wiki, Codec, "Codec for communication over GPRS messages"). */
export const MESSAGE_TYPE_COMMAND = 0x05;
/** The reply of a device to a command, and unsolicited serial-port data. */
export const MESSAGE_TYPE_REPLY = 0x06;
/** The only type of codec 15: serial-port data with a time and the device's IMEI. */
export const MESSAGE_TYPE_CODEC_15 = 0x0b;
/** Codec 12 from devices with a camera: one chunk of a file, as seen in public captures. The payload is not interpreted. */
export const MESSAGE_TYPE_PHOTO = 0x0d;
/** Codec 14: the command was not executed, because it names another IMEI. Which of the two IMEIs the reply has is not documented. */
export const MESSAGE_TYPE_NACK = 0x11;

const QUANTITY = 1;
const TYPE_BYTES = 1;
const BODY_OFFSET = 7;
const QUANTITY_BYTES = 1;

export interface DeviceMessage {
  readonly codec: MessageCodec;
  readonly type: number;
  /** The bytes behind the time and the IMEI: a view of the frame, so copy them to keep them. For text use messageText. */
  readonly payload: Buffer;
  /** Codec 13 and 15: Unix seconds by the device's clock. (The text of the wiki says milliseconds, but its examples are seconds.) */
  readonly timestampS: number | null;
  /** Codec 14 and 15. */
  readonly imei: string | null;
}

interface MessageLayout {
  readonly types: readonly number[];
  readonly hasTimestamp: boolean;
  readonly hasImei: boolean;
}

const LAYOUTS: Readonly<Record<MessageCodec, MessageLayout>> = {
  [CODEC_12]: {
    types: [MESSAGE_TYPE_COMMAND, MESSAGE_TYPE_REPLY, MESSAGE_TYPE_PHOTO],
    hasTimestamp: false,
    hasImei: false,
  },
  [CODEC_13]: { types: [MESSAGE_TYPE_REPLY], hasTimestamp: true, hasImei: false },
  [CODEC_14]: {
    types: [MESSAGE_TYPE_COMMAND, MESSAGE_TYPE_REPLY, MESSAGE_TYPE_NACK],
    hasTimestamp: false,
    hasImei: true,
  },
  [CODEC_15]: { types: [MESSAGE_TYPE_CODEC_15], hasTimestamp: true, hasImei: true },
};

/**
 * Reads the data field of a codec 12 to 15 frame: codec id, quantity, then type, size and body of each message, quantity. `size` counts the
 * body, and the body holds the time and the IMEI where the codec has them.
 *
 * The quantity is documented as ignored, and may have any value in a frame with one message. With several messages it must be their number.
 * The type of a further message may be omitted, which is recognized because a size begins with 0x00 and no type is 0x00.
 */
export function decodeMessages(data: Buffer): DeviceMessage[] {
  const reader = new ByteReader(data);
  const codec = reader.uint8();
  if (!isMessageCodec(codec)) {
    throw new ProtocolError('UNSUPPORTED_CODEC', `expected a message codec, got 0x${codec.toString(16)}`, 0);
  }
  const quantity = reader.uint8();
  const messages: DeviceMessage[] = [];
  let type = reader.uint8();
  for (;;) {
    messages.push(readMessage(reader, data, codec, type));
    if (reader.remaining <= QUANTITY_BYTES) {
      break;
    }
    if (messages.length === quantity) {
      throw new ProtocolError(
        'TRAILING_BYTES',
        `${reader.remaining - QUANTITY_BYTES} bytes after the last message`,
        reader.offset,
      );
    }
    type = data[reader.offset] === 0 ? type : reader.uint8();
  }
  requireQuantity(quantity, messages.length, data);
  return messages;
}

/** Reads a data field with one message. Throws TRAILING_BYTES when there are more. */
export function decodeMessage(data: Buffer): DeviceMessage {
  const [message, another] = decodeMessages(data);
  if (!message || another) {
    throw new ProtocolError('TRAILING_BYTES', 'expected one message', BODY_OFFSET);
  }
  return message;
}

function readMessage(reader: ByteReader, data: Buffer, codec: MessageCodec, type: number): DeviceMessage {
  const layout = LAYOUTS[codec];
  if (!layout.types.includes(type)) {
    throw new ProtocolError(
      'UNSUPPORTED_MESSAGE_TYPE',
      `message type 0x${type.toString(16)} is not supported in codec ${codec}`,
      reader.offset - TYPE_BYTES,
    );
  }
  const sizeOffset = reader.offset;
  const size = reader.uint32();
  const present = reader.remaining - QUANTITY_BYTES;
  if (size > present) {
    throw new ProtocolError('TRUNCATED', `expected ${size} bytes, got ${present}`, sizeOffset);
  }
  const start = reader.claim(size);
  const body = new ByteReader(data, start, start + size);
  const timestampS = layout.hasTimestamp ? body.uint32() : null;
  const imei = layout.hasImei ? readImei(body) : null;
  return { codec, type, payload: body.slice(body.remaining), timestampS, imei };
}

function requireQuantity(quantity: number, count: number, data: Buffer): void {
  const offset = data.length - QUANTITY_BYTES;
  const trailingQuantity = data.readUInt8(offset);
  if (trailingQuantity !== quantity) {
    throw new ProtocolError('COUNT_MISMATCH', `quantity is ${quantity} at the start and ${trailingQuantity} at the end`, offset);
  }
  if (count > 1 && count !== quantity) {
    throw new ProtocolError('COUNT_MISMATCH', `quantity is ${quantity}, but there are ${count} messages`, offset);
  }
}

/** Returns a payload as text, without the line ends and NULs that some devices append. Latin-1, so that every byte is one character. */
export function messageText(payload: Buffer): string {
  let end = payload.length;
  while (end > 0 && isTextPadding(payload.readUInt8(end - 1))) {
    end--;
  }
  return payload.toString('latin1', 0, end);
}

export function encodeCodec12Command(text: string): Buffer {
  return encodeMessage(CODEC_12, MESSAGE_TYPE_COMMAND, [latin1(text)]);
}

export function encodeCodec12Reply(text: string): Buffer {
  return encodeMessage(CODEC_12, MESSAGE_TYPE_REPLY, [latin1(text)]);
}

export function encodeCodec13Message(timestampS: number, text: string): Buffer {
  return encodeMessage(CODEC_13, MESSAGE_TYPE_REPLY, [seconds(timestampS), latin1(text)]);
}

export function encodeCodec14Command(imei: string, text: string): Buffer {
  return encodeMessage(CODEC_14, MESSAGE_TYPE_COMMAND, [packImei(imei), latin1(text)]);
}

export function encodeCodec14Reply(imei: string, text: string): Buffer {
  return encodeMessage(CODEC_14, MESSAGE_TYPE_REPLY, [packImei(imei), latin1(text)]);
}

export function encodeCodec14Nack(imei: string): Buffer {
  return encodeMessage(CODEC_14, MESSAGE_TYPE_NACK, [packImei(imei)]);
}

export function encodeCodec15Message(timestampS: number, imei: string, text: string): Buffer {
  return encodeMessage(CODEC_15, MESSAGE_TYPE_CODEC_15, [seconds(timestampS), packImei(imei), latin1(text)]);
}

function readImei(body: ByteReader): string {
  const { offset } = body;
  return unpackImei(body.slice(PACKED_IMEI_BYTES), offset);
}

function isTextPadding(byte: number): boolean {
  return byte === 0x0d || byte === 0x0a || byte === 0x00;
}

function encodeMessage(codec: MessageCodec, type: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const data = new ByteWriter(BODY_OFFSET + body.length + QUANTITY_BYTES)
    .unsigned(codec, 1, 'codec')
    .unsigned(QUANTITY, 1, 'quantity')
    .unsigned(type, 1, 'type')
    .unsigned(body.length, 4, 'size')
    .copy(body)
    .unsigned(QUANTITY, 1, 'quantity')
    .finish();
  return encodeFrame(data);
}

/** Buffer.from(text, 'latin1') would cut a wider character to its low byte and so change the command. */
function latin1(text: string): Buffer {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0xff) {
      throw new RangeError(`character ${i} does not fit one byte`);
    }
  }
  return Buffer.from(text, 'latin1');
}

function seconds(timestampS: number): Buffer {
  return new ByteWriter(4).unsigned(timestampS, 4, 'timestampS').finish();
}
