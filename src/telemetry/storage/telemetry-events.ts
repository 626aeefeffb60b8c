import { Injectable } from '@nestjs/common';
import { type PoolClient } from 'pg';
import { EventSettings } from '../../events/events.settings.js';
import { EventLog } from '../../events/event-log.js';
import { isPlausibleTime } from '../clock-window.js';
import { summariseDevices } from './device-summaries.js';
import { type RecordKeys } from './record-batch.js';
import { type OnInserted } from './telemetry.repository.js';
import { TelemetryEventsRepository } from './telemetry-events.repository.js';

/**
 * Events of new records, appended in the transaction that stores the records. One open event per device counts its records and keeps the key of
 * the newest one (its body is built at the first delivery), or every record is delivered (WEBHOOK_TELEMETRY_RECORDS=all).
 */
@Injectable()
export class TelemetryEvents {
  /** Appends the events of records that were not in the table before. Null when events of records are not recorded: storing them must not cost anything more. */
  readonly onInserted: OnInserted | null;
  private readonly everyRecord: boolean;

  constructor(
    private readonly events: EventLog,
    private readonly repository: TelemetryEventsRepository,
    settings: EventSettings,
  ) {
    this.onInserted = events.records('telemetry') ? (client, keys) => this.append(client, keys) : null;
    this.everyRecord = settings.WEBHOOK_TELEMETRY_RECORDS === 'all';
  }

  /** To be called after the commit. */
  signalAppended(): void {
    this.events.signalAppended();
  }

  private async append(client: PoolClient, keys: RecordKeys): Promise<void> {
    if (keys.imeis.length === 0) {
      return;
    }
    const nowMs = Date.now();
    const { delivers } = this.events;
    const appended = this.everyRecord
      ? this.repository.appendRecords(
          client,
          keys,
          keys.timesMs.map((timeMs) => isPlausibleTime(timeMs, nowMs)),
          delivers,
        )
      : this.repository.appendSummaries(client, summariseDevices(keys, nowMs), delivers);
    await appended.catch((error: unknown) => {
      // Without its SQLSTATE: no record is to blame, so the batch must be retried and never be split.
      throw new Error(`The events of a batch could not be appended: ${String(error)}`);
    });
  }
}
