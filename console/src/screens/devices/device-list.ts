import { signal } from '@preact/signals';
import { type StreamEvent, streamState } from '../../app/stream.js';
import { ApiError } from '../../api/api-error.js';
import { broker } from '../../api/broker.js';
import { type ApiCall } from '../../api/call.js';
import { type Query, type QueryState } from '../../api/use-query.js';
import {
  applyConnection,
  applyEvent,
  applyNewest,
  applyRefusals,
  applyRegistration,
  type DeviceRow,
  emptyRow,
} from './device-row.js';

/** Devices that are listed; of more, those that are connected come first. */
const MAX_DEVICES = 20_000;
const PAGE = 1_000;
/** A list of 10,000 is filtered and rendered no more often. */
const SHOW_MS = 250;
const RETRY_MS = 3_000;
/** Events that are kept while the list is read. */
const MAX_MEANWHILE = 5_000;

/** In the order of their IMEIs. */
export type DeviceRows = readonly DeviceRow[];

/** Every device that is connected, registered, banned, or was refused. Read once, then changed by the stream. */
export class DeviceList implements Query<DeviceRows> {
  readonly call: ApiCall = { path: '/api/v1/devices' };
  readonly state = signal<QueryState<DeviceRows>>({ kind: 'loading' });
  private rows = new Map<string, DeviceRow>();
  private sorted: DeviceRows = [];
  private isSorted = false;
  private isReading = false;
  /** What has happened while the list is read: the answer may be older. */
  private meanwhile: readonly StreamEvent[] = [];
  private running: AbortController | null = null;
  private readTimer: number | undefined;
  private showTimer: number | undefined;

  readonly refresh = (): void => {
    window.clearTimeout(this.readTimer);
    this.running?.abort();
    this.running = new AbortController();
    void this.read(this.running.signal);
  };

  stop(): void {
    window.clearTimeout(this.readTimer);
    window.clearTimeout(this.showTimer);
    this.showTimer = undefined;
    this.running?.abort();
  }

  apply(events: readonly StreamEvent[]): void {
    this.applyTo(this.rows, events);
    if (this.isReading) {
      this.meanwhile = [...this.meanwhile, ...events].slice(-MAX_MEANWHILE);
    }
    if (this.state.peek().kind === 'ready') {
      this.showTimer ??= window.setTimeout(() => this.show(null), SHOW_MS);
    }
  }

  private applyTo(rows: Map<string, DeviceRow>, events: readonly StreamEvent[]): void {
    for (const event of events) {
      const row = this.rowOf(rows, event.data.imei);
      if (row) {
        applyEvent(row, event);
      }
    }
  }

  private async read(signal: AbortSignal): Promise<void> {
    this.isReading = true;
    this.meanwhile = [];
    try {
      const rows = await this.readAll(signal);
      this.isReading = false;
      this.keepWhatTheStreamTold(rows);
      this.applyTo(rows, this.meanwhile);
      this.rows = rows;
      this.isSorted = false;
      this.show(null);
    } catch (cause) {
      if (!signal.aborted) {
        this.show(ApiError.from(cause));
      }
    }
  }

  private async readAll(signal: AbortSignal): Promise<Map<string, DeviceRow>> {
    const rows = new Map<string, DeviceRow>();
    const update = (imei: string, change: (row: DeviceRow) => void): void => {
      const row = this.rowOf(rows, imei);
      if (row) {
        change(row);
      }
    };
    for (const device of await broker.devices.list({ signal })) {
      update(device.imei, (row) => applyConnection(row, device));
    }
    for await (const device of broker.registeredDevices.list({ limit: PAGE }, { signal })) {
      update(device.imei, (row) => applyRegistration(row, device));
    }
    for await (const device of broker.registeredDevices.unknown({ limit: PAGE }, { signal })) {
      update(device.imei, (row) => applyRefusals(row, device));
    }
    // The stream reports later records.
    if (this.state.peek().kind !== 'ready' || streamState.peek() !== 'live') {
      for await (const record of broker.telemetry.latestOfMany({ view: 'position', limit: PAGE }, { signal })) {
        update(record.imei, (row) => applyNewest(row, record));
      }
    }
    return rows;
  }

  /** Later reads leave out the newest records, which the stream reports. */
  private keepWhatTheStreamTold(rows: Map<string, DeviceRow>): void {
    for (const [imei, { lastDataAtMs, speedKmh, lacksFix }] of this.rows) {
      // Of a device that is neither connected nor registered, records are all that is known.
      const row = lacksFix === null ? rows.get(imei) : this.rowOf(rows, imei);
      if (row && lastDataAtMs !== null) {
        const isNewer = row.lacksFix === null || lastDataAtMs > (row.lastDataAtMs ?? 0);
        Object.assign(row, isNewer ? { speedKmh, lacksFix } : {});
        row.lastDataAtMs = Math.max(lastDataAtMs, row.lastDataAtMs ?? 0);
      }
    }
  }

  private rowOf(rows: Map<string, DeviceRow>, imei: string): DeviceRow | null {
    const found = rows.get(imei);
    if (found || rows.size >= MAX_DEVICES) {
      return found ?? null;
    }
    const row = emptyRow(imei);
    rows.set(imei, row);
    this.isSorted = false;
    return row;
  }

  private show(error: ApiError | null): void {
    window.clearTimeout(this.showTimer);
    this.showTimer = undefined;
    const before = this.state.peek();
    if (error && before.kind !== 'ready') {
      this.state.value = { kind: 'failed', error };
    } else if (error && before.kind === 'ready') {
      this.state.value = { ...before, error };
    } else {
      // A new array each time: its rows are changed in place.
      this.sorted = this.isSorted ? [...this.sorted] : [...this.rows.values()].sort(byImei);
      this.isSorted = true;
      this.state.value = { kind: 'ready', data: this.sorted, at: new Date(), error: null };
    }
    if (error?.isTemporary === true) {
      this.readTimer = window.setTimeout(this.refresh, RETRY_MS);
    }
  }
}

function byImei(one: DeviceRow, other: DeviceRow): number {
  return one.imei < other.imei ? -1 : 1;
}
