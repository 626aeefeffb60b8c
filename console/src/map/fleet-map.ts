import { type GeoJSONSource, type Map as MapLibreMap, type MapMouseEvent } from 'maplibre-gl';
import { BaseMap, type BaseMapOptions, type Place } from './base-map.js';
import { addMarks, CLUSTER_LAYER, DEVICE_LAYER, deviceLayers, DEVICES, deviceSource } from './device-layers.js';
import { DeviceMarks, type Mark } from './device-marks.js';
import { type MapColours } from './map-colours.js';

export { type Mark } from './device-marks.js';

export interface FleetMapOptions extends Omit<BaseMapOptions, 'title'> {
  readonly onSelect: (imei: string | null) => void;
}

const DEVICE_ZOOM = 14;
const FLIGHT_MS = 1_200;
const FIT_MAX_ZOOM = 12;

/** The map of the fleet in an element. `destroy` ends it. */
export class FleetMap {
  private readonly map: MapLibreMap;
  private readonly marks: DeviceMarks;

  private constructor(
    private readonly base: BaseMap,
    private readonly onSelect: FleetMapOptions['onSelect'],
  ) {
    this.map = base.map;
    this.marks = new DeviceMarks(() => this.map.getSource<GeoJSONSource>(DEVICES));
    base.whenStyled((_map, colours) => this.addDevices(colours));
    this.map.on('click', (event) => void this.select(event));
    this.map.on('mousemove', (event) => (this.map.getCanvas().style.cursor = this.hit(event) ? 'pointer' : ''));
  }

  /** Rejects when the outlines can not be loaded, or when the browser has no WebGL. */
  static async create(container: HTMLElement, options: FleetMapOptions, signal: AbortSignal): Promise<FleetMap> {
    // Devices are read out and reached by keyboard in the list beside the map.
    const base = await BaseMap.create(container, { ...options, title: 'Map of the devices' }, signal);
    return new FleetMap(base, options.onSelect);
  }

  /** Shows a device where it is now. Many calls become one update of the source. */
  show(mark: Mark): void {
    this.marks.show(mark);
  }

  flyTo([longitude, latitude]: Place): void {
    const isStill = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const zoom = Math.max(this.map.getZoom(), DEVICE_ZOOM);
    this.map.flyTo({ center: [longitude, latitude], zoom, ...(isStill ? { animate: false } : { duration: FLIGHT_MS }) });
  }

  /** All of them in view, at once. */
  fit(places: readonly Place[]): void {
    this.base.fit(places, FIT_MAX_ZOOM);
  }

  /** What is drawn, by layer: `clusters`, `device-marks`, `earth`. Empty before it is there. */
  drawn(layer: string): readonly Readonly<Record<string, unknown>>[] {
    return this.base.drawn(layer);
  }

  /** Whether all that is in view has been loaded and drawn. */
  get isComplete(): boolean {
    return this.base.isComplete;
  }

  destroy(): void {
    this.marks.stop();
    this.base.destroy();
  }

  private addDevices(colours: MapColours): void {
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
      this.onSelect((found?.properties['imei'] as string | undefined) ?? null);
      return;
    }
    const zoom = await this.map.getSource<GeoJSONSource>(DEVICES)?.getClusterExpansionZoom(cluster);
    if (zoom !== undefined && !this.base.isDestroyed) {
      this.map.easeTo({ center: event.lngLat, zoom });
    }
  }
}
