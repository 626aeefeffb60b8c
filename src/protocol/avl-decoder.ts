import type { AvlRecord, IoElement } from './avl-record.js';
import { ByteReader } from './byte-reader.js';
import { isRecordCodec } from './codec-ids.js';
import { ProtocolError } from './protocol-error.js';
import { RECORD_FIXED_BYTES, RECORD_LAYOUTS, type RecordLayout } from './record-layout.js';

const COUNT_BYTES = 1;
const UINT32_RANGE = 0x1_0000_0000;

/**
 * Reads the data field of a codec 8, 8 Extended or 16 frame: codec id, number of data 1, records, number of data 2. Every
 * byte must have its place, else the whole field is refused: an acknowledgement has no word for "some of them".
 *
 * Whether an id is known makes no difference here. How wide a value is says the group it stands in, since tables of ids
 * disagree with firmware; what it means is the dictionary's matter. N total is not looked at for the same reason: the five
 * groups carry their own counts. An id that comes twice stays twice, in order.
 */
export function decodeRecords(data: Buffer): AvlRecord[] {
  const reader = new ByteReader(data, 0, Math.max(0, data.length - COUNT_BYTES));
  const codec = reader.uint8();
  if (!isRecordCodec(codec)) {
    throw new ProtocolError('UNSUPPORTED_CODEC', `expected a record codec, got 0x${codec.toString(16)}`, 0);
  }
  const count = reader.uint8();
  requireSameCount(count, reader);
  const layout = RECORD_LAYOUTS[codec];
  const records: AvlRecord[] = [];
  for (let i = 0; i < count; i++) {
    records.push(readRecord(reader, layout));
  }
  if (reader.remaining > 0) {
    throw new ProtocolError('TRAILING_BYTES', `${reader.remaining} bytes after ${count} records`, reader.offset);
  }
  return records;
}

/** First of all checks: a field whose counts differ is not worth decoding. */
function requireSameCount(count: number, reader: ByteReader): void {
  const trailingCount = reader.view.getUint8(reader.end);
  if (trailingCount !== count) {
    throw new ProtocolError('COUNT_MISMATCH', `${count} records at the start, ${trailingCount} at the end`, reader.end);
  }
}

/** The one object literal keeps all records in one hidden class, whatever their codec. */
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
  readCount(reader, layout); // N total
  readGroup(reader, layout, 1, io);
  readGroup(reader, layout, 2, io);
  readGroup(reader, layout, 4, io);
  readGroup(reader, layout, 8, io);
  if (layout.hasVariableGroup) {
    readVariableGroup(reader, layout, io);
  }
  return io;
}

/**
 * One bounds check a group, not one a value. The array grows by push: sizing it from the counts was no faster when
 * measured, and sizing it from N total would let 38 bytes ask for an array of 65,535.
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

function readId(reader: ByteReader, layout: RecordLayout): number {
  return layout.idBytes === 2 ? reader.uint16() : reader.uint8();
}

function readCount(reader: ByteReader, layout: RecordLayout): number {
  return layout.countBytes === 2 ? reader.uint16() : reader.uint8();
}
