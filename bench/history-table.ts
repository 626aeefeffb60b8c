import { type Client } from 'pg';
import { upsertLatest } from '../src/telemetry/latest/latest-records.repository.js';
import { COPY_COLUMNS } from '../src/telemetry/telemetry-columns.js';

/** Devices that have records of every day. */
export const DEVICES = 1_000;
/** Devices with a single record each, on any of the days: their newest days differ. */
const QUIET_DEVICES = 9_000;
export const ALL_DEVICES = DEVICES + QUIET_DEVICES;
/** A device with a twentieth of all records, for exports. */
export const BUSY_DEVICE = ALL_DEVICES;
const DAYS = 60;
/** BENCH_READ_ROWS makes a shorter run. */
export const ROWS = Number(process.env.BENCH_READ_ROWS ?? 20_000_000);
export const RECORDS_A_DAY = Math.round(ROWS / DEVICES / DAYS);
const BUSY_RECORDS_A_DAY = Math.round(ROWS / 20 / DAYS);
export const BUSY_RECORDS = BUSY_RECORDS_A_DAY * DAYS;
const DAY_MS = 86_400_000;
const TABLE = 'tbl_iot_telemetry_data';
/** What differs from row to row, in terms of `turn` and `device`; the rest is that of the template. */
const VARIED: Readonly<Record<string, string>> = {
  iot_imei: `(${imeiOf(0)} + device)::text`,
  iot_timestamp: '',
  record_hash: `hashint8extended(turn * ${ALL_DEVICES} + device, 0)`,
  latitude: '54.6 + (turn * 37 + device) % 100000 / 1e6',
  longitude: '25.2 + (turn * 53 + device) % 100000 / 1e6',
  angle: '(turn * 7 + device) % 360',
  speed: '(turn + device) % 46',
  satellites: '(turn + device) % 18',
  internal_battery_voltage: '3700 + (turn * 3 + device) % 500',
  external_voltage: '11800 + (turn * 11 + device) % 2500',
  gsm_signal: '(turn + device) % 6',
  trip_odometer: 'turn * 17',
  total_odometer: '10000000 + device * 1000 + turn * 17',
  gnss_speed: '(turn + device) % 46',
  gnss_hdop: '4 + (turn * 5 + device) % 40',
  movement: 'turn / 50 % 2',
  ignition: 'turn / 50 % 2',
};
const COLUMNS = COPY_COLUMNS.join(', ');

export function imeiOf(device: number): string {
  return String(357_000_000_000_000 + device);
}

/**
 * ROWS rows like the one that is there, of 1,000 devices over the 60 days before today. Each day is filled in the order in
 * which records come, all devices in turn: a page of one device's records lies all over the table, as it does in service.
 */
export async function fillHistory(database: Client): Promise<void> {
  await database.query(`create table bench_template as select * from ${TABLE} limit 1`);
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  for (let back = DAYS; back > 0; back--) {
    await fillDay(database, new Date(today - back * DAY_MS), new Date(today - (back - 1) * DAY_MS), DAYS - back);
  }
  await database.query(`analyze ${TABLE}`);
  await addDays(database, today / DAY_MS);
  await database.query(
    upsertLatest(`select distinct on (iot_imei) ${COPY_COLUMNS.join(', ')} from ${TABLE}
      where iot_imei >= '${imeiOf(DEVICES)}' or iot_timestamp >= timestamptz '${new Date(today - DAY_MS).toISOString()}'
      order by iot_imei, iot_timestamp desc, record_hash desc`),
  );
}

/** As the gateway does for the devices that send to it. */
async function addDays(database: Client, today: number): Promise<void> {
  await database.query(
    `insert into tbl_iot_telemetry_device_days as known (iot_imei, days)
     select (${imeiOf(0)} + device)::text,
            case when device < ${DEVICES} or device = ${BUSY_DEVICE} then int4multirange(int4range($1, $2))
                 else int4multirange(int4range($1 + device % ${DAYS}, $1 + device % ${DAYS} + 1)) end
       from generate_series(0, ${BUSY_DEVICE}) device
     on conflict (iot_imei) do update set days = known.days + excluded.days`,
    [today - DAYS, today],
  );
}

/** The index comes behind the rows: sorted once instead of grown. Made and filled in one transaction, without WAL. */
async function fillDay(database: Client, from: Date, to: Date, index: number): Promise<void> {
  const name = partitionOf(from);
  const [start, end] = [`timestamptz '${from.toISOString()}'`, `timestamptz '${to.toISOString()}'`];
  await database.query(`
    begin;
    ${await dropIfThere(database, name)}
    create table ${name} (like ${TABLE} including defaults including constraints);
    ${insertInto(name, start, RECORDS_A_DAY, 0, DEVICES - 1)};
    ${insertInto(name, start, BUSY_RECORDS_A_DAY, BUSY_DEVICE, BUSY_DEVICE)};
    ${insertInto(name, start, 1, DEVICES, ALL_DEVICES - 1)} where device % ${DAYS} = ${index};
    alter table ${name} add primary key (iot_imei, iot_timestamp, record_hash);
    alter table ${TABLE} attach partition ${name} for values from (${start}) to (${end});
    commit`);
}

/** The inner query keeps the order: PostgreSQL would join the two series the other way round, and a page of a device would lie together. */
function insertInto(name: string, start: string, turns: number, firstDevice: number, lastDevice: number): string {
  const time = `${start} + turn * interval '${86_400 / turns} seconds' + device % 1000 * interval '10 milliseconds'`;
  const values = COPY_COLUMNS.map((column) =>
    column === 'iot_timestamp' ? time : (VARIED[column] ?? `bench_template.${column}`),
  );
  return `
    insert into ${name} (${COLUMNS})
      select ${values.join(', ')}
        from (select turn, device from generate_series(0, ${turns - 1}) turn, generate_series(${firstDevice}, ${lastDevice}) device
               order by turn, device offset 0) row, bench_template`;
}

/** Yesterday's partition was made by the gateway at its start. */
async function dropIfThere(database: Client, name: string): Promise<string> {
  const { rows } = await database.query<{ there: boolean }>('select to_regclass($1) is not null as there', [name]);
  return rows[0]?.there ? `drop table ${name};` : '';
}

function partitionOf(day: Date): string {
  return `${TABLE}_p${day.toISOString().slice(0, 10).replaceAll('-', '')}`;
}
