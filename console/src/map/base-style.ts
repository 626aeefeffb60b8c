import { type LayerSpecification, type StyleSpecification } from 'maplibre-gl';
import { type MapColours } from './map-colours.js';
import { type Outlines } from './outlines.js';
import { streetLayers } from './street-layers.js';

/**
 * The ground below the devices: outlines always, streets when the gateway has a file with them. Without `glyphs`, so that MapLibre draws labels
 * itself, with fonts of the system, and asks no server for them.
 */
export function baseStyle(
  outlines: Outlines,
  colours: MapColours,
  { hasStreets }: { readonly hasStreets: boolean },
): StyleSpecification {
  const file = new URL('/console/map.pmtiles', window.location.origin).href;
  return {
    version: 8,
    sources: {
      land: { type: 'geojson', data: outlines.land, tolerance: 0.2, attribution: 'Natural Earth' },
      borders: { type: 'geojson', data: outlines.borders, tolerance: 0.2 },
      ...(hasStreets ? { streets: { type: 'vector' as const, url: `pmtiles://${file}`, attribution: 'OpenStreetMap' } } : {}),
    },
    layers: [
      { id: 'water', type: 'background', paint: { 'background-color': colours.water } },
      { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': colours.land, 'fill-outline-color': colours.land } },
      ...(hasStreets ? streetLayers(colours) : []),
      borderLayer(colours),
    ],
  };
}

function borderLayer({ border }: MapColours): LayerSpecification {
  return {
    id: 'borders',
    type: 'line',
    source: 'borders',
    layout: { 'line-join': 'round' },
    paint: { 'line-color': border, 'line-width': ['interpolate', ['linear'], ['zoom'], 1, 0.6, 8, 1.6] },
  };
}
