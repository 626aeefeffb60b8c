import { type Client } from 'pg';
import { upsertLatest } from '../src/telemetry/latest/latest-records.repository.js';
import { COPY_COLUMNS } from '../src/telemetry/telemetry-columns.js';

export const DEVICES = 1_000;
const DAYS = 20;
const RECORDS_A_DAY = 1_000;
const DAY_MS = 86_400_000;
const TABLE = 'tbl_iot_telemetry_data';
const OWN_COLUMNS = ['iot_imei', 'iot_timestamp', 'record_hash'];
const COLUMNS = [...OWN_COLUMNS, ...COPY_COLUMNS.filter((name) => !OWN_COLUMNS.includes(name))].join(', ');
const TEMPLATE_COLUMNS = COPY_COLUMNS.filter((name) => !OWN_COLUMNS.includes(name)).join(', ');

export function imeiOf(device: number): string {
  return String(357_000_000_000_000 + device);
}

/**
 * 20 million rows like the one that is there, of 1,000 devices over the 20 days before today. Each day is filled in the order in
 * which records come, all devices in turn: a page of one device's records lies all over the table, as it does in service.
 */
export async function fillHistory(database: Client): Promise<void> {
  await database.query(`create table bench_template as select * from ${TABLE} limit 1`);
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  for (let back = DAYS; back > 0; back--) {
    await fillDay(database, new Date(today - back * DAY_MS), new Date(today - (back - 1) * DAY_MS));
  }
  await database.query(`analyze ${TABLE}`);
  // As the gateway does for the devices that send to it.
  await database.query(
    `insert into tbl_iot_telemetry_device_days as known (iot_imei, days)
     select (${imeiOf(0)} + device)::text, int4multirange(int4range($1, $2))
       from generate_series(0, ${DEVICES - 1}) device
     on conflict (iot_imei) do update set days = known.days + excluded.days`,
    [today / DAY_MS - DAYS, today / DAY_MS],
  );
  await database.query(
    upsertLatest(`select distinct on (iot_imei) ${COPY_COLUMNS.join(', ')} from ${partitionOf(new Date(today - DAY_MS))}
      order by iot_imei, iot_timestamp desc, record_hash desc`),
  );
}

/** The index comes behind the rows: sorted once instead of grown. Made and filled in one transaction, without WAL. */
async function fillDay(database: Client, from: Date, to: Date): Promise<void> {
  const name = partitionOf(from);
  const [start, end] = [`timestamptz '${from.toISOString()}'`, `timestamptz '${to.toISOString()}'`];
  await database.query(`
    begin;
    ${await dropIfThere(database, name)}
    create table ${name} (like ${TABLE} including defaults including constraints);
    insert into ${name} (${COLUMNS})
      select (${imeiOf(0)} + device)::text, ${start} + turn * interval '86.4 seconds', hashint8extended(turn * ${DEVICES} + device, 0),
             ${TEMPLATE_COLUMNS}
        from generate_series(0, ${RECORDS_A_DAY - 1}) turn, generate_series(0, ${DEVICES - 1}) device, bench_template;
    alter table ${name} add primary key (iot_imei, iot_timestamp, record_hash);
    alter table ${TABLE} attach partition ${name} for values from (${start}) to (${end});
    commit`);
}

/** Yesterday's partition was made by the gateway at its start. */
async function dropIfThere(database: Client, name: string): Promise<string> {
  const { rows } = await database.query<{ there: boolean }>('select to_regclass($1) is not null as there', [name]);
  return rows[0]?.there ? `drop table ${name};` : '';
}

function partitionOf(day: Date): string {
  return `${TABLE}_p${day.toISOString().slice(0, 10).replaceAll('-', '')}`;
}
