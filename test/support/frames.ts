/**
 * Bytes as a device makes them, written from Teltonika's documentation a second time: nothing here comes from `src`, so
 * that the gateway's encoder can't vouch for its decoder.
 */

export interface TestElement {
  readonly id: number;
  /** 1, 2, 4, 8, or a Buffer's own length for a variable-length element. */
  readonly width?: 1 | 2 | 4 | 8;
  readonly value: number | bigint | Buffer;
}

export interface TestRecord {
  readonly timestampMs?: number | bigint;
  readonly priority?: number;
  readonly longitude?: number;
  readonly latitude?: number;
  readonly altitude?: number;
  readonly angle?: number;
  readonly satellites?: number;
  readonly speed?: number;
  readonly eventIoId?: number;
  readonly io?: readonly TestElement[];
}

export interface RecordsFieldOptions {
  readonly codec?: number;
  readonly count1?: number;
  readonly count2?: number;
}

export const CODEC_8 = 0x08;
export const CODEC_8_EXTENDED = 0x8e;

export function login(imei: string): Buffer {
  return Buffer.concat([uint(imei.length, 2), Buffer.from(imei, 'latin1')]);
}

/** A whole frame of records, with the right length and CRC unless given. */
export function recordsFrame(records: readonly TestRecord[], options?: RecordsFieldOptions): Buffer {
  return frame(recordsField(records, options));
}

/** The data field of such a frame, codec id to number of data 2. */
export function recordsField(
  records: readonly TestRecord[],
  { codec = CODEC_8_EXTENDED, count1 = records.length, count2 = records.length }: RecordsFieldOptions = {},
): Buffer {
  const bytes = records.map((record) => recordBytes(record, codec));
  return Buffer.concat([uint(codec, 1), uint(count1, 1), ...bytes, uint(count2, 1)]);
}

/** A codec 12 message; type 5 goes to a device, 6 comes from it. */
export function codec12Frame(type: number, text: string): Buffer {
  const payload = Buffer.from(text, 'latin1');
  return frame(Buffer.concat([uint(0x0c, 1), uint(1, 1), uint(type, 1), uint(payload.length, 4), payload, uint(1, 1)]));
}

/** A codec 14 message; type 6 is an answer, 0x11 a refusal without text. */
export function codec14Frame(type: number, imei: string, text: string): Buffer {
  const payload = Buffer.concat([Buffer.from(`0${imei}`, 'hex'), Buffer.from(text, 'latin1')]);
  return frame(Buffer.concat([uint(0x0e, 1), uint(1, 1), uint(type, 1), uint(payload.length, 4), payload, uint(1, 1)]));
}

/** A codec 13 message: text with the second in which the device sent it. */
export function codec13Frame(timestampS: number, text: string): Buffer {
  const payload = Buffer.concat([uint(timestampS, 4), Buffer.from(text, 'latin1')]);
  return frame(Buffer.concat([uint(0x0d, 1), uint(1, 1), uint(6, 1), uint(payload.length, 4), payload, uint(1, 1)]));
}

export function frame(data: Buffer): Buffer {
  return Buffer.concat([uint(0, 4), uint(data.length, 4), data, uint(crc16(data), 4)]);
}

/** One AVL record. */
export function recordBytes(record: TestRecord, codec: number = CODEC_8_EXTENDED): Buffer {
  const idWidth = codec === CODEC_8_EXTENDED ? 2 : 1;
  const io = record.io ?? [];
  const variable = io.filter(({ value }) => Buffer.isBuffer(value));
  const groups = [1, 2, 4, 8].map((width) =>
    io.filter((element) => !Buffer.isBuffer(element.value) && (element.width ?? 1) === width),
  );
  return Buffer.concat([
    uint(record.timestampMs ?? Date.now(), 8),
    uint(record.priority ?? 0, 1),
    uint(record.longitude ?? 0, 4),
    uint(record.latitude ?? 0, 4),
    uint(record.altitude ?? 0, 2),
    uint(record.angle ?? 0, 2),
    uint(record.satellites ?? 0, 1),
    uint(record.speed ?? 0, 2),
    uint(record.eventIoId ?? 0, idWidth),
    uint(io.length, idWidth),
    ...groups.flatMap((group, index) => [
      uint(group.length, idWidth),
      ...group.flatMap(({ id, value }) => [uint(id, idWidth), uint(value as number | bigint, 2 ** index)]),
    ]),
    ...(codec === CODEC_8_EXTENDED
      ? [
          uint(variable.length, 2),
          ...variable.flatMap(({ id, value }) => [uint(id, 2), uint((value as Buffer).length, 2), value as Buffer]),
        ]
      : []),
  ]);
}

/** CRC-16/IBM, bit by bit as the documentation draws it. */
export function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
    }
  }
  return crc;
}

/** Big-endian; negative numbers as two's complement. */
export function uint(value: number | bigint, width: number): Buffer {
  const hex = BigInt.asUintN(8 * width, BigInt(value))
    .toString(16)
    .padStart(2 * width, '0');
  return Buffer.from(hex, 'hex');
}
