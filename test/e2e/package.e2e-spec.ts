import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { NodeProcess } from '../support/node-process.js';
import { createTestDatabase } from '../support/test-database.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

let folder: string;
let files: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-package-'));
  await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
  const [tarball = ''] = await readdir(folder);
  await mkdir(join(folder, 'package'));
  await run('tar', ['-xzf', join(folder, tarball), '-C', folder]);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const found = await readdir(join(folder, 'package'), { recursive: true, withFileTypes: true });
  files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 9));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the package of the gateway', () => {
  it('has what runs, the console and the documents of a release, and nothing else', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'SECURITY.md',
        'package.json',
        'dist/src/main.js',
        'dist/src/migrate.js',
      ]),
    );
    expect(files.some((file) => file.startsWith('dist/console/assets/'))).toBe(true);
    expect(files.filter((file) => !/^dist\/(src|migrations|console)\/|^[A-Z]+(\.md)?$|^package\.json$/.test(file))).toEqual([]);
    expect(files.filter((file) => /\.map$|spec|\.env|\.sources/.test(file))).toEqual([]);
  });

  it('starts from any folder, migrates its database, serves the console and takes records', async () => {
    const database = await createTestDatabase({ migrated: false });
    const cwd = await mkdtemp(join(tmpdir(), 'iot-broker-empty-'));
    const gateway = new NodeProcess({
      args: [join(folder, 'package/dist/src/main.js')],
      cwd,
      env: {
        DATABASE_URL: database.url,
        IOT_API_KEY: 'a key for tests',
        BROKER_HOST: '127.0.0.1',
        BROKER_PORT: '0',
        API_HOST: '127.0.0.1',
        API_PORT: '0',
      },
    });
    const [, port] = await gateway.waitForLine(/Devices connect to port (\d+)/);
    const [, url] = await gateway.waitForLine(/REST API on (\S+)\/api\/v1/);
    const device = await FakeDevice.logIn(Number(port), '356307042600001');
    expect(await device.exchange(recordsFrame([{ timestampMs: Date.now() }]))).toBe(1);
    const page = await fetch(`${url}/console/`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    device.close();
    await gateway.kill('SIGTERM');
    await database.drop();
    await rm(cwd, { recursive: true, force: true });
  });
});

it('the list of components for a container has the packages of production, and none of development', async () => {
  const { stdout } = await run('npm', ['run', '--silent', 'sbom'], { cwd: ROOT, maxBuffer: 33_554_432 });
  const { bomFormat, components } = JSON.parse(stdout) as { bomFormat: string; components: { purl: string }[] };
  const packages = components.map(({ purl }) => decodeURIComponent(purl));
  expect(bomFormat).toBe('CycloneDX');
  for (const name of ['@nestjs/core', 'fastify', 'typeorm', 'pg']) {
    expect(packages).toContainEqual(expect.stringMatching(new RegExp(`^pkg:npm/${name}@`)));
  }
  expect(packages.filter((purl) => /npm\/(jest|vite|eslint|preact|@swc\/core)@/.test(purl))).toEqual([]);
});
