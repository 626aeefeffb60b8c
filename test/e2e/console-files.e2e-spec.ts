import { readFileSync, statSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const BUILT = fileURLToPath(new URL('../../dist/console/', import.meta.url));
/** Everything that is loaded before the first screen, as gzip, which is the larger of the two. */
const MAX_SHELL_BYTES = 70_000;
/** The map, which only its screen loads. */
const MAX_MAP_BYTES = 520_000;
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; " +
  "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
  readonly assets?: readonly string[];
}

let database: TestDatabase;
let gateway: Gateway;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url);
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/** Not by fetch: it normalises paths, and decodes. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { port } = new URL(gateway.apiUrl);
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

const manifest = (): Record<string, Chunk> =>
  JSON.parse(readFileSync(join(BUILT, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;

const entry = (): Chunk => manifest()['index.html']!;

/** The files of a chunk and of whatever it imports at once. */
function filesOf(name: string, seen = new Set<string>()): string[] {
  const chunk = manifest()[name];
  if (!chunk || seen.has(name)) {
    return [];
  }
  seen.add(name);
  return [chunk.file, ...(chunk.css ?? []), ...(chunk.imports ?? []).flatMap((next) => filesOf(next, seen))];
}

/** The assets of a chunk and of whatever it imports at once. */
function assetsOf(name: string, seen = new Set<string>()): string[] {
  const chunk = manifest()[name];
  if (!chunk || seen.has(name)) {
    return [];
  }
  seen.add(name);
  return [...(chunk.assets ?? []), ...(chunk.imports ?? []).flatMap((next) => assetsOf(next, seen))];
}

const compressedBytes = (files: readonly string[]): number =>
  [...new Set(files)].reduce((sum, file) => sum + statSync(join(BUILT, `${file}.gz`), { throwIfNoEntry: false })!.size, 0);

describe('the page', () => {
  it.each(['/console/', '/console/devices/356307042441013', '/console/events?type=telemetry', '/console/index.html'])(
    'is the answer to %s, asked for again each time, with the policy of the console',
    async (path) => {
      const { status, headers, body } = await get(path);
      expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, 'text/html; charset=utf-8', 'no-cache']);
      expect(headers['content-security-policy']).toBe(POLICY);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(body.toString()).toContain('<div id="app"></div>');
      expect(body.toString()).not.toMatch(/<script(?![^>]*\bsrc=)/);
    },
  );

  it.each(['/', '/console'])('is where %s leads to', async (path) => {
    const { status, headers } = await get(path);
    expect([status, headers.location]).toEqual([302, '/console/']);
  });

  it('is not sent again while it has not changed', async () => {
    const { headers } = await get('/console/');
    expect((await get('/console/', { 'if-none-match': String(headers.etag) })).status).toBe(304);
  });

  it('may ask the origin of CONSOLE_MAP_STYLE_URL, and no other', async () => {
    const widened = await Gateway.start(database.url, { CONSOLE_MAP_STYLE_URL: 'https://tiles.example.com:8443/style.json?a=1' });
    const response = await fetch(`${widened.apiUrl}/console/`);
    await widened.stop();
    expect(response.headers.get('content-security-policy')).toBe(
      POLICY.replace('blob:;', 'blob: https://tiles.example.com:8443;').replace(
        "connect-src 'self';",
        "connect-src 'self' https://tiles.example.com:8443;",
      ),
    );
  });

  it('does not change what Swagger UI may do', async () => {
    expect((await get('/docs')).headers['content-security-policy']).toContain("style-src 'self' 'unsafe-inline'");
  });
});

describe('a file of the page', () => {
  it('is kept indefinitely, and comes in the form that the browser takes', async () => {
    const path = `/console/${entry().file}`;
    const plain = await get(path);
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(plain.headers['content-type']).toMatch(/^(text|application)\/javascript/);
    expect(plain.headers['content-encoding']).toBeUndefined();
    for (const [accepted, expected] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
    ] as const) {
      const answer = await get(path, { 'accept-encoding': accepted });
      expect([answer.headers['content-encoding'], answer.headers.vary]).toEqual([expected, 'accept-encoding']);
      expect(answer.body.length).toBeLessThan(plain.body.length / 2);
    }
    expect((await get(path, {}, 'HEAD')).body).toHaveLength(0);
  });

  it.each([
    '/console/assets/index-00000000.js',
    '/console/assets/../../package.json',
    '/console/../package.json',
    '/console/%2e%2e/%2e%2e/package.json',
    '/console/..%2f..%2fpackage.json',
    '/console/assets/..%5c..%5cpackage.json',
    '/console/.vite/manifest.json',
    '/console//etc/passwd.txt',
    '/console/assets/',
    '/console/missing.webmanifest',
    '/console/devices/missing.js',
  ])('that is none of them is not found: %s', async (path) => {
    const { status, body } = await get(path);
    expect([404, 400]).toContain(status);
    expect(body.toString()).not.toContain('dependencies');
  });

  it('is small: the shell, and the map when there is one', () => {
    const shell = compressedBytes(filesOf('index.html'));
    expect(shell).toBeGreaterThan(1_000);
    expect(shell).toBeLessThan(MAX_SHELL_BYTES);
    const shared = new Set(filesOf('index.html'));
    const maps = Object.keys(manifest()).filter((name) => /(^|\/)map\//.test(name));
    expect(maps).not.toEqual([]);
    for (const map of maps) {
      // Its worker is a file of its own; the outlines are data, which is loaded beside it.
      const own = filesOf(map).filter((file) => !shared.has(file));
      const workers = assetsOf(map).filter((file) => file.endsWith('.mjs'));
      expect(workers).toHaveLength(1);
      expect(compressedBytes([...own, ...workers])).toBeLessThan(MAX_MAP_BYTES);
    }
  });
});

it('answers errors of its routes as the API does', async () => {
  const answers = [await get('/console/assets/missing.js'), await get('/console/map.pmtiles')];
  expect(answers.map(({ status, body }) => [status, JSON.parse(body.toString()) as unknown])).toEqual([
    [404, { success: false, code: 'ROUTE_NOT_FOUND', error: expect.any(String) as string }],
    [401, { success: false, code: 'UNAUTHORIZED', error: expect.any(String) as string }],
  ]);
});
