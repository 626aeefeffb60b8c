import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { GroupCommit } from '../../platform/batching/group-commit.js';
import { inRanges } from '../../platform/database/day-windows.js';
import { PreparedStatement } from '../../platform/database/driver-statements.js';
import { dayOf, NEWEST_DAYS_AHEAD } from '../clock-window.js';
import { ignitionOf, speedOf, type VehicleState } from './vehicle-state.js';

/** The newest state of a device, and when it was read. */
export interface NewestState {
  /** Null: the device has no record. */
  readonly state: VehicleState | null;
  /** The clock of the database when it received the statement, which is at `readAtMs` or a moment later. */
  readonly nowMs: number;
  /** `performance.now()` before the statement was sent. */
  readonly readAtMs: number;
}

interface StateRow {
  readonly place: number;
  readonly timeMs: number | null;
  readonly hash: string;
  readonly speed: number;
  readonly satellites: number;
  readonly ignition: number | null;
  readonly nowMs: number;
}

/** A record is looked for in the table of records when it is younger. The newest of older ones may be up to the refresh of LatestRecords behind. */
export const NEWEST_SEARCHED_HOURS = 24;
const MAX_DEVICES = 500;
const READERS = 2;

/**
 * Reads the newest records of devices: of those that were committed before the call. Calls at the same time share a statement.
 *
 * The statement contains the days as constants, because PostgreSQL locks every partition that it cannot exclude when it plans. It is therefore
 * prepared once a day on each connection. Its limit is the number of devices, without which PostgreSQL plans every run (see PreparedStatement). One day more at each end: the clocks of the gateway and of the database may differ.
 */
@Injectable()
export class NewestRecords {
  private statement: { readonly day: number; readonly prepared: PreparedStatement<StateRow> } | null = null;
  private readonly reads = new GroupCommit<string, NewestState>({
    run: (imeis) => this.readAll(imeis),
    maxItems: MAX_DEVICES,
    concurrency: READERS,
    gather: () => nextTurn(),
  });

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  read(imei: string): Promise<NewestState> {
    return this.reads.add(imei);
  }

  /** In the order of the IMEIs. @param manager reads in its transaction. */
  async readAll(imeis: readonly string[], manager?: EntityManager): Promise<NewestState[]> {
    const prepared = this.statementOf(dayOf(Date.now()));
    const readAtMs = performance.now();
    const values = [imeis, imeis.length];
    const rows = await (manager ? prepared.runIn(manager, values) : prepared.run(this.dataSource, values));
    return rows.map((row) => ({ state: stateOf(row), nowMs: row.nowMs, readAtMs }));
  }

  private statementOf(day: number): PreparedStatement<StateRow> {
    if (this.statement?.day !== day) {
      this.statement = { day, prepared: new PreparedStatement(`iot_newest_records_${day}`, newestRecords(day)) };
    }
    return this.statement.prepared;
  }
}

function newestRecords(day: number): string {
  const columns = 'iot_timestamp, record_hash, speed, satellites, ignition';
  const days = inRanges('iot_timestamp', [{ first: day - 2, last: day + NEWEST_DAYS_AHEAD + 1 }]);
  return `
    select device.place::integer as place, round(extract(epoch from newest.iot_timestamp) * 1000)::float8 as "timeMs",
           newest.record_hash::text as hash, newest.speed, newest.satellites, newest.ignition,
           extract(epoch from now())::float8 * 1000 as "nowMs"
      from (select * from unnest($1::text[]) with ordinality as device (imei, place) limit $2) device
      left join lateral (
        select *
          from (
            (select ${columns} from tbl_iot_telemetry_data
              where iot_imei = device.imei and ${days} and iot_timestamp > now() - interval '${NEWEST_SEARCHED_HOURS} hours'
                and iot_timestamp < now() + interval '${NEWEST_DAYS_AHEAD} days'
              order by iot_timestamp desc, record_hash desc limit 1)
            union all
            (select ${columns} from tbl_iot_telemetry_latest where iot_imei = device.imei)
          ) known
         order by iot_timestamp desc, record_hash desc limit 1
      ) newest on true
     order by place`;
}

function stateOf({ timeMs, hash, speed, satellites, ignition }: StateRow): VehicleState | null {
  if (timeMs === null) {
    return null;
  }
  return {
    recordTimeMs: timeMs,
    recordHash: BigInt(hash),
    speedKmh: speedOf({ speed, satellites }),
    ignition: ignitionOf(ignition),
  };
}
