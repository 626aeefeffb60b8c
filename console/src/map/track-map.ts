import type { FeatureCollection } from 'geojson';
import { type ExpressionSpecification, type GeoJSONSource, type LayerSpecification } from 'maplibre-gl';
import { BaseMap, type BaseMapOptions, type Place } from './base-map.js';
import { type MapColours } from './map-colours.js';

/** Lines without a gap in time, the oldest first. */
export type Track = readonly (readonly Place[])[];

const TRACK = 'track';
const FIT_MAX_ZOOM = 15;

/** The way of one device on a map. `destroy` ends it. */
export class TrackMap {
  private track: Track = [];
  /** The whole track stays in view until the user moves the map. */
  private isFollowing = true;

  private constructor(private readonly base: BaseMap) {
    base.whenStyled((map, colours) => {
      map.addSource(TRACK, { type: 'geojson', data: featuresOf(this.track) });
      trackLayers(colours).forEach((layer) => map.addLayer(layer));
    });
    base.map.on('movestart', ({ originalEvent }: { readonly originalEvent?: unknown }) => {
      this.isFollowing &&= originalEvent === undefined;
    });
  }

  /** Rejects when the outlines can not be loaded, or when the browser has no WebGL. */
  static async create(container: HTMLElement, options: Omit<BaseMapOptions, 'title'>, signal: AbortSignal): Promise<TrackMap> {
    return new TrackMap(await BaseMap.create(container, { ...options, title: 'Track of the device' }, signal));
  }

  show(track: Track): void {
    this.track = track;
    void this.base.map.getSource<GeoJSONSource>(TRACK)?.setData(featuresOf(track));
    if (this.isFollowing) {
      this.base.fit(track.flat(), FIT_MAX_ZOOM);
    }
  }

  /** What is drawn, by layer: `track-line`, `track-end`. Empty before it is there. */
  drawn(layer: string): readonly Readonly<Record<string, unknown>>[] {
    return this.base.drawn(layer);
  }

  /** Whether all that is in view has been loaded and drawn. */
  get isComplete(): boolean {
    return this.base.isComplete;
  }

  destroy(): void {
    this.base.destroy();
  }
}

function featuresOf(track: Track): FeatureCollection {
  const ends = [
    ['start', track[0]?.[0]],
    ['newest', track.at(-1)?.at(-1)],
  ] as const;
  return {
    type: 'FeatureCollection',
    features: [
      {
        type: 'Feature',
        properties: {},
        geometry: { type: 'MultiLineString', coordinates: track.map((line) => line.map(([...place]) => place)) },
      },
      ...ends.flatMap(([end, place]) =>
        place
          ? [{ type: 'Feature' as const, properties: { end }, geometry: { type: 'Point' as const, coordinates: [...place] } }]
          : [],
      ),
    ],
  };
}

function trackLayers({ cluster, halo, connected, offline }: MapColours): LayerSpecification[] {
  const isEnd: ExpressionSpecification = ['has', 'end'];
  const isNewest: ExpressionSpecification = ['==', ['get', 'end'], 'newest'];
  const shape = { 'line-cap': 'round', 'line-join': 'round' } as const;
  return [
    {
      id: 'track-halo',
      type: 'line',
      source: TRACK,
      filter: ['!', isEnd],
      layout: shape,
      paint: { 'line-color': halo, 'line-width': 6 },
    },
    {
      id: 'track-line',
      type: 'line',
      source: TRACK,
      filter: ['!', isEnd],
      layout: shape,
      paint: { 'line-color': cluster, 'line-width': 3 },
    },
    {
      id: 'track-end',
      type: 'circle',
      source: TRACK,
      filter: isEnd,
      paint: {
        'circle-radius': ['case', isNewest, 7, 4.5],
        'circle-color': ['case', isNewest, connected, halo],
        'circle-stroke-width': 2,
        'circle-stroke-color': ['case', isNewest, halo, offline],
      },
    },
  ];
}
