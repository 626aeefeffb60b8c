import { type KeyLists, type TelemetryReport } from '../../events/telemetry/telemetry-report.js';

/** The arrays of an arrival, each as its elements with commas. */
export interface ArrivalTexts {
  readonly imeis: string;
  readonly recordCounts: string;
  readonly firstReceivedMs: string;
  readonly lastReceivedMs: string;
  readonly newestTimesMs: string;
  readonly newestHashes: string;
  /** `t` or `f`. */
  readonly arePlausible: string;
  readonly keyCounts: string | null;
  readonly keyTimesMs: string | null;
  readonly keyHashes: string | null;
}

/** In the order of `arrivalValues`. */
export const ARRIVAL_COLUMNS = `is_urgent, imeis, record_counts, first_received_ms, last_received_ms, newest_times_ms, newest_hashes, are_plausible,
  key_counts, key_times_ms, key_hashes`;
const PLAIN_TEXT = /^[0-9a-z ]+$/;

/**
 * A statement that stores the reports as one arrival, or as two where some devices are urgent. Its values are literals, because it travels in one
 * text with COPY, which takes no parameters: the events of a batch then cost the ingest no round trip. All of them are numbers, but for the IMEIs,
 * which are digits.
 */
export function insertArrivals(reports: readonly TelemetryReport[], urgentImeis: ReadonlySet<string>): string {
  const urgent = urgentImeis.size === 0 ? [] : reports.filter(({ imei }) => urgentImeis.has(imei));
  const others = urgentImeis.size === 0 ? reports : reports.filter(({ imei }) => !urgentImeis.has(imei));
  const rows = [
    ...(urgent.length > 0 ? [arrivalValues(urgent, true)] : []),
    ...(others.length > 0 ? [arrivalValues(others, false)] : []),
  ];
  const values = rows.map((row) => `(${row})`).join(', ');
  return rows.length === 0 ? '' : `insert into tbl_iot_telemetry_arrivals (${ARRIVAL_COLUMNS}) values ${values}`;
}

/** Divides reports among arrivals with a limited number of keys. A report with more of them becomes several; each has the newest record of the whole. */
export function splitByKeys(reports: readonly TelemetryReport[], maxKeys: number): TelemetryReport[][] {
  const parts: TelemetryReport[][] = [];
  let room = 0;
  for (const report of reports) {
    let rest = report;
    for (let keys = keysOf(rest); parts.length === 0 || keys > room; keys = keysOf(rest)) {
      if (room > 0) {
        parts.at(-1)?.push(firstOf(rest, room));
        rest = withoutFirst(rest, room);
      }
      parts.push([]);
      room = maxKeys;
    }
    parts.at(-1)?.push(rest);
    room -= keysOf(rest);
  }
  return parts;
}

function keysOf({ keys }: TelemetryReport): number {
  return keys?.hashes.length ?? 0;
}

function firstOf(report: TelemetryReport, count: number): TelemetryReport {
  const { timesMs = [], hashes = [] } = report.keys ?? {};
  return { ...report, count, keys: { timesMs: timesMs.slice(0, count), hashes: hashes.slice(0, count) } };
}

function withoutFirst(report: TelemetryReport, count: number): TelemetryReport {
  const { timesMs = [], hashes = [] } = report.keys ?? {};
  return { ...report, count: report.count - count, keys: { timesMs: timesMs.slice(count), hashes: hashes.slice(count) } };
}

/** Literals of one arrival. */
export function arrivalValues(reports: readonly TelemetryReport[], isUrgent: boolean): string {
  const hasKeys = reports.some(({ keys }) => keys !== null);
  const arrays = [
    arrayOf(reports, ({ imei }) => requirePlain(imei)),
    arrayOf(reports, ({ count }) => count),
    arrayOf(reports, ({ firstReceivedMs }) => firstReceivedMs),
    arrayOf(reports, ({ lastReceivedMs }) => lastReceivedMs),
    arrayOf(reports, ({ newestMs }) => newestMs),
    arrayOf(reports, ({ newestHash }) => newestHash),
    arrayOf(reports, ({ isPlausible }) => (isPlausible ? 't' : 'f')),
  ];
  const keys = hasKeys
    ? [
        arrayOf(reports, ({ keys }) => keys?.timesMs.length ?? 0),
        `'{${reports.flatMap(({ keys }) => keys?.timesMs ?? []).join(',')}}'`,
        `'{${reports.flatMap(({ keys }) => keys?.hashes ?? []).join(',')}}'`,
      ]
    : ['null', 'null', 'null'];
  return [String(isUrgent), ...arrays, ...keys].join(', ');
}

function arrayOf(reports: readonly TelemetryReport[], valueOf: (report: TelemetryReport) => string | number | bigint): string {
  return `'{${reports.map(valueOf).join(',')}}'`;
}

/** The login accepts digits only. What it accepts some day must not become part of a statement. */
function requirePlain(imei: string): string {
  if (!PLAIN_TEXT.test(imei)) {
    throw new TypeError(`${JSON.stringify(imei)} is not an IMEI`);
  }
  return imei;
}

/**
 * The reports of an arrival. Read as texts: the driver takes an array apart character by character. Throws RangeError when the arrays do not have one
 * element for each device.
 */
export function reportsOfArrival(texts: ArrivalTexts): TelemetryReport[] {
  const imeis = split(texts.imeis);
  const [counts, first, last] = [split(texts.recordCounts), split(texts.firstReceivedMs), split(texts.lastReceivedMs)];
  const [times, hashes, plausible] = [split(texts.newestTimesMs), split(texts.newestHashes), split(texts.arePlausible)];
  if ([counts, first, last, times, hashes, plausible].some(({ length }) => length !== imeis.length)) {
    throw new RangeError(`the arrays of the arrival do not have one element for each of its ${imeis.length} devices`);
  }
  const takeKeys = keyReader(texts, imeis.length);
  return imeis.map((imei, index) => ({
    imei,
    count: Number(counts[index]),
    firstReceivedMs: Number(first[index]),
    lastReceivedMs: Number(last[index]),
    newestMs: Number(times[index]),
    newestHash: BigInt(hashes[index] as string),
    isPlausible: plausible[index] === 't',
    keys: takeKeys(index),
  }));
}

/** Returns a function that takes the keys of one device after the other. */
function keyReader({ keyCounts, keyTimesMs, keyHashes }: ArrivalTexts, devices: number): (index: number) => KeyLists | null {
  if (keyCounts === null) {
    return () => null;
  }
  const counts = split(keyCounts);
  const times = split(keyTimesMs ?? '').map(Number);
  const hashes = split(keyHashes ?? '');
  const total = counts.reduce((sum, count) => sum + Number(count), 0);
  if (counts.length !== devices || times.length !== total || hashes.length !== total) {
    throw new RangeError(`the keys of the arrival are not those of its ${devices} devices`);
  }
  let position = 0;
  return (index) => {
    const end = position + Number(counts[index]);
    const keys = { timesMs: times.slice(position, end), hashes: hashes.slice(position, end) };
    position = end;
    return keys;
  };
}

function split(text: string): string[] {
  return text === '' ? [] : text.split(',');
}
