import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { SECOND_MS } from '../../platform/time-units.js';
import { EventLog } from '../event-log.js';
import { EventSettings } from '../events.settings.js';
import { type OpenEventRow, TelemetryEventsRepository } from './telemetry-events.repository.js';
import { type EventCounts, type OpenEvent, TelemetryPlan } from './telemetry-plan.js';
import { type TelemetryReport } from './telemetry-report.js';

/** Counting what waits for the host reads its whole queue. In between, the listed records are added to the last count. */
const COUNT_EVERY_MS = 5 * SECOND_MS;
/** What is closed with one transaction, which takes about a quarter of a second. The rest is closed by its readers. */
const CLOSED_AT_ONCE = { events: 2_000, listedRecords: 5_000 };

export interface ReportResult {
  /** Devices whose event another transaction holds. Nothing was written for them: report them again. */
  readonly busy: readonly TelemetryReport[];
  /** Records that are counted by their events but not listed, though every record is delivered: too many wait for the host. */
  readonly leftOut: number;
}

/**
 * The telemetry events of the log. A device has at most one that is *open*: it has no body, and newer records are merged into it until it is full. The
 * delivery, or a reader of the feed or of a stream, gives it its body and closes it. With readers, several may wait for the host.
 *
 * While streams or sinks are open, each of them would read the event at once. It is written with its body then: to close it when it is read takes another
 * transaction and reads the page twice.
 */
@Injectable()
export class TelemetryEventLog {
  /** Every record is delivered, in events of up to RECORDS_PER_EVENT. */
  readonly listsRecords: boolean;
  private readonly maxWaiting: number;
  private waiting = 0;
  private countedAt = -Infinity;

  constructor(
    private readonly repository: TelemetryEventsRepository,
    private readonly events: EventLog,
    { WEBHOOK_TELEMETRY_RECORDS, WEBHOOK_TELEMETRY_MAX_RECORDS }: EventSettings,
  ) {
    this.listsRecords = WEBHOOK_TELEMETRY_RECORDS === 'all';
    this.maxWaiting = WEBHOOK_TELEMETRY_MAX_RECORDS;
  }

  /**
   * Reports new records in the events of their devices: one report per device, with a fixed number of statements for all of them.
   *
   * @param plausibleBeforeMs device times from this on are not plausible, Unix milliseconds.
   */
  async append(manager: EntityManager, reports: readonly TelemetryReport[], plausibleBeforeMs: number): Promise<ReportResult> {
    if (reports.length === 0) {
      return { busy: [], leftOut: 0 };
    }
    const imeis = reports.map(({ imei }) => imei);
    await this.repository.lockSequences(manager, imeis);
    const open = new Map((await this.repository.lockOpen(manager, imeis)).map((event) => [event.imei, event]));
    const plan = new TelemetryPlan({ maxListed: await this.maxListed(manager), plausibleBeforeMs });
    for (const report of reports) {
      const found = open.get(report.imei);
      if (!found?.isBusy) {
        plan.add(report, found ? openEvent(found) : null);
      }
    }
    await this.write(manager, plan);
    return { busy: reports.filter(({ imei }) => open.get(imei)?.isBusy), leftOut: plan.leftOut };
  }

  private async write(manager: EntityManager, { extended, opened, listed }: TelemetryPlan): Promise<void> {
    if (extended.length > 0) {
      await this.repository.extend(manager, extended);
    }
    if (opened.length > 0) {
      await this.repository.open(manager, opened, this.events.delivers);
    }
    if (listed.length > 0) {
      await this.repository.list(manager, listed);
      this.waiting += listed.length;
    }
    if (this.events.isFollowed) {
      await this.repository.close(manager, this.closedAtOnce([...extended, ...opened]));
    }
  }

  /** The ids of the first events, as many as are closed with one transaction. */
  private closedAtOnce(events: readonly EventCounts[]): string[] {
    let listed = 0;
    const isWithin = ({ count, leftOut }: EventCounts): boolean => {
      listed += this.listsRecords ? count - leftOut : 0;
      return listed <= CLOSED_AT_ONCE.listedRecords;
    };
    return events
      .slice(0, CLOSED_AT_ONCE.events)
      .filter(isWithin)
      .map(({ eventId }) => eventId);
  }

  private async maxListed(manager: EntityManager): Promise<number | null> {
    if (!this.listsRecords) {
      return null;
    }
    if (!this.events.delivers) {
      return Infinity;
    }
    if (performance.now() - this.countedAt > COUNT_EVERY_MS) {
      this.waiting = await this.repository.countListedRecords(manager);
      this.countedAt = performance.now();
    }
    return Math.max(0, this.maxWaiting - this.waiting);
  }
}

function openEvent({ isBusy: _, newestHash, ...event }: OpenEventRow): OpenEvent {
  return { ...event, newestHash: BigInt(newestHash), isOpen: true };
}
