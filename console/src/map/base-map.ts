import 'maplibre-gl/dist/maplibre-gl.css';
import './map.css';
import {
  addProtocol,
  AttributionControl,
  LngLatBounds,
  Map as MapLibreMap,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { Protocol } from 'pmtiles';
import { baseStyle } from './base-style.js';
import { darkTheme, type MapColours, mapColours } from './map-colours.js';
import { loadOutlines, type Outlines } from './outlines.js';

export type Place = readonly [longitude: number, latitude: number];

export interface BaseMapOptions {
  /** Read out for the map. */
  readonly title: string;
  /** Whether the gateway has a file with streets. */
  readonly hasStreets: boolean;
  /** CONSOLE_MAP_STYLE_URL: in place of the outlines. */
  readonly styleUrl: string | null;
}

const FIT_PADDING_PX = 56;

// The worker is a file of this origin: the content policy allows no other.
setWorkerUrl(new URL(workerUrl, window.location.origin).href);
addProtocol('pmtiles', new Protocol().tile);

/** A map with nothing on it but the ground, in the colours of the theme. `destroy` ends it. */
export class BaseMap {
  readonly map: MapLibreMap;
  private readonly ending = new AbortController();

  private constructor(
    container: HTMLElement,
    private readonly options: BaseMapOptions,
    private readonly outlines: Outlines | null,
  ) {
    this.map = new MapLibreMap({
      container,
      style: this.style(),
      center: [15, 40],
      zoom: 1.6,
      maxZoom: 19,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      locale: { 'Map.Title': options.title },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    this.map.addControl(new AttributionControl({ compact: false }), 'bottom-right');
    this.map.addControl(new ScaleControl({ maxWidth: 90 }), 'bottom-left');
    darkTheme.addEventListener('change', this.restyle, { signal: this.ending.signal });
  }

  /** Rejects when the outlines can not be loaded, or when the browser has no WebGL. */
  static async create(container: HTMLElement, options: BaseMapOptions, signal: AbortSignal): Promise<BaseMap> {
    const outlines = options.styleUrl === null ? await loadOutlines(signal) : null;
    signal.throwIfAborted();
    return new BaseMap(container, options, outlines);
  }

  get isDestroyed(): boolean {
    return this.ending.signal.aborted;
  }

  /** Calls `draw` when the ground has been loaded, and again after a change of the theme: what was drawn before is gone then. */
  whenStyled(draw: (map: MapLibreMap, colours: MapColours) => void): void {
    this.map.on('style.load', () => draw(this.map, mapColours()));
  }

  /** All of them in view, at once. */
  fit(places: readonly Place[], maxZoom: number): void {
    if (places.length > 0) {
      const bounds = places.reduce((all, [longitude, latitude]) => all.extend([longitude, latitude]), new LngLatBounds());
      this.map.fitBounds(bounds, { padding: FIT_PADDING_PX, maxZoom, animate: false });
    }
  }

  /** What is drawn of a layer. Empty before it is there. */
  drawn(layer: string): readonly Readonly<Record<string, unknown>>[] {
    return this.map.getLayer(layer) === undefined
      ? []
      : this.map.queryRenderedFeatures({ layers: [layer] }).map(({ properties }) => properties);
  }

  /** Whether all that is in view has been loaded and drawn. */
  get isComplete(): boolean {
    return this.map.loaded() && this.map.areTilesLoaded();
  }

  destroy(): void {
    this.ending.abort();
    this.map.remove();
  }

  private style() {
    const { styleUrl, hasStreets } = this.options;
    return this.outlines ? baseStyle(this.outlines, mapColours(), { hasStreets }) : styleUrl!;
  }

  private readonly restyle = (): void => {
    this.map.setStyle(this.style(), { diff: false });
  };
}
