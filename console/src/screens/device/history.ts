import { signal } from '@preact/signals';
import { type TelemetryRecord } from '../../../../client/src/index.js';
import { type StreamEvent } from '../../app/stream.js';

/** Points that a chart holds: of more, the oldest are dropped. */
export const MAX_POINTS = 2_000;
const MILLIVOLT = 1_000;
const MILLISECONDS = 1_000;

export interface Points {
  /** Unix seconds, ascending. */
  readonly times: readonly number[];
  readonly speed: readonly (number | null)[];
  readonly externalVolts: readonly (number | null)[];
  readonly batteryVolts: readonly (number | null)[];
  readonly batteryPercent: readonly (number | null)[];
}

/** The way of the device, by its records with a fix. */
export interface DeviceTrack {
  /** Without a gap in time each, the oldest first. */
  readonly lines: readonly (readonly Place[])[];
  readonly positions: number;
  readonly durationMs: number;
}

type Place = readonly [longitude: number, latitude: number];

interface Point {
  readonly at: number;
  /** Null without a fix. */
  readonly place: Place | null;
  readonly speed: number | null;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Between two records that are not joined on the map. */
const MAX_GAP_SECONDS = 900;
const NO_TRACK: DeviceTrack = { lines: [], positions: 0, durationMs: 0 };
const NONE: Points = { times: [], speed: [], externalVolts: [], batteryVolts: [], batteryPercent: [] };

/** The last records of a device as columns: read once, then longer with each event. */
export class History {
  readonly points = signal<Points>(NONE);
  readonly track = signal<DeviceTrack>(NO_TRACK);
  private list: Point[] = [];

  /** @param records newest first, as the API gives them */
  load(records: readonly TelemetryRecord[]): void {
    const read = records
      .map(({ iotTimestamp, satellites, speed, longitude, latitude, attributes }) => ({
        at: Date.parse(iotTimestamp) / 1_000,
        place: satellites > 0 ? ([longitude, latitude] as const) : null,
        speed: satellites > 0 ? speed : null,
        attributes: attributes ?? {},
      }))
      .reverse();
    const last = read.at(-1)?.at ?? 0;
    // Events may be ahead of what was read.
    this.show([...read, ...this.list.filter(({ at }) => at > last)]);
  }

  apply(events: readonly StreamEvent[], imei: string): void {
    const added: Point[] = [];
    for (const { data } of events) {
      if (data.type === 'telemetry' && data.imei === imei) {
        added.push({
          at: Date.parse(data.latestTimestamp ?? '') / 1_000,
          place: placeOf(data.latestGps),
          speed: data.latestGps?.fix === true ? data.latestGps.speed : null,
          attributes: data.latestAttributes ?? {},
        });
      }
    }
    const last = this.list.at(-1)?.at ?? 0;
    const newer = added.filter(({ at }) => at > last).sort((one, other) => one.at - other.at);
    if (newer.length > 0) {
      this.show([...this.list, ...newer]);
    }
  }

  private show(list: Point[]): void {
    this.list = list.slice(-MAX_POINTS);
    const column = (name: string, divisor = 1): (number | null)[] =>
      this.list.map(({ attributes }) => (typeof attributes[name] === 'number' ? attributes[name] / divisor : null));
    this.points.value = {
      times: this.list.map(({ at }) => at),
      speed: this.list.map(({ speed }) => speed),
      externalVolts: column('external_voltage', MILLIVOLT),
      batteryVolts: column('internal_battery_voltage', MILLIVOLT),
      batteryPercent: column('internal_battery_percent'),
    };
    this.track.value = trackOf(this.list);
  }
}

function placeOf(gps: { fix: boolean; longitude: number | null; latitude: number | null } | null): Place | null {
  return gps?.fix === true && gps.longitude !== null && gps.latitude !== null ? [gps.longitude, gps.latitude] : null;
}

function trackOf(list: readonly Point[]): DeviceTrack {
  const lines: Place[][] = [];
  const fixes = list.filter(({ place }) => place !== null);
  fixes.forEach(({ at, place }, index) => {
    if (at - (fixes[index - 1]?.at ?? -Infinity) > MAX_GAP_SECONDS) {
      lines.push([]);
    }
    lines.at(-1)!.push(place!);
  });
  const durationMs = ((fixes.at(-1)?.at ?? 0) - (fixes[0]?.at ?? 0)) * MILLISECONDS;
  return { lines, positions: fixes.length, durationMs };
}
