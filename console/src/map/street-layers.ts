import { type LayerSpecification } from 'maplibre-gl';
import { type MapColours } from './map-colours.js';

/** Layers of a PMTiles extract with the layers of the Protomaps basemap (earth, water, roads, boundaries, places). Those that a file lacks stay empty. */
export function streetLayers(colours: MapColours): LayerSpecification[] {
  return [
    { id: 'earth', type: 'fill', source: 'streets', 'source-layer': 'earth', paint: { 'fill-color': colours.land } },
    { id: 'lakes', type: 'fill', source: 'streets', 'source-layer': 'water', paint: { 'fill-color': colours.water } },
    {
      id: 'roads',
      type: 'line',
      source: 'streets',
      'source-layer': 'roads',
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': colours.road, 'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 6, 0.5, 18, 12] },
    },
    {
      id: 'places',
      type: 'symbol',
      source: 'streets',
      'source-layer': 'places',
      layout: { 'text-field': ['get', 'name'], 'text-size': 12 },
      paint: { 'text-color': colours.label, 'text-halo-color': colours.halo, 'text-halo-width': 1.2 },
    },
  ];
}
