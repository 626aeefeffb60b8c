import { type Fleet } from './fleet.js';
import { type LatencyHistogram } from './latency-histogram.js';

interface Reading {
  readonly atMs: number;
  readonly records: number;
  readonly frames: number;
  readonly latencies: LatencyHistogram;
}

/** The progress of a fleet, as one line. Rates and times are those since the last line. */
export class ProgressLine {
  private last: Reading;

  constructor(
    private readonly fleet: Fleet,
    nowMs: number,
  ) {
    this.last = this.read(nowMs);
  }

  next(nowMs: number): string {
    const { counters, devices, waitingRecords } = this.fleet;
    const last = this.last;
    const now = this.read(nowMs);
    this.last = now;
    const seconds = Math.max((now.atMs - last.atMs) / 1000, 0.001);
    const parts = [
      `connected ${counters.connected}/${devices.length}`,
      `${Math.round((now.records - last.records) / seconds)} records/s`,
      `${Math.round((now.frames - last.frames) / seconds)} frames/s`,
      `waiting ${waitingRecords}`,
      `resends ${counters.resends}`,
      `reconnects ${counters.reconnects}`,
      `commands ${counters.commandsAnswered}`,
      `ack ${latencyText(now.latencies.since(last.latencies))}`,
    ];
    const errors = [...counters.connectionErrors].map(([code, count]) => `${code} ${count}`).join(', ');
    return [...parts, ...(errors === '' ? [] : [`errors ${errors}`])].join(' | ');
  }

  private read(atMs: number): Reading {
    const { recordsAcknowledged, framesAcknowledged, acknowledgementMs } = this.fleet.counters;
    return { atMs, records: recordsAcknowledged, frames: framesAcknowledged, latencies: acknowledgementMs.snapshot() };
  }
}

/** The median, and the time of the slowest 1 %. */
export function latencyText(latencies: LatencyHistogram): string {
  return `p50 ${millisecondsText(latencies.percentile(0.5))} p99 ${millisecondsText(latencies.percentile(0.99))}`;
}

function millisecondsText(milliseconds: number | null): string {
  if (milliseconds === null) {
    return '-';
  }
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}
