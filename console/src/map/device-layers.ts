import {
  type ExpressionSpecification,
  type LayerSpecification,
  type Map as MapLibreMap,
  type SourceSpecification,
} from 'maplibre-gl';
import { type MapColours } from './map-colours.js';

export const DEVICES = 'devices';
export const CLUSTER_LAYER = 'clusters';
export const DEVICE_LAYER = 'device-marks';

const CLUSTER_MAX_ZOOM = 13;
const CLUSTER_RADIUS_PX = 44;
const MARK_PX = 18;
const PIXEL_RATIO = 2;

export type MarkState = 'connected' | 'stale' | 'problem' | 'offline';
const MARK_STATES: readonly MarkState[] = ['connected', 'stale', 'problem', 'offline'];

const countOf = (state: MarkState): ExpressionSpecification => ['+', ['case', ['==', ['get', 'state'], state], 1, 0]];

/** One source of all devices. A cluster knows how many of its devices have a problem. */
export const deviceSource: SourceSpecification = {
  type: 'geojson',
  data: { type: 'FeatureCollection', features: [] },
  cluster: true,
  clusterMaxZoom: CLUSTER_MAX_ZOOM,
  clusterRadius: CLUSTER_RADIUS_PX,
  clusterProperties: { problems: countOf('problem') },
};

export function deviceLayers(colours: MapColours): LayerSpecification[] {
  const isCluster: ExpressionSpecification = ['has', 'point_count'];
  const hasProblems: ExpressionSpecification = ['>', ['get', 'problems'], 0];
  return [
    {
      id: CLUSTER_LAYER,
      type: 'circle',
      source: DEVICES,
      filter: isCluster,
      paint: {
        'circle-color': colours.cluster,
        'circle-radius': ['interpolate', ['linear'], ['log10', ['get', 'point_count']], 0, 12, 4, 26],
        'circle-stroke-width': ['case', hasProblems, 3, 1.5],
        'circle-stroke-color': ['case', hasProblems, colours.problem, colours.halo],
      },
    },
    {
      id: 'cluster-counts',
      type: 'symbol',
      source: DEVICES,
      filter: isCluster,
      layout: { 'text-field': ['get', 'point_count_abbreviated'], 'text-size': 12, 'text-allow-overlap': true },
      paint: { 'text-color': colours.clusterText },
    },
    {
      id: DEVICE_LAYER,
      type: 'symbol',
      source: DEVICES,
      filter: ['!', isCluster],
      layout: {
        'icon-image': ['concat', 'mark-', ['get', 'state']],
        'icon-allow-overlap': true,
        'text-field': ['step', ['zoom'], '', 12, ['get', 'title']],
        'text-size': 11,
        'text-offset': [0, 1.2],
        'text-anchor': 'top',
        'text-optional': true,
      },
      paint: { 'text-color': colours.label, 'text-halo-color': colours.halo, 'text-halo-width': 1.2 },
    },
  ];
}

/** A circle, a triangle, a diamond and a ring: the shapes of the badges. */
export function addMarks(map: MapLibreMap, colours: MapColours): void {
  for (const state of MARK_STATES) {
    map.addImage(`mark-${state}`, drawMark(state, colours), { pixelRatio: PIXEL_RATIO });
  }
}

const CORNERS: Readonly<Record<'stale' | 'problem', readonly (readonly [x: number, y: number])[]>> = {
  stale: [
    [9, 2.5],
    [16, 15],
    [2, 15],
  ],
  problem: [
    [9, 1.5],
    [16.5, 9],
    [9, 16.5],
    [1.5, 9],
  ],
};

function drawMark(state: MarkState, colours: MapColours): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = MARK_PX * PIXEL_RATIO;
  const context = canvas.getContext('2d')!;
  context.scale(PIXEL_RATIO, PIXEL_RATIO);
  context.beginPath();
  if (state === 'connected' || state === 'offline') {
    context.arc(MARK_PX / 2, MARK_PX / 2, 6.5, 0, 2 * Math.PI);
  } else {
    CORNERS[state].forEach(([x, y]) => context.lineTo(x, y));
    context.closePath();
  }
  if (state === 'offline') {
    drawRing(context, colours);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  }
  context.fillStyle = colours[state];
  context.strokeStyle = colours.halo;
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.fill();
  context.stroke();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function drawRing(context: CanvasRenderingContext2D, { halo, offline }: MapColours): void {
  context.fillStyle = halo;
  context.fill();
  context.beginPath();
  context.arc(MARK_PX / 2, MARK_PX / 2, 4.5, 0, 2 * Math.PI);
  context.strokeStyle = offline;
  context.lineWidth = 2.5;
  context.stroke();
}
