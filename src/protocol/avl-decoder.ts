import type { AvlRecord, IoElement } from './avl-record.js';
import { ByteReader } from './byte-reader.js';
import { CODEC_8, isRecordCodec } from './codec-ids.js';
import { ProtocolError } from './protocol-error.js';
import { CODEC_8_LAYOUT_WITH_GROUP_OF_16, RECORD_FIXED_BYTES, RECORD_LAYOUTS, type RecordLayout } from './record-layout.js';

const COUNT_BYTES = 1;
/** Behind the codec id and number of data 1. */
const RECORDS_OFFSET = 2;
const WIDTH_16 = 16;
const UINT32_RANGE = 0x1_0000_0000;

/**
 * Reads the data field of a codec 8, 8 Extended or 16 frame: codec id, number of data 1, records, number of data 2. Every byte must belong to
 * a record, else the whole field is rejected, because an acknowledgement cannot name single records.
 *
 * Unknown ids are accepted. The width of a value is that of its group, because the tables of ids disagree with the firmware. N total is not
 * checked, because the groups have counts of their own. An id that occurs twice is returned twice, in order.
 *
 * A codec 8 field that cannot be read with the documented layout is read again with the 16-byte group of old devices. The result is accepted only
 * if it uses every byte of all records and each N total is the sum of the groups: then no other reading is possible.
 */
export function decodeRecords(data: Buffer): AvlRecord[] {
  const reader = new ByteReader(data, 0, Math.max(0, data.length - COUNT_BYTES));
  const codec = reader.uint8();
  if (!isRecordCodec(codec)) {
    throw new ProtocolError('UNSUPPORTED_CODEC', `expected a record codec, got 0x${codec.toString(16)}`, 0);
  }
  const count = reader.uint8();
  requireSameCount(count, reader);
  try {
    return readRecords(reader, count, RECORD_LAYOUTS[codec]);
  } catch (error) {
    const records = codec === CODEC_8 ? readWithGroupOf16(data, reader.end, count) : null;
    if (!records) {
      throw error;
    }
    return records;
  }
}

function readRecords(reader: ByteReader, count: number, layout: RecordLayout): AvlRecord[] {
  const records: AvlRecord[] = [];
  for (let i = 0; i < count; i++) {
    records.push(readRecord(reader, layout));
  }
  if (reader.remaining > 0) {
    throw new ProtocolError('TRAILING_BYTES', `${reader.remaining} bytes after ${count} records`, reader.offset);
  }
  return records;
}

/** Returns null when the field does not have this layout: then the error of the documented layout is reported. */
function readWithGroupOf16(data: Buffer, end: number, count: number): AvlRecord[] | null {
  try {
    return readRecords(new ByteReader(data, RECORDS_OFFSET, end), count, CODEC_8_LAYOUT_WITH_GROUP_OF_16);
  } catch (error) {
    if (error instanceof ProtocolError) {
      return null;
    }
    throw error;
  }
}

/** The first check: a field whose counts differ is not decoded. */
function requireSameCount(count: number, reader: ByteReader): void {
  const trailingCount = reader.view.getUint8(reader.end);
  if (trailingCount !== count) {
    throw new ProtocolError(
      'COUNT_MISMATCH',
      `number of records is ${count} at the start and ${trailingCount} at the end`,
      reader.end,
    );
  }
}

/** A single object literal gives the records of all codecs the same hidden class. */
function readRecord(reader: ByteReader, layout: RecordLayout): AvlRecord {
  const { view } = reader;
  const start = reader.claim(RECORD_FIXED_BYTES);
  const eventIoId = readId(reader, layout);
  const generationType = layout.hasGenerationType ? reader.uint8() : null;
  const io = readIo(reader, layout);
  return {
    timestampMs: view.getUint32(start) * UINT32_RANGE + view.getUint32(start + 4),
    priority: view.getUint8(start + 8),
    longitude: view.getInt32(start + 9),
    latitude: view.getInt32(start + 13),
    altitude: view.getInt16(start + 17),
    angle: view.getUint16(start + 19),
    satellites: view.getUint8(start + 21),
    speed: view.getUint16(start + 22),
    eventIoId,
    generationType,
    io,
    bytes: reader.sliceFrom(start),
  };
}

function readIo(reader: ByteReader, layout: RecordLayout): IoElement[] {
  const io: IoElement[] = [];
  const total = readCount(reader, layout);
  readGroup(reader, layout, 1, io);
  readGroup(reader, layout, 2, io);
  readGroup(reader, layout, 4, io);
  readGroup(reader, layout, 8, io);
  if (layout.hasVariableGroup) {
    readVariableGroup(reader, layout, io);
  }
  if (layout.hasGroupOf16) {
    readGroupOf16(reader, layout, io);
    requireTotal(total, io, reader);
  }
  return io;
}

/**
 * One bounds check per group, not per value. The array grows by push: allocating it from the counts was not faster when measured, and
 * allocating it from N total would let 38 bytes request an array of 65,535 elements.
 */
function readGroup(reader: ByteReader, layout: RecordLayout, width: FixedWidth, io: IoElement[]): void {
  const { view } = reader;
  const { idBytes } = layout;
  const count = readCount(reader, layout);
  const elementBytes = idBytes + width;
  let at = reader.claim(count * elementBytes);
  for (let i = 0; i < count; i++) {
    const id = idBytes === 2 ? view.getUint16(at) : view.getUint8(at);
    io.push({ id, width, value: readValue(view, at + idBytes, width) });
    at += elementBytes;
  }
}

type FixedWidth = 1 | 2 | 4 | 8;

function readValue(view: DataView, at: number, width: FixedWidth): number | bigint {
  switch (width) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at);
    case 4:
      return view.getUint32(at);
    case 8:
      return view.getBigUint64(at);
  }
}

function readVariableGroup(reader: ByteReader, layout: RecordLayout, io: IoElement[]): void {
  const count = readCount(reader, layout);
  for (let i = 0; i < count; i++) {
    const id = readId(reader, layout);
    const width = reader.uint16();
    io.push({ id, width, value: reader.slice(width) });
  }
}

function readGroupOf16(reader: ByteReader, layout: RecordLayout, io: IoElement[]): void {
  const count = readCount(reader, layout);
  for (let i = 0; i < count; i++) {
    const id = readId(reader, layout);
    io.push({ id, width: WIDTH_16, value: reader.slice(WIDTH_16) });
  }
}

function requireTotal(total: number, io: readonly IoElement[], reader: ByteReader): void {
  if (total !== io.length) {
    throw new ProtocolError('COUNT_MISMATCH', `N total is ${total}, the groups have ${io.length} elements`, reader.offset);
  }
}

function readId(reader: ByteReader, layout: RecordLayout): number {
  return layout.idBytes === 2 ? reader.uint16() : reader.uint8();
}

function readCount(reader: ByteReader, layout: RecordLayout): number {
  return layout.countBytes === 2 ? reader.uint16() : reader.uint8();
}
