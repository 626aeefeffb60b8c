import xxhash from 'xxhash-wasm';
import { type AvlRecord, type IoElement } from '../../protocol/avl-record.js';
import { signedIoValue } from '../../protocol/io-value.js';
import { elementJson, findOddities, odditiesJson } from './io-json.js';
import { COPY_COLUMNS, ATTRIBUTE_COLUMNS, type AttributeColumn } from '../telemetry-columns.js';
import { type CopyBuffer } from './copy-buffer.js';

const hasher = await xxhash();

/** The last millisecond that every client can show. A later device time is stored as this one, and exactly in `io`. */
export const LAST_TIMESTAMP_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Maximum size of the fixed part of a row: 13 columns of the record, 36 attributes of at most 22 bytes. */
const MAX_FIXED_ROW_BYTES = 2_048;
const MAX_SMALLINT = 0x7fff;
const MAX_INTEGER = 0x7fffffff;

/** AVL id -> place among the attribute columns, 0 for none, else the index plus one. */
const placeOfId = new Uint8Array(0x1_0000);
ATTRIBUTE_COLUMNS.forEach(({ avlId }, index) => (placeOfId[avlId] = index + 1));

/** The element that fills each attribute column of the row being written; reused, as rows are written one at a time. */
const placed: (IoElement | null)[] = ATTRIBUTE_COLUMNS.map(() => null);

/** XXH64 of a record's own bytes. Together with the IMEI and the device time it identifies the record. */
export function recordHash(bytes: Buffer): bigint {
  return hasher.h64Raw(bytes);
}

/** The time under which a record is stored. */
export function storedTimestampMs(record: AvlRecord): number {
  return Math.min(record.timestampMs, LAST_TIMESTAMP_MS);
}

/**
 * Appends one record as a row of COPY_COLUMNS, and returns its hash, unsigned. Never rejects a record: a value that does not fit its column goes to `io`.
 */
export function appendRecordRow(row: CopyBuffer, imei: string, record: AvlRecord, receivedAtMs: number): bigint {
  const hash = recordHash(record.bytes);
  row.reserve(MAX_FIXED_ROW_BYTES);
  row.startRow(COPY_COLUMNS.length);
  row.ascii(imei);
  row.timestamp(storedTimestampMs(record));
  row.hash(hash);
  row.timestamp(receivedAtMs);
  row.coordinate(record.latitude);
  row.coordinate(record.longitude);
  row.smallint(record.altitude);
  row.integer(record.angle);
  row.smallint(record.satellites);
  row.integer(record.speed);
  row.smallint(record.priority);
  row.integer(record.eventIoId);
  if (record.generationType === null) {
    row.null();
  } else {
    row.smallint(record.generationType);
  }
  appendAttributes(row, record);
  return hash;
}

function appendAttributes(row: CopyBuffer, record: AvlRecord): void {
  const { io } = record;
  const oddities = findOddities(io);
  let leftOver = record.timestampMs > LAST_TIMESTAMP_MS ? `"timestamp":"${record.bytes.readBigUInt64BE(0)}"` : '';
  for (let index = 0; index < io.length; index++) {
    const element = io[index] as IoElement;
    const place = placeOfId[element.id] as number;
    if (place > 0) {
      // Of a repeated id the last one fills the column; `io` has them all.
      placed[place - 1] = element;
    } else if (!oddities?.repeated.has(element.id)) {
      leftOver = joined(leftOver, elementJson(element));
    }
  }
  for (let index = 0; index < placed.length; index++) {
    const element = placed[index];
    if (!element) {
      row.null();
      continue;
    }
    placed[index] = null;
    if (!appendColumn(row, ATTRIBUTE_COLUMNS[index] as AttributeColumn, element)) {
      row.null();
      if (!oddities?.repeated.has(element.id)) {
        leftOver = joined(leftOver, elementJson(element));
      }
    }
  }
  if (oddities) {
    leftOver = joined(leftOver, odditiesJson(io, oddities).join(','));
  }
  if (leftOver === '') {
    row.null();
  } else {
    row.jsonb(`{${leftOver}}`);
  }
}

function joined(members: string, more: string): string {
  return members === '' ? more : `${members},${more}`;
}

/** Returns false, and writes nothing, when the value does not fit the column. */
function appendColumn(row: CopyBuffer, column: AttributeColumn, element: IoElement): boolean {
  if (typeof element.value === 'object') {
    return column.type === 'text' && appendText(row, element.value);
  }
  if (column.type === 'text') {
    return false;
  }
  if (column.type === 'numeric') {
    row.unsigned64(BigInt(element.value));
    return true;
  }
  const value = Number(signedIoValue(element));
  if (!Number.isSafeInteger(value)) {
    return false;
  }
  switch (column.type) {
    case 'smallint':
      if (value > MAX_SMALLINT || value < -MAX_SMALLINT - 1) {
        return false;
      }
      row.smallint(value);
      return true;
    case 'integer':
      if (value > MAX_INTEGER || value < -MAX_INTEGER - 1) {
        return false;
      }
      row.integer(value);
      return true;
    case 'bigint':
      row.bigint(value);
      return true;
  }
}

/** Text columns take printable ASCII unchanged and everything else (for example a NUL) as hex, so no text of a device makes a row invalid. */
function appendText(row: CopyBuffer, value: Buffer): boolean {
  if (isPrintable(value)) {
    row.asciiBytes(value);
  } else {
    row.ascii(value.toString('hex'));
  }
  return true;
}

function isPrintable(bytes: Buffer): boolean {
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (byte < 0x20 || byte > 0x7e) {
      return false;
    }
  }
  return true;
}
