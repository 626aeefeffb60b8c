import { Injectable } from '@nestjs/common';
import { type PoolClient } from 'pg';
import { EventLog } from '../../events/event-log.js';
import { TelemetryEventLog } from '../../events/telemetry/telemetry-event-log.js';
import { RecordLog } from '../record-log/record-log.js';
import { insertArrivals } from '../relay/arrival-arrays.js';
import { TelemetryRelay } from '../relay/telemetry-relay.js';
import { type BatchReports, type InsertedRecords, reportsOfBatch, reportsOfInserted } from './batch-reports.js';
import { type RecordBatch } from './record-batch.js';
import { type OnInserted } from './telemetry.repository.js';

/**
 * What the transaction that stores records does for their events: it appends one row with the counts and the newest record of each device. The
 * relay makes events of these rows after the commit, so that no lock of a device is held here.
 */
@Injectable()
export class TelemetryEvents {
  /** Appends the arrivals of records that were not in the table before. Null when neither events nor sinks need them: storing them must not cost anything more. */
  readonly onInserted: OnInserted | null;
  private readonly isRecorded: boolean;

  constructor(
    events: EventLog,
    private readonly telemetry: TelemetryEventLog,
    private readonly relay: TelemetryRelay,
    private readonly log: RecordLog,
  ) {
    this.isRecorded = events.records('telemetry');
    this.onInserted = this.isRecorded || log.isKept ? (client, inserted) => this.append(client, inserted) : null;
  }

  /** The statement that appends the arrivals of a batch whose rows are all new; empty when there is nothing to append. */
  arrivalsOf(batch: RecordBatch): string {
    if (!this.isRecorded && !this.log.isKept) {
      return '';
    }
    return this.statementFor(reportsOfBatch(batch, this.needsKeys));
  }

  /** To be called after the commit. @param isUrgent a record has the priority 1 or 2. */
  signalStored(isUrgent: boolean): void {
    if (isUrgent && this.isRecorded) {
      this.relay.wakeUrgent();
    }
    if (this.log.isKept) {
      this.log.signalAppended();
    }
  }

  private get needsKeys(): boolean {
    return this.log.isKept || (this.isRecorded && this.telemetry.listsRecords);
  }

  /** One statement or two. */
  private statementFor({ reports, urgentImeis }: BatchReports): string {
    const listed =
      this.telemetry.listsRecords || !this.log.isKept ? reports : reports.map((report) => ({ ...report, keys: null }));
    const arrivals = this.isRecorded ? insertArrivals(listed, urgentImeis) : '';
    return [arrivals, this.log.statementFor(reports)].filter((statement) => statement !== '').join('; ');
  }

  private async append(client: PoolClient, inserted: readonly InsertedRecords[]): Promise<void> {
    const reports = reportsOfInserted(inserted, this.needsKeys, Date.now());
    if (reports.reports.length === 0) {
      return;
    }
    await client.query(this.statementFor(reports)).catch((error: unknown) => {
      // Without its SQLSTATE: no record is to blame, so the batch must be retried and never be split.
      throw new Error(`The arrivals of a batch could not be appended: ${String(error)}`);
    });
  }
}
