import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { PackedClient } from './support/packed-client.js';

const MAX_BUNDLE_BYTES = 20 * 1024;
/** What everything that the package exports needs in a browser. In a process of its own: Vite does not run in the sandbox of jest. */
const BUNDLE = `
  import { build } from ${JSON.stringify(new URL('../node_modules/vite/dist/node/index.js', import.meta.url).href)};
  const [{ output }] = await build({
    root: process.cwd(), logLevel: 'error', configFile: false,
    build: { write: false, minify: true, lib: { entry: 'all.js', formats: ['es'], fileName: 'all' } },
  });
  process.stdout.write(output.map(({ code }) => code).join(''));
`;

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}

const readManifest = async (path: string): Promise<Manifest> =>
  JSON.parse(await readFile(new URL(path, import.meta.url), 'utf8')) as Manifest;

let client: PackedClient;

beforeAll(async () => {
  client = await PackedClient.install();
});

afterAll(() => client.remove());

describe('the package of the client', () => {
  it('has the compiled modules with their types, the README and the licence, and no specs', () => {
    expect(client.files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.d.ts', 'dist/index.js', 'dist/webhooks.js', 'package.json']),
    );
    expect(client.files.filter((file) => /spec|tsconfig|^src/.test(file))).toEqual([]);
  });

  it('depends on openapi-fetch alone, in the version that the tests use', async () => {
    const [own, root] = [await readManifest('../client/package.json'), await readManifest('../package.json')];
    expect(own.dependencies).toEqual({ 'openapi-fetch': root.devDependencies['openapi-fetch'] });
    expect(own.engines.node).toBe(root.engines.node);
  });

  it('imports nothing of Node.js and is at most 20 KB compressed with all that it needs', async () => {
    await client.compile({
      'all.ts': `export * from 'iot-broker-client';\nexport * from 'iot-broker-client/webhooks';\n`,
    });
    await writeFile(join(client.folder, 'bundle.mjs'), BUNDLE);
    const { stdout } = await promisify(execFile)(process.execPath, ['bundle.mjs'], { cwd: client.folder });
    const bytes = gzipSync(stdout).length;
    expect([bytes, bytes > 3_000 && bytes <= MAX_BUNDLE_BYTES]).toEqual([bytes, true]);
    expect(stdout).not.toMatch(/\bnode:|\brequire\(|\bimport\s*[("'{]/);
  });
});
