import type { Feature, Point } from 'geojson';
import { type GeoJSONFeatureDiff, type GeoJSONSource } from 'maplibre-gl';
import { type MarkState } from './device-layers.js';

/** A device on the map. */
export interface Mark {
  readonly imei: string;
  readonly title: string;
  readonly state: MarkState;
  readonly place: readonly [longitude: number, latitude: number];
}

/** The worker groups all devices again with each update: with 10,000 of them that takes it some 20 ms. */
const UPDATE_EVERY_MS = 500;

/** Keeps the source of the devices as it should be, by what has changed since the last update. */
export class DeviceMarks {
  private readonly shown = new Map<string, Mark>();
  private readonly changed = new Set<string>();
  /** In the source. */
  private known = new Set<string>();
  private timer: number | undefined;
  private isUpdating = false;

  constructor(private readonly source: () => GeoJSONSource | undefined) {}

  show(mark: Mark): void {
    const before = this.shown.get(mark.imei);
    if (before && isSame(before, mark)) {
      return;
    }
    this.shown.set(mark.imei, mark);
    this.changed.add(mark.imei);
    this.schedule();
  }

  /** The source is new, and empty. */
  reset(): void {
    this.known = new Set();
    this.shown.forEach((_, imei) => this.changed.add(imei));
    void this.update();
  }

  stop(): void {
    window.clearTimeout(this.timer);
    this.timer = undefined;
    this.changed.clear();
  }

  private schedule(): void {
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      void this.update();
    }, UPDATE_EVERY_MS);
  }

  /** The next one waits until the worker has taken this one. */
  private async update(): Promise<void> {
    const source = this.source();
    if (!source || this.changed.size === 0) {
      return;
    }
    if (this.isUpdating) {
      this.schedule();
      return;
    }
    this.isUpdating = true;
    const [add, update]: [Feature<Point>[], GeoJSONFeatureDiff[]] = [[], []];
    for (const imei of this.changed) {
      const mark = this.shown.get(imei)!;
      if (this.known.has(imei)) {
        update.push(diffOf(mark));
      } else {
        this.known.add(imei);
        add.push(featureOf(mark));
      }
    }
    this.changed.clear();
    try {
      await source.updateData({ add, update });
    } finally {
      this.isUpdating = false;
    }
  }
}

function isSame(one: Mark, other: Mark): boolean {
  return (
    one.state === other.state && one.title === other.title && one.place[0] === other.place[0] && one.place[1] === other.place[1]
  );
}

const idOf = ({ imei }: Mark): number => Number(imei);
const geometryOf = ({ place }: Mark): Point => ({ type: 'Point', coordinates: [...place] });

function featureOf(mark: Mark): Feature<Point> {
  const { imei, title, state } = mark;
  return { type: 'Feature', id: idOf(mark), geometry: geometryOf(mark), properties: { imei, title, state } };
}

function diffOf(mark: Mark): GeoJSONFeatureDiff {
  const { title, state } = mark;
  return {
    id: idOf(mark),
    newGeometry: geometryOf(mark),
    addOrUpdateProperties: [
      { key: 'title', value: title },
      { key: 'state', value: state },
    ],
  };
}
