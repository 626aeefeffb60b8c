import { ATTRIBUTE_COLUMNS } from '../telemetry-columns.js';
import { decimalDegrees, isoTime, shownAttribute } from './record-json.js';
import { scaledElements } from './scaled-elements.js';
import { type RecordView } from './telemetry-query.dto.js';
import { type AttributeValue, type StoredIo, type TelemetryRecord } from './telemetry-record.js';

const HEAD =
  'iotTimestamp,timestamp,latitude,longitude,altitude,angle,satellites,speed,priority,eventIoId,generationType' as const;

/** The header row: the names of the JSON answer, and the names of the attribute columns. */
export const CSV_HEADER = `${[HEAD, ...ATTRIBUTE_COLUMNS.map(({ name }) => name), 'io'].join(',')}\r\n`;

/** A spreadsheet runs text that begins with one of these as a formula. */
const FORMULA = /^[=+\-@\t\r]/;
/** Coordinates in ISO 6709 begin with a sign, and are no formula that does anything. */
const SIGNED_NUMBERS = /^[-+.\d]+\/?$/;
const NEEDS_QUOTES = /[",\r\n]/;

/**
 * A row of CSV (RFC 4180). In the scaled view an attribute column has the multiplied value, and is empty for an error code; `io` is JSON: the stored object, or in
 * the scaled view the list of elements without a column and of those that repeat. Not csv-stringify, which takes four times the CPU
 * time (docs/performance.md).
 */
export function csvRow(record: TelemetryRecord, view: RecordView): string {
  const { latitude, longitude, altitude, angle, satellites, speed, priority, eventIoId, generationType } = record;
  const head = `${isoTime(record.timeMs)},${isoTime(record.receivedMs)},${decimalDegrees(latitude)},${decimalDegrees(longitude)},${altitude},${angle},${satellites},${speed},${priority},${eventIoId},${generationType ?? ''}`;
  return `${head}${view === 'raw' ? rawCells(record) : scaledCells(record)}\r\n`;
}

function rawCells({ attributes, io }: TelemetryRecord): string {
  let cells = '';
  for (let index = 0; index < attributes.length; index++) {
    const value = attributes[index] as AttributeValue | null;
    cells += value === null ? ',' : `,${cellOf(shownAttribute(index, value))}`;
  }
  return `${cells},${cellOf(io)}`;
}

function scaledCells({ attributes, io }: TelemetryRecord): string {
  const byColumn = new Map<string, AttributeValue | null>();
  const others: object[] = [];
  for (const element of scaledElements(attributes, io === null ? null : (JSON.parse(io) as StoredIo))) {
    if (element.column === null || byColumn.has(element.column)) {
      others.push(element);
    } else {
      byColumn.set(element.column, element.value);
    }
  }
  const cells = ATTRIBUTE_COLUMNS.map(({ name }) => cellOf(byColumn.get(name) ?? null));
  return `,${cells.join(',')},${others.length === 0 ? '' : cellOf(JSON.stringify(others))}`;
}

/** Text that a spreadsheet would run begins with an apostrophe, which it takes for "this is text". */
export function cellOf(value: AttributeValue | null): string {
  if (value === null) {
    return '';
  }
  if (typeof value === 'number') {
    return String(value);
  }
  const harmless = FORMULA.test(value) && !SIGNED_NUMBERS.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
