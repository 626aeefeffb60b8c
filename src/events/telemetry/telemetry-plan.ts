import { randomUUID } from 'node:crypto';
import { RECORDS_PER_EVENT } from '../bodies/telemetry-body.js';
import { addCounts, type KeyLists, type RecordCounts, type TelemetryReport } from './telemetry-report.js';

/** What a telemetry event stands for. */
export interface EventCounts extends RecordCounts {
  readonly eventId: string;
  readonly imei: string;
  /** Of `count`, the records that the list of the event does not contain although every record is delivered. */
  leftOut: number;
  /** Later records are merged into it. */
  isOpen: boolean;
}

/** An open event in the log. */
export interface OpenEvent extends EventCounts {
  readonly transactionId: string;
  readonly position: string;
}

export interface ListedRecord {
  readonly eventId: string;
  readonly imei: string;
  readonly timeMs: number;
  readonly hash: string;
}

export interface PlanOptions {
  /** Null: an event sums up the records, without a list. Else the maximum number of records that all lists of the plan may contain. */
  readonly maxListed: number | null;
  /** Device times from this on are not plausible, Unix milliseconds. */
  readonly plausibleBeforeMs: number;
}

/** What one transaction writes to report the records of many devices. */
export class TelemetryPlan {
  /** Open events with their new counts. */
  readonly extended: OpenEvent[] = [];
  /** New events. Those of one device have the order in which they are numbered. */
  readonly opened: EventCounts[] = [];
  readonly listed: ListedRecord[] = [];
  /** Records that are counted but not listed although every record is delivered. */
  leftOut = 0;

  constructor(private readonly options: PlanOptions) {}

  /** Reports records in the open event of their device, and in new events where it has none or where it is full. */
  add(report: TelemetryReport, open: OpenEvent | null): void {
    if (open) {
      this.extended.push(open);
    }
    const { maxListed } = this.options;
    if (maxListed === null) {
      addCounts(open ?? this.open(report), report);
      return;
    }
    const keys = report.keys ?? { timesMs: [], hashes: [] };
    const listed = Math.min(keys.timesMs.length, maxListed - this.listed.length);
    const last = this.addListed(report, keys, listed, open);
    if (report.count > listed) {
      this.addLeftOut(report, report.count - listed, last);
    }
  }

  /** Returns the event of the last record. */
  private addListed(report: TelemetryReport, keys: KeyLists, listed: number, open: OpenEvent | null): EventCounts | null {
    let event: EventCounts | null = open;
    for (let first = 0; first < listed;) {
      event = event?.isOpen ? event : this.open(report);
      const end = Math.min(listed, first + Math.max(0, RECORDS_PER_EVENT - listedBy(event)));
      for (let index = first; index < end; index++) {
        this.addRecord(event, report, keys.timesMs[index] as number, keys.hashes[index] as string);
      }
      event.isOpen = listedBy(event) < RECORDS_PER_EVENT;
      first = end;
    }
    return event;
  }

  private addRecord(event: EventCounts, report: TelemetryReport, timeMs: number, hash: string): void {
    const { firstReceivedMs, lastReceivedMs } = report;
    const isPlausible = timeMs < this.options.plausibleBeforeMs;
    addCounts(event, { count: 1, firstReceivedMs, lastReceivedMs, newestMs: timeMs, newestHash: BigInt(hash), isPlausible });
    this.listed.push({ eventId: event.eventId, imei: event.imei, timeMs, hash });
  }

  /** The last event counts them, so that the sum of all events stays exact. */
  private addLeftOut(report: TelemetryReport, leftOut: number, last: EventCounts | null): void {
    const event = last?.isOpen ? last : this.open(report);
    addCounts(event, { ...report, count: leftOut });
    event.leftOut += leftOut;
    this.leftOut += leftOut;
  }

  private open({ imei, firstReceivedMs, lastReceivedMs }: TelemetryReport): EventCounts {
    const nothing = { count: 0, leftOut: 0, newestMs: -Infinity, newestHash: 0n, isPlausible: false, isOpen: true };
    const event = { eventId: randomUUID(), imei, firstReceivedMs, lastReceivedMs, ...nothing };
    this.opened.push(event);
    return event;
  }
}

function listedBy({ count, leftOut }: EventCounts): number {
  return count - leftOut;
}
