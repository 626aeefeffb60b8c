import { ATTRIBUTE_COLUMNS, type ColumnType } from '../telemetry-columns.js';
import { type AttributeValue, type TelemetryRecord } from './telemetry-record.js';

const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const TWO_32 = 0x1_0000_0000;
const NULL_LENGTH = -1;
const COLUMN_COUNT_BYTES = 2;
/** numeric: count of digits, weight of the first one, sign, scale; each digit is 0 to 9,999. */
const NUMERIC_HEADER_BYTES = 8;
const NUMERIC_NEGATIVE = 0x4000;
const DIGIT_BASE = 10_000;
const DECIMALS_OF_A_DIGIT = 4;
/** A coordinate has seven decimals, which are in two digits. */
const COORDINATE_UNIT = DIGIT_BASE * DIGIT_BASE;

/** A record, and how its page goes on: the two columns behind RECORD_ROW. */
export interface DecodedRow {
  readonly record: TelemetryRecord;
  readonly flag: boolean;
  readonly bytes: number;
}

let bytes: Buffer = Buffer.alloc(0);
/** Position in `bytes`. Rows are decoded one at a time, so that this costs no object per row. */
let at = 0;

/** Reads a row of `copyOut` with the columns RECORD_ROW, a boolean and a float8. */
export function decodeRecordRow(row: Buffer): DecodedRow {
  bytes = row;
  at = COLUMN_COUNT_BYTES;
  // The order of these calls is that of the columns.
  const imei = text() ?? '';
  const timeMs = timestampMs();
  const recordHash = bytes.readBigInt64BE(valueOf(8)).toString();
  const receivedMs = timestampMs();
  const latitude = coordinate();
  const longitude = coordinate();
  const altitude = integer() ?? 0;
  const angle = integer() ?? 0;
  const satellites = integer() ?? 0;
  const speed = integer() ?? 0;
  const priority = integer() ?? 0;
  const eventIoId = integer() ?? 0;
  const generationType = integer();
  const attributes = ATTRIBUTE_COLUMNS.map(({ type }) => attribute(type));
  const io = jsonb();
  const flag = bytes[valueOf(1)] === 1;
  const size = bytes.readDoubleBE(valueOf(8));
  // prettier-ignore
  const record = {
    imei, timeMs, receivedMs, recordHash, latitude, longitude, altitude, angle, satellites, speed, priority, eventIoId, generationType, attributes, io,
  };
  return { record, flag, bytes: size };
}

/** The position of a value that is not null and has a fixed length. */
function valueOf(length: number): number {
  const start = at + 4;
  at = start + length;
  return start;
}

function attribute(type: ColumnType): AttributeValue | null {
  switch (type) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return integer();
    case 'numeric':
      return wholeNumeric();
    case 'text':
      return text();
  }
}

/** smallint, integer or bigint: the length says which. */
function integer(): number | null {
  const length = bytes.readInt32BE(at);
  at += 4;
  if (length === NULL_LENGTH) {
    return null;
  }
  const start = at;
  at += length;
  switch (length) {
    case 2:
      return bytes.readInt16BE(start);
    case 4:
      return bytes.readInt32BE(start);
    default:
      return bytes.readInt32BE(start) * TWO_32 + bytes.readUInt32BE(start + 4);
  }
}

function text(): string | null {
  const length = bytes.readInt32BE(at);
  at += 4;
  if (length === NULL_LENGTH) {
    return null;
  }
  const start = at;
  at += length;
  return bytes.toString('utf8', start, at);
}

/** Behind a byte with the version of the format. */
function jsonb(): string | null {
  const versioned = text();
  return versioned === null ? null : versioned.slice(1);
}

/** Microseconds since 2000, which exceed 2^53 from the year 2285 on. A device time has no fraction of a millisecond. */
function timestampMs(): number {
  const start = valueOf(8);
  const [upper, lower] = [bytes.readInt32BE(start), bytes.readUInt32BE(start + 4)];
  // 2^32 is 4,294,967 times 1,000, and 296.
  const rest = upper * 296 + lower;
  return POSTGRES_EPOCH_MS + upper * 4_294_967 + Math.floor(rest / 1000);
}

/** All digits as one whole number, divided once: the result is the number that is nearest to the decimal text. */
function coordinate(): number {
  const { count, weight, sign, start } = numericHeader();
  let units = 0;
  for (let index = 0; index < count; index++) {
    units += bytes.readInt16BE(start + 2 * index) * COORDINATE_UNIT * DIGIT_BASE ** (weight - index);
  }
  const value = Math.round(units) / COORDINATE_UNIT;
  return sign === NUMERIC_NEGATIVE ? -value : value;
}

function wholeNumeric(): string | null {
  if (bytes.readInt32BE(at) === NULL_LENGTH) {
    at += 4;
    return null;
  }
  const { count, weight, sign, start } = numericHeader();
  let digits = '';
  for (let index = 0; index <= weight; index++) {
    const digit = String(index < count ? bytes.readInt16BE(start + 2 * index) : 0);
    digits += index === 0 ? digit : digit.padStart(DECIMALS_OF_A_DIGIT, '0');
  }
  return `${sign === NUMERIC_NEGATIVE ? '-' : ''}${digits || '0'}`;
}

function numericHeader() {
  const length = bytes.readInt32BE(at);
  const header = at + 4;
  at = header + length;
  return {
    count: bytes.readInt16BE(header),
    weight: bytes.readInt16BE(header + 2),
    sign: bytes.readUInt16BE(header + 4),
    start: header + NUMERIC_HEADER_BYTES,
  };
}
