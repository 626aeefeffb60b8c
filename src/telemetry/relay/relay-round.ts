import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { EventSettings } from '../../events/events.settings.js';
import { TelemetryEventLog } from '../../events/telemetry/telemetry-event-log.js';
import { addReport, type TelemetryReport } from '../../events/telemetry/telemetry-report.js';
import { DAY_MS, SECOND_MS } from '../../platform/time-units.js';
import { NEWEST_DAYS_AHEAD } from '../clock-window.js';
import { reportsOfArrival } from './arrival-arrays.js';
import {
  type ArrivalPosition,
  ArrivalsRepository,
  type ReadArrival,
  type RelayState,
  type Which,
} from './arrivals.repository.js';
import { IsolatedReports, type RefusedReport } from './isolated-reports.js';
import { type SetAside, SetAsideRepository } from './set-aside.repository.js';

/** Read at a time: the event loop is free in between. */
const ARRIVALS_PER_READ = 100;
/** A longer backlog takes several transactions. */
const MAX_ARRIVALS = 5_000;
const MAX_KEYS = 50_000;

export type RoundResult =
  { readonly kind: 'locked-elsewhere' } | { readonly kind: 'not-due'; readonly dueInMs: number } | RelayedRound;

export type RelayedRound = { readonly kind: 'relayed' } & RelayedRecords;

export interface RelayedRecords {
  readonly arrivals: number;
  readonly devices: number;
  readonly records: number;
  /** Records that are counted by events but not listed, though every record is delivered. */
  readonly leftOut: number;
  /** What could not be reported, and no longer waits. */
  readonly setAside: readonly SetAside[];
  /** Devices that have to be reported again: their event was locked. */
  readonly busy: number;
  /** Arrivals are left: there were more than one transaction takes. */
  readonly hasMore: boolean;
}

interface Taken {
  readonly positions: ArrivalPosition[];
  readonly reports: Map<string, TelemetryReport>;
  /** Arrivals among `positions` whose arrays do not fit together. */
  readonly unreadable: Unreadable[];
  readonly hasMore: boolean;
}

interface Unreadable {
  readonly position: ArrivalPosition;
  readonly error: unknown;
}

const MAX_REASON_LENGTH = 500;

/** One transaction of the relay: takes arrivals, merges them per device, reports each device in its event, and deletes the arrivals. */
@Injectable()
export class RelayRound {
  private readonly intervalMs: number;

  constructor(
    private readonly arrivals: ArrivalsRepository,
    private readonly events: TelemetryEventLog,
    private readonly isolated: IsolatedReports,
    private readonly setAside: SetAsideRepository,
    { TELEMETRY_EVENT_INTERVAL }: EventSettings,
  ) {
    this.intervalMs = TELEMETRY_EVENT_INTERVAL * SECOND_MS;
  }

  /** Relays everything, when the interval since the last round of any instance is over. */
  relayDue(): Promise<RoundResult> {
    return this.arrivals.transaction(async (manager) => {
      const state = await this.arrivals.lockState(manager, false);
      if (state === null) {
        return { kind: 'locked-elsewhere' };
      }
      if (state.elapsedMs >= 0 && state.elapsedMs < this.intervalMs) {
        return { kind: 'not-due', dueInMs: this.intervalMs - state.elapsedMs };
      }
      const relayed = await this.relay(manager, state, 'all');
      if (!relayed.hasMore) {
        await this.arrivals.finishRound(manager, state, true);
      }
      return relayed;
    });
  }

  /**
   * Relays the arrivals of urgent devices, after the round that is in progress.
   *
   * @returns also how long that took, in milliseconds, without the wait for the other round.
   */
  async relayUrgent(): Promise<RelayedRound & { readonly tookMs: number }> {
    let lockedAt = 0;
    const result = await this.arrivals.transaction(async (manager) => {
      const state = await this.arrivals.lockState(manager, true);
      lockedAt = performance.now();
      if (state === null) {
        throw new Error('tbl_iot_telemetry_relays has no row');
      }
      return this.relay(manager, state, 'urgent');
    });
    return { ...result, tookMs: performance.now() - lockedAt };
  }

  /**
   * Merges the arrivals that wait for the end of a long interval, so that they have one element per device: they would fill the disk with one element
   * per frame.
   */
  compact(): Promise<void> {
    return this.arrivals.transaction(async (manager) => {
      const state = await this.arrivals.lockState(manager, false);
      if (state === null) {
        return;
      }
      const { positions, reports, unreadable, hasMore } = await this.take(manager, state, 'compactable');
      if (positions.length < ARRIVALS_PER_READ && !hasMore) {
        return;
      }
      // They stay as they are until the next round sets them aside and says so.
      const left = new Set(unreadable.map(({ position }) => position));
      await this.arrivals.putBack(manager, [...reports.values()], false);
      await this.arrivals.remove(
        manager,
        positions.filter((position) => !left.has(position)),
      );
      if (!hasMore) {
        await this.arrivals.finishRound(manager, state, false);
      }
    });
  }

  private async relay(manager: EntityManager, state: RelayState, which: Which): Promise<RelayedRound> {
    const { positions, reports, unreadable, hasMore } = await this.take(manager, state, which);
    const merged = [...reports.values()];
    const plausibleBeforeMs = Date.now() + NEWEST_DAYS_AHEAD * DAY_MS;
    const { busy, leftOut, refused } = await this.isolated.append(manager, merged, plausibleBeforeMs);
    const setAside = await this.keepSetAside(manager, positions, refused, unreadable);
    if (busy.length > 0) {
      await this.arrivals.putBack(manager, busy, which === 'urgent');
    }
    if (positions.length > 0) {
      await this.arrivals.remove(manager, positions);
    }
    return {
      kind: 'relayed',
      arrivals: positions.length,
      devices: merged.length - busy.length - refused.length,
      records: countOf(merged) - countOf(busy) - countOf(refused.map(({ report }) => report)),
      leftOut,
      setAside,
      busy: busy.length,
      hasMore,
    };
  }

  /** Moves what cannot be reported out of the queue: it would stop every round that reads it. */
  private async keepSetAside(
    manager: EntityManager,
    positions: readonly ArrivalPosition[],
    refused: readonly RefusedReport[],
    unreadable: readonly Unreadable[],
  ): Promise<SetAside[]> {
    const reasons = new Map(refused.map(({ report, error }) => [report.imei, reasonOf(error)]));
    if (reasons.size > 0) {
      const left = new Set(unreadable.map(({ position }) => position.arrivalId));
      const arrivals = (await this.arrivals.read(manager, positions)).filter(({ arrivalId }) => !left.has(arrivalId));
      await this.setAside.keepDevices(manager, arrivals, reasons);
    }
    for (const { position, error } of unreadable) {
      await this.setAside.keepArrival(manager, position, reasonOf(error));
    }
    return [
      ...Array.from(reasons, ([imei, reason]) => ({ imei, reason })),
      ...unreadable.map(({ error }) => ({ imei: null, reason: reasonOf(error) })),
    ];
  }

  private async take(manager: EntityManager, { relayedBelow }: RelayState, which: Which): Promise<Taken> {
    const positions: ArrivalPosition[] = [];
    const reports = new Map<string, TelemetryReport>();
    const unreadable: Unreadable[] = [];
    let after: ArrivalPosition = { transactionId: relayedBelow, arrivalId: '0' };
    let keys = 0;
    while (positions.length < MAX_ARRIVALS && keys < MAX_KEYS) {
      const limit = await this.readLimit(manager, after, which, MAX_KEYS - keys);
      const read = await this.arrivals.lockNext(manager, after, which, limit);
      for (const arrival of read) {
        const position = { transactionId: arrival.transactionId, arrivalId: arrival.arrivalId };
        after = position;
        positions.push(position);
        keys += addArrival(reports, arrival, (error) => unreadable.push({ position, error }));
      }
      if (read.length < limit) {
        return { positions, reports, unreadable, hasMore: false };
      }
    }
    return { positions, reports, unreadable, hasMore: true };
  }

  private async readLimit(manager: EntityManager, after: ArrivalPosition, which: Which, keys: number): Promise<number> {
    if (!this.events.listsRecords) {
      return ARRIVALS_PER_READ;
    }
    return Math.max(1, await this.arrivals.countWithKeys(manager, after, which, ARRIVALS_PER_READ, keys));
  }
}

/** Returns the number of its keys. */
function addArrival(reports: Map<string, TelemetryReport>, arrival: ReadArrival, onUnreadable: (error: unknown) => void): number {
  let arrived: TelemetryReport[] = [];
  try {
    arrived = reportsOfArrival(arrival);
  } catch (error) {
    onUnreadable(error);
  }
  arrived.forEach((report) => merge(reports, report));
  return arrived.reduce((keys, report) => keys + (report.keys?.hashes.length ?? 0), 0);
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MAX_REASON_LENGTH);
}

function merge(reports: Map<string, TelemetryReport>, report: TelemetryReport): void {
  const known = reports.get(report.imei);
  if (known) {
    addReport(known, report);
  } else {
    reports.set(report.imei, report);
  }
}

function countOf(reports: readonly TelemetryReport[]): number {
  return reports.reduce((sum, { count }) => sum + count, 0);
}
