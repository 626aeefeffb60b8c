import 'maplibre-gl/dist/maplibre-gl.css';
import {
  addProtocol,
  AttributionControl,
  type GeoJSONSource,
  LngLatBounds,
  Map as MapLibreMap,
  type MapMouseEvent,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { Protocol } from 'pmtiles';
import { baseStyle } from './base-style.js';
import { addMarks, CLUSTER_LAYER, DEVICE_LAYER, deviceLayers, DEVICES, deviceSource } from './device-layers.js';
import { DeviceMarks, type Mark } from './device-marks.js';
import { darkTheme, mapColours } from './map-colours.js';
import { loadOutlines, type Outlines } from './outlines.js';

export { type Mark } from './device-marks.js';

export interface FleetMapOptions {
  /** Whether the gateway has a file with streets. */
  readonly hasStreets: boolean;
  /** CONSOLE_MAP_STYLE_URL: in place of the outlines. */
  readonly styleUrl: string | null;
  readonly onSelect: (imei: string | null) => void;
}

const DEVICE_ZOOM = 14;
const FLIGHT_MS = 1_200;
const FIT_PADDING_PX = 56;
const FIT_MAX_ZOOM = 12;

// The worker is a file of this origin: the content policy allows no other.
setWorkerUrl(new URL(workerUrl, window.location.origin).href);
addProtocol('pmtiles', new Protocol().tile);

/** The map of the fleet in an element. `destroy` ends it. */
export class FleetMap {
  private readonly map: MapLibreMap;
  private readonly marks: DeviceMarks;
  private readonly ending = new AbortController();

  private constructor(
    container: HTMLElement,
    private readonly options: FleetMapOptions,
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
      // Rows are read out and reached by keyboard in the list beside the map.
      locale: { 'Map.Title': 'Map of the devices' },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    this.map.addControl(new AttributionControl({ compact: false }), 'bottom-right');
    this.map.addControl(new ScaleControl({ maxWidth: 90 }), 'bottom-left');
    this.marks = new DeviceMarks(() => this.map.getSource<GeoJSONSource>(DEVICES));
    this.map.on('style.load', () => this.addDevices());
    this.map.on('click', (event) => void this.select(event));
    this.map.on('mousemove', (event) => (this.map.getCanvas().style.cursor = this.hit(event) ? 'pointer' : ''));
    darkTheme.addEventListener('change', this.restyle, { signal: this.ending.signal });
  }

  /** Rejects when the outlines can not be loaded, or when the browser has no WebGL. */
  static async create(container: HTMLElement, options: FleetMapOptions, signal: AbortSignal): Promise<FleetMap> {
    const outlines = options.styleUrl === null ? await loadOutlines(signal) : null;
    signal.throwIfAborted();
    return new FleetMap(container, options, outlines);
  }

  /** Shows a device where it is now. Many calls become one update of the source. */
  show(mark: Mark): void {
    this.marks.show(mark);
  }

  flyTo([longitude, latitude]: readonly [longitude: number, latitude: number]): void {
    const isStill = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const zoom = Math.max(this.map.getZoom(), DEVICE_ZOOM);
    this.map.flyTo({ center: [longitude, latitude], zoom, ...(isStill ? { animate: false } : { duration: FLIGHT_MS }) });
  }

  /** All of them in view, at once. */
  fit(places: readonly (readonly [longitude: number, latitude: number])[]): void {
    if (places.length > 0) {
      const bounds = places.reduce((all, [longitude, latitude]) => all.extend([longitude, latitude]), new LngLatBounds());
      this.map.fitBounds(bounds, { padding: FIT_PADDING_PX, maxZoom: FIT_MAX_ZOOM, animate: false });
    }
  }

  /** What is drawn, by layer: `clusters`, `device-marks`, `earth`. Empty before it is there. */
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
    this.marks.stop();
    this.map.remove();
  }

  private style() {
    const { styleUrl, hasStreets } = this.options;
    return this.outlines ? baseStyle(this.outlines, mapColours(), { hasStreets }) : styleUrl!;
  }

  private readonly restyle = (): void => {
    this.map.setStyle(this.style(), { diff: false });
  };

  private addDevices(): void {
    const colours = mapColours();
    addMarks(this.map, colours);
    this.map.addSource(DEVICES, deviceSource);
    deviceLayers(colours).forEach((layer) => this.map.addLayer(layer));
    this.marks.reset();
  }

  private hit({ point }: MapMouseEvent) {
    const layers = [CLUSTER_LAYER, DEVICE_LAYER].filter((layer) => this.map.getLayer(layer));
    return this.map.queryRenderedFeatures(point, { layers })[0];
  }

  private async select(event: MapMouseEvent): Promise<void> {
    const found = this.hit(event);
    const cluster = found?.properties['cluster_id'] as number | undefined;
    if (cluster === undefined) {
      this.options.onSelect((found?.properties['imei'] as string | undefined) ?? null);
      return;
    }
    const zoom = await this.map.getSource<GeoJSONSource>(DEVICES)?.getClusterExpansionZoom(cluster);
    if (zoom !== undefined && !this.ending.signal.aborted) {
      this.map.easeTo({ center: event.lngLat, zoom });
    }
  }
}
