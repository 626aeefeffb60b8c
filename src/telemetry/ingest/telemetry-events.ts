import { Injectable } from '@nestjs/common';
import { type PoolClient } from 'pg';
import { EventSettings } from '../../events/events.settings.js';
import { EventLog } from '../../events/event-log.js';
import { isPlausibleTime, summariseDevices } from './device-summaries.js';
import { type RecordKeys } from './record-batch.js';

/** Records that one request tells of at most, when every record is told. */
export const RECORDS_PER_EVENT = 100;

/**
 * Tells the host of records, in the transaction that stores them. A device has one open event at most: it is counted up, and keeps the key
 * of the newest record. Its body is made when it is first told.
 */
@Injectable()
export class TelemetryEvents {
  /** False: nobody asked, and storing records must cost nothing more. */
  readonly areWanted: boolean;
  private readonly everyRecord: boolean;

  constructor(
    private readonly events: EventLog,
    settings: EventSettings,
  ) {
    this.areWanted = events.records('telemetry');
    this.everyRecord = settings.WEBHOOK_TELEMETRY_RECORDS === 'all';
  }

  /** @param keys of records that were not in the table before. */
  async append(client: PoolClient, keys: RecordKeys): Promise<void> {
    if (keys.imeis.length === 0) {
      return;
    }
    const appended = this.everyRecord ? this.appendRecords(client, keys) : this.appendSummaries(client, keys);
    await appended.catch((error: unknown) => {
      // Without its SQLSTATE: no record is to blame, so the batch is to be tried again, never taken apart.
      throw new Error(`The events of a batch could not be appended: ${String(error)}`);
    });
  }

  /** To be called after the commit. */
  announce(): void {
    this.events.signalAppended();
  }

  private async appendSummaries(client: PoolClient, keys: RecordKeys): Promise<void> {
    const devices = summariseDevices(keys, Date.now());
    await client.query({
      name: 'append-telemetry',
      text: `select iot_append_telemetry($1::text[], $2::integer[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::boolean[], $8)`,
      values: [
        devices.map(({ imei }) => imei),
        devices.map(({ count }) => count),
        devices.map(({ firstReceivedMs }) => isoTime(firstReceivedMs)),
        devices.map(({ lastReceivedMs }) => isoTime(lastReceivedMs)),
        devices.map(({ newestMs }) => isoTime(newestMs)),
        devices.map(({ newestHash }) => newestHash.toString()),
        devices.map(({ isPlausible }) => isPlausible),
        this.events.delivers,
      ],
    });
  }

  private async appendRecords(client: PoolClient, { imeis, timesMs, hashes, receivedMs }: RecordKeys): Promise<void> {
    const nowMs = Date.now();
    await client.query({
      name: 'append-telemetry-records',
      text: `select iot_append_telemetry_records($1::text[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::boolean[], $6, $7)`,
      values: [
        imeis,
        receivedMs.map(isoTime),
        timesMs.map(isoTime),
        hashes.map(String),
        timesMs.map((timeMs) => isPlausibleTime(timeMs, nowMs)),
        this.events.delivers,
        RECORDS_PER_EVENT,
      ],
    });
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
