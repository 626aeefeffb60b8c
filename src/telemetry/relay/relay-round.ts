import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { EventSettings } from '../../events/events.settings.js';
import { TelemetryEventLog } from '../../events/telemetry/telemetry-event-log.js';
import { addReport, type TelemetryReport } from '../../events/telemetry/telemetry-report.js';
import { DAY_MS, SECOND_MS } from '../../platform/time-units.js';
import { NEWEST_DAYS_AHEAD } from '../clock-window.js';
import { reportsOfArrival } from './arrival-arrays.js';
import { type ArrivalPosition, ArrivalsRepository, type RelayState, type Which } from './arrivals.repository.js';

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
  /** Devices that have to be reported again: their event was locked. */
  readonly busy: number;
  /** Arrivals are left: there were more than one transaction takes. */
  readonly hasMore: boolean;
}

interface Taken {
  readonly positions: ArrivalPosition[];
  readonly reports: Map<string, TelemetryReport>;
  readonly hasMore: boolean;
}

/** One transaction of the relay: takes arrivals, merges them per device, reports each device in its event, and deletes the arrivals. */
@Injectable()
export class RelayRound {
  private readonly intervalMs: number;

  constructor(
    private readonly arrivals: ArrivalsRepository,
    private readonly events: TelemetryEventLog,
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
      const { positions, reports, hasMore } = await this.take(manager, state, 'compactable');
      if (positions.length < ARRIVALS_PER_READ && !hasMore) {
        return;
      }
      await this.arrivals.putBack(manager, [...reports.values()], false);
      await this.arrivals.remove(manager, positions);
      if (!hasMore) {
        await this.arrivals.finishRound(manager, state, false);
      }
    });
  }

  private async relay(manager: EntityManager, state: RelayState, which: Which): Promise<RelayedRound> {
    const { positions, reports, hasMore } = await this.take(manager, state, which);
    const merged = [...reports.values()];
    const { busy, leftOut } = await this.events.append(manager, merged, Date.now() + NEWEST_DAYS_AHEAD * DAY_MS);
    if (busy.length > 0) {
      await this.arrivals.putBack(manager, busy, which === 'urgent');
    }
    if (positions.length > 0) {
      await this.arrivals.remove(manager, positions);
    }
    return {
      kind: 'relayed',
      arrivals: positions.length,
      devices: merged.length - busy.length,
      records: countOf(merged) - countOf(busy),
      leftOut,
      busy: busy.length,
      hasMore,
    };
  }

  private async take(manager: EntityManager, { relayedBelow }: RelayState, which: Which): Promise<Taken> {
    const positions: ArrivalPosition[] = [];
    const reports = new Map<string, TelemetryReport>();
    let after: ArrivalPosition = { transactionId: relayedBelow, arrivalId: '0' };
    let keys = 0;
    while (positions.length < MAX_ARRIVALS && keys < MAX_KEYS) {
      const limit = await this.readLimit(manager, after, which, MAX_KEYS - keys);
      const read = await this.arrivals.lockNext(manager, after, which, limit);
      for (const arrival of read) {
        after = { transactionId: arrival.transactionId, arrivalId: arrival.arrivalId };
        positions.push(after);
        for (const report of reportsOfArrival(arrival)) {
          keys += report.keys?.hashes.length ?? 0;
          merge(reports, report);
        }
      }
      if (read.length < limit) {
        return { positions, reports, hasMore: false };
      }
    }
    return { positions, reports, hasMore: true };
  }

  private async readLimit(manager: EntityManager, after: ArrivalPosition, which: Which, keys: number): Promise<number> {
    if (!this.events.listsRecords) {
      return ARRIVALS_PER_READ;
    }
    return Math.max(1, await this.arrivals.countWithKeys(manager, after, which, ARRIVALS_PER_READ, keys));
  }
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
