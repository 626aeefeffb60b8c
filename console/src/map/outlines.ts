import type { FeatureCollection, MultiLineString } from 'geojson';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import url from 'world-atlas/countries-50m.json?url';

export interface Outlines {
  /** By countries: the polygon of two continents is more than is filled without faults. */
  readonly land: FeatureCollection;
  /** Each border once, without coasts. */
  readonly borders: MultiLineString;
}

type World = Topology<{ readonly countries: GeometryCollection }>;

/** Land and borders of the world (Natural Earth, 1:50 million, public domain), from a file of the console. */
export async function loadOutlines(signal: AbortSignal): Promise<Outlines> {
  const response = await fetch(url, { signal });
  if (!response.ok) {
    throw new Error(`The outlines of the map could not be loaded: ${response.status}`);
  }
  const world = (await response.json()) as World;
  const { countries } = world.objects;
  return { land: feature(world, countries), borders: mesh(world, countries, (one, other) => one !== other) };
}
