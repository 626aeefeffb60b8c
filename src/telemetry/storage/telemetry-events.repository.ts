import { Injectable } from '@nestjs/common';
import { type PoolClient } from 'pg';
import { type DeviceSummary } from './device-summaries.js';
import { type RecordKeys } from './record-batch.js';

/** Maximum number of records in one event, when every record is delivered. */
export const RECORDS_PER_EVENT = 100;

/** SQL that appends events of records, on the connection of the transaction that stores the records. */
@Injectable()
export class TelemetryEventsRepository {
  async appendSummaries(client: PoolClient, devices: readonly DeviceSummary[], delivers: boolean): Promise<void> {
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
        delivers,
      ],
    });
  }

  /** @param arePlausible for each record whether its device time is plausible. */
  async appendRecords(
    client: PoolClient,
    { imeis, timesMs, hashes, receivedMs }: RecordKeys,
    arePlausible: readonly boolean[],
    delivers: boolean,
  ): Promise<void> {
    await client.query({
      name: 'append-telemetry-records',
      text: `select iot_append_telemetry_records($1::text[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::boolean[], $6, $7)`,
      values: [
        imeis,
        receivedMs.map(isoTime),
        timesMs.map(isoTime),
        hashes.map(String),
        arePlausible,
        delivers,
        RECORDS_PER_EVENT,
      ],
    });
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
