import { query } from '../support/scratch-postgres.js';
import { type GatewayUnderTest, type TransportFigures, type Vitals } from './gateway-under-test.js';
import { type GoodPeer } from './good-device.js';

/** Heap after garbage collection, over that after the warm-up: caches have their bounds, and fill up to them. */
const HEAP_GROWTH = { factor: 1.25, bytes: 8e6 } as const;
/** What the allocator keeps comes and goes. */
const RESIDENT_GROWTH = { factor: 1.5, bytes: 64e6 } as const;
/** The pool opens and closes connections to PostgreSQL as it needs them. */
const MORE_FILES = 12;

/** What the gateway holds more than after the warm-up; empty when it is what it was. */
export function leaks(before: Vitals, after: Vitals): string[] {
  return [
    tooMuch('heap', before.heapBytes, after.heapBytes, HEAP_GROWTH),
    tooMuch('memory outside of the heap', before.externalBytes, after.externalBytes, HEAP_GROWTH),
    tooMuch('resident memory', before.residentBytes, after.residentBytes, RESIDENT_GROWTH),
    after.files > before.files + MORE_FILES ? `${before.files} open files became ${after.files}` : null,
  ].filter((leak) => leak !== null);
}

/** What its own counters say that should never be. */
export function countedFaults({ disconnects, bytesInFlight }: TransportFigures): string[] {
  const handlerErrors = disconnects['handler-error'] ?? 0;
  return [
    handlerErrors > 0 ? `${handlerErrors} connections ended because a handler failed` : null,
    bytesInFlight < 0 ? `${bytesInFlight} bytes are in flight` : null,
  ].filter((fault) => fault !== null);
}

/** Whether each record of the good devices that was acknowledged is stored, exactly once, and nothing else of theirs is. */
export async function storageFaults(databaseUrl: string, devices: readonly GoodPeer[]): Promise<string[]> {
  const rows = await query<{ imei: string; rows: number; records: number }>(
    databaseUrl,
    `select iot_imei as imei, count(*)::int as rows, count(distinct iot_timestamp)::int as records
       from tbl_iot_telemetry_data
      where iot_imei = any ($1)
      group by iot_imei`,
    [devices.map(({ imei }) => imei)],
  );
  return devices
    .map(({ imei, acknowledged }) => ({ imei, acknowledged, found: rows.find((row) => row.imei === imei) }))
    .filter(({ acknowledged, found }) => found?.rows !== acknowledged || found.records !== acknowledged)
    .map(
      ({ imei, acknowledged, found }) =>
        `${acknowledged} records of ${imei} were acknowledged; ${found?.rows ?? 0} are stored, ${found?.records ?? 0} different ones`,
    );
}

/** Sessions whose device is not connected. */
export async function sessionFaults(databaseUrl: string, devices: readonly GoodPeer[]): Promise<string[]> {
  const sessions = await query<{ imei: string }>(databaseUrl, 'select imei from tbl_iot_device_sessions');
  const imeis = devices.map(({ imei }) => imei);
  const left = sessions.filter(({ imei }) => !imeis.includes(imei));
  return left.length === 0 && sessions.length === devices.length
    ? []
    : [`${sessions.length} sessions for ${devices.length} devices; not connected: ${left.map(({ imei }) => imei).join(', ')}`];
}

/** Garbage is not all garbage at once: the least of three looks. */
export async function settledVitals(gateway: GatewayUnderTest): Promise<Vitals> {
  const looks = [await gateway.collectGarbage(), await gateway.collectGarbage(), await gateway.collectGarbage()];
  const least = (part: keyof Vitals): number => Math.min(...looks.map((vitals) => vitals[part]));
  return {
    heapBytes: least('heapBytes'),
    externalBytes: least('externalBytes'),
    residentBytes: least('residentBytes'),
    files: least('files'),
  };
}

function tooMuch(what: string, before: number, after: number, growth: { factor: number; bytes: number }): string | null {
  return after > before * growth.factor + growth.bytes ? `${what} grew from ${megabytes(before)} to ${megabytes(after)}` : null;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
