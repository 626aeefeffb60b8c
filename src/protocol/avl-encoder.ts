import type { AvlRecord, IoElement } from './avl-record.js';
import { ByteWriter } from './byte-writer.js';
import { isRecordCodec } from './codec-ids.js';
import { encodeFrame } from './frame-encoder.js';
import { MAX_RECORDS, RECORD_FIXED_BYTES, RECORD_LAYOUTS, type RecordLayout } from './record-layout.js';

const FIXED_WIDTHS = [1, 2, 4, 8] as const;
const VARIABLE_LENGTH_BYTES = 2;

/** The time is a bigint above 2^53. */
export interface RecordToEncode extends Omit<AvlRecord, 'bytes' | 'timestampMs'> {
  readonly timestampMs: number | bigint;
}

/** Encodes a whole frame, as a device sends it over TCP. Throws RangeError for values that do not fit the codec. */
export function encodeRecords(codec: number, records: readonly RecordToEncode[]): Buffer {
  return encodeFrame(encodeRecordArray(codec, records));
}

/** Encodes the data field alone, as in UDP packets: codec id, number of data 1, records, number of data 2. */
export function encodeRecordArray(codec: number, records: readonly RecordToEncode[]): Buffer {
  if (!isRecordCodec(codec)) {
    throw new RangeError(`0x${codec.toString(16)} is not a record codec`);
  }
  if (records.length > MAX_RECORDS) {
    throw new RangeError(`expected at most ${MAX_RECORDS} records, got ${records.length}`);
  }
  const layout = RECORD_LAYOUTS[codec];
  const encoded = records.map((record) => encodeRecord(record, layout));
  return Buffer.concat([Buffer.of(codec, records.length), ...encoded, Buffer.of(records.length)]);
}

function encodeRecord(record: RecordToEncode, layout: RecordLayout): Buffer {
  const groups = groupByWidth(record.io, layout);
  const writer = new ByteWriter(recordBytes(groups, layout));
  writer
    .uint64(record.timestampMs, 'timestampMs')
    .unsigned(record.priority, 1, 'priority')
    .signed(record.longitude, 4, 'longitude')
    .signed(record.latitude, 4, 'latitude')
    .signed(record.altitude, 2, 'altitude')
    .unsigned(record.angle, 2, 'angle')
    .unsigned(record.satellites, 1, 'satellites')
    .unsigned(record.speed, 2, 'speed')
    .unsigned(record.eventIoId, layout.idBytes, 'eventIoId');
  writeGenerationType(writer, record.generationType, layout);
  writer.unsigned(record.io.length, layout.countBytes, 'number of IO elements');
  for (const group of groups) {
    writer.unsigned(group.length, layout.countBytes, 'number of IO elements of one width');
    for (const element of group) {
      writer.unsigned(element.id, layout.idBytes, 'IO id');
      writeValue(writer, element);
    }
  }
  return writer.finish();
}

/** Groups N1, N2, N4, N8 and, where the codec has it, NX. Elements of one group stay in order. */
function groupByWidth(io: readonly IoElement[], layout: RecordLayout): IoElement[][] {
  const groups: IoElement[][] = FIXED_WIDTHS.map(() => []);
  if (layout.hasVariableGroup) {
    groups.push([]);
  }
  for (const element of io) {
    const group = groups[groupIndex(element)];
    if (group === undefined) {
      throw new RangeError(`IO ${element.id}: the codec has no group for a value of ${element.width} bytes`);
    }
    group.push(element);
  }
  return groups;
}

function groupIndex(element: IoElement): number {
  if (!Buffer.isBuffer(element.value)) {
    return FIXED_WIDTHS.findIndex((width) => width === element.width);
  }
  if (element.value.length !== element.width) {
    throw new RangeError(`IO ${element.id}: width ${element.width}, but the value has ${element.value.length} bytes`);
  }
  return FIXED_WIDTHS.length;
}

function recordBytes(groups: readonly IoElement[][], layout: RecordLayout): number {
  const { idBytes, countBytes } = layout;
  let size = RECORD_FIXED_BYTES + idBytes + (layout.hasGenerationType ? 1 : 0) + countBytes;
  for (const group of groups) {
    size += countBytes;
    for (const element of group) {
      size += idBytes + (Buffer.isBuffer(element.value) ? VARIABLE_LENGTH_BYTES : 0) + element.width;
    }
  }
  return size;
}

function writeGenerationType(writer: ByteWriter, generationType: number | null, layout: RecordLayout): void {
  if (layout.hasGenerationType !== (generationType !== null)) {
    throw new RangeError(`generationType: codec 16 has one, the other codecs have null; got ${generationType}`);
  }
  if (generationType !== null) {
    writer.unsigned(generationType, 1, 'generationType');
  }
}

function writeValue(writer: ByteWriter, { id, width, value }: IoElement): void {
  const what = `IO ${id}`;
  if (Buffer.isBuffer(value)) {
    writer.unsigned(width, VARIABLE_LENGTH_BYTES, what).copy(value);
  } else if (width === 8) {
    writer.uint64(value, what);
  } else {
    writer.unsigned(Number(value), width as 1 | 2 | 4, what);
  }
}
