/** Of the map: it is drawn by WebGL, so styles do not reach it. Ground and water are quiet, the devices stand out. */
export interface MapColours {
  readonly water: string;
  readonly land: string;
  readonly border: string;
  readonly road: string;
  readonly label: string;
  readonly halo: string;
  readonly cluster: string;
  readonly clusterText: string;
  readonly connected: string;
  readonly stale: string;
  readonly problem: string;
  readonly offline: string;
}

const LIGHT: MapColours = {
  water: '#dbe5ee',
  land: '#f8f8f5',
  border: '#b4bcc6',
  road: '#d5d8dc',
  label: '#48525e',
  halo: '#ffffff',
  cluster: '#0b5cad',
  clusterText: '#ffffff',
  connected: '#12803f',
  stale: '#a86500',
  problem: '#b3261e',
  offline: '#55606e',
};

const DARK: MapColours = {
  water: '#12171d',
  land: '#23292f',
  border: '#4b5561',
  road: '#39424b',
  label: '#b7c0cb',
  halo: '#14171a',
  cluster: '#6cb0f5',
  clusterText: '#0c1a29',
  connected: '#62cc91',
  stale: '#f0b357',
  problem: '#ff8f85',
  offline: '#a4aebb',
};

export const darkTheme = window.matchMedia('(prefers-color-scheme: dark)');

export const mapColours = (): MapColours => (darkTheme.matches ? DARK : LIGHT);
