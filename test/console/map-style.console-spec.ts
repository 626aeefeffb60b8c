import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { waitFor } from '../support/wait-for.js';
import { ConsoleFixture } from './support/console-fixture.js';

/** Answers every request with the style, and notes its path. */
async function serveStyle(styleOf: () => unknown): Promise<{ readonly origin: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
    response.end(JSON.stringify(styleOf()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

let fixture: ConsoleFixture | null = null;
const servers: Server[] = [];

afterEach(async () => {
  try {
    await fixture?.closePages();
  } finally {
    await fixture?.stop();
  }
  fixture = null;
  servers.splice(0).forEach((server) => server.close());
});

it('CONSOLE_MAP_STYLE_URL lets the map ask its origin, and no other one that the style names', async () => {
  const other = await serveStyle(() => ({}));
  const tiles = await serveStyle(() => ({
    version: 8,
    sources: {
      streets: { type: 'raster', tiles: [`${other.origin}/{z}/{x}/{y}.png`], tileSize: 256 },
      own: { type: 'geojson', data: `${tiles.origin}/own.geojson` },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': '#cde' } },
      { id: 'streets', type: 'raster', source: 'streets' },
      { id: 'own', type: 'line', source: 'own' },
    ],
  }));
  fixture = await ConsoleFixture.start({ devices: 1, env: { CONSOLE_MAP_STYLE_URL: `${tiles.origin}/style.json` } });
  const violations: string[] = [];
  // The harness would stop the requests to both: here the content policy has to.
  const tab = await fixture.open(
    {},
    { origins: [tiles.origin, other.origin], errors: /Content Security Policy|Failed to fetch|AJAXError|own\.geojson|GeoJSON/ },
  );
  tab.page.on('console', (message) => message.text().includes('Content Security Policy') && violations.push(message.text()));
  await waitFor(async () => (await fixture!.gateway.get<{ count: number }>('telemetry/latest')).body.count === 1);
  await tab.openSignedIn('/');
  await waitFor(() => tiles.asked.includes('/style.json') && tiles.asked.includes('/own.geojson'), { timeoutMs: 30_000 });
  await waitFor(() => violations.length > 0, { timeoutMs: 30_000 });
  expect(violations.every((text) => text.includes(other.origin))).toBe(true);
  expect(other.asked).toEqual([]);
});
