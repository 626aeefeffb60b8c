import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { timestamp } from '../../platform/database/day-windows.js';

const WANTED_AT_A_TIME = 200;

/** A state of digital outputs 1 and 2 (AVL ids 179 and 180), and the time in which it is looked for, without its ends. */
export interface WantedOutputs {
  readonly imei: string;
  readonly outputs: { readonly 1?: boolean | undefined; readonly 2?: boolean | undefined };
  /** Device time, in milliseconds. */
  readonly afterMs: number;
  readonly beforeMs: number;
  readonly receivedAfterMs: number;
  /** How far the device time may be ahead of the receipt. */
  readonly maxAheadMs: number;
}

export interface FoundRecord {
  readonly timeMs: number;
  readonly receivedAtMs: number;
}

/** Reads stored records for other features, by the states of the digital outputs that they show. */
@Injectable()
export class OutputRecords {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async findFirst(wanted: readonly WantedOutputs[]): Promise<(FoundRecord | null)[]> {
    const found = wanted.map((): FoundRecord | null => null);
    for (let start = 0; start < wanted.length; start += WANTED_AT_A_TIME) {
      const rows = await this.findSome(wanted.slice(start, start + WANTED_AT_A_TIME));
      rows.forEach(({ place, ...record }) => (found[start + place - 1] = record));
    }
    return found;
  }

  /** By the primary key, for each device. The limits of all of them are constants, so that PostgreSQL opens the partitions of these days only. */
  private findSome(wanted: readonly WantedOutputs[]): Promise<(FoundRecord & { readonly place: number })[]> {
    const from = Math.min(...wanted.map(({ afterMs }) => afterMs));
    const to = Math.max(...wanted.map(({ beforeMs }) => beforeMs));
    return this.dataSource.query(
      `select place::integer as place, (extract(epoch from first.iot_timestamp) * 1000)::float8 as "timeMs",
              (extract(epoch from first.timestamp) * 1000)::float8 as "receivedAtMs"
         from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::float8[], $6::smallint[], $7::smallint[])
              with ordinality as wanted (imei, after, before, received_after, max_ahead, output1, output2, place)
        cross join lateral (
          select iot_timestamp, timestamp
            from tbl_iot_telemetry_data record
           where iot_imei = wanted.imei and iot_timestamp > wanted.after and iot_timestamp < wanted.before
             and iot_timestamp >= ${timestamp(Math.floor(from))} and iot_timestamp <= ${timestamp(Math.ceil(to))}
             and timestamp >= wanted.received_after and iot_timestamp <= timestamp + make_interval(secs => wanted.max_ahead)
             and (wanted.output1 is null or digital_output_1 = wanted.output1)
             and (wanted.output2 is null or digital_output_2 = wanted.output2)
           order by iot_timestamp
           limit 1) first`,
      [
        wanted.map(({ imei }) => imei),
        wanted.map(({ afterMs }) => isoTime(afterMs)),
        wanted.map(({ beforeMs }) => isoTime(beforeMs)),
        wanted.map(({ receivedAfterMs }) => isoTime(receivedAfterMs)),
        wanted.map(({ maxAheadMs }) => maxAheadMs / 1000),
        wanted.map(({ outputs }) => toColumn(outputs[1])),
        wanted.map(({ outputs }) => toColumn(outputs[2])),
      ],
    );
  }
}

function toColumn(isOn: boolean | undefined): number | null {
  return isOn === undefined ? null : Number(isOn);
}

/** Down to the millisecond, as device times are. */
function isoTime(ms: number): string {
  return new Date(Math.floor(ms)).toISOString();
}
