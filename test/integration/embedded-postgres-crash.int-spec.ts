import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { clusterFiles } from '../../src/embedded-postgres/cluster-files.js';
import { lockDataDir } from '../../src/embedded-postgres/data-dir-lock.js';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/embedded-postgres/embedded-postgres.js';
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

describe('a gateway was killed', () => {
  it('and the next one adopts the server it left running', async () => {
    const killed = new EmbeddedPostgresStarter(dataDir);
    const left = await killed.started();
    await killed.kill('SIGKILL');
    const server = await start({ dataDir });
    expect(server).toMatchObject({ adopted: true, pid: left.pid, url: left.url });
    await server.stop();
    expect(await identifyProcess(left.pid)).toBeNull();
  });

  it('and its server too, and the next one has all that was committed', async () => {
    const killed = new EmbeddedPostgresStarter(dataDir);
    const left = await killed.started();
    await queryOnce(left.url, 'insert into kept values (42)');
    const { outcome } = await leaveLongStatement(left.url);
    process.kill(left.pid, 'SIGKILL');
    await killed.kill('SIGKILL');
    const server = await start({ dataDir });
    expect(server.adopted).toBe(false);
    expect(await queryOnce(server.url, 'select value from kept where value = 42')).toEqual([{ value: 42 }]);
    expect(await outcome).toBe('cut off');
  });

  it('and the pid of its server belongs to another process by now', async () => {
    const killed = new EmbeddedPostgresStarter(dataDir);
    const left = await killed.started();
    process.kill(left.pid, 'SIGKILL');
    await killed.kill('SIGKILL');
    const stranger = new NodeProcess({ args: ['--eval', 'setInterval(() => undefined, 60_000)'] });
    const pidFile = join(dataDir, 'postmaster.pid');
    await writeFile(pidFile, (await readFile(pidFile, 'utf8')).replace(/^\d+/, String(stranger.pid)));

    await expect(start({ dataDir })).resolves.toMatchObject({ adopted: false });
    expect(await identifyProcess(stranger.pid)).not.toBeNull();
    await stranger.kill();
  });

  it('in the middle of the very first start, and the next one starts afresh', async () => {
    const home = join(dir, 'half');
    const killed = new EmbeddedPostgresStarter(join(home, 'postgres'));
    await waitFor(async () => (await find(home, /\.init-.*\/data\/base$/)).length > 0, { what: 'initdb to be at work' });
    await killed.kill('SIGKILL');
    expect(await readdir(home)).not.toContain('postgres');

    const server = await start({ dataDir: join(home, 'postgres') });
    expect(await queryOnce(server.url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });

  it('and the password file went with it: the server left running is ended, its data stays', async () => {
    const killed = new EmbeddedPostgresStarter(dataDir);
    const left = await killed.started();
    await killed.kill('SIGKILL');
    await rm(`${dataDir}.password`);
    const server = await start({ dataDir });
    expect(server.adopted).toBe(false);
    expect(await identifyProcess(left.pid)).toBeNull();
    expect(await queryOnce(server.url, 'select count(*) >= 0 as there from kept')).toEqual([{ there: true }]);
  });
});

describe('several gateways start in one folder', () => {
  it('one gets the database, the others fail because it is in use', async () => {
    const contested = join(dir, 'contested', 'postgres');
    const starters = Array.from({ length: 3 }, () => new EmbeddedPostgresStarter(contested));
    const lines = await Promise.all(starters.map((starter) => starter.waitForLine(/^STARTED|^FAILED.*"DATA_DIR_IN_USE"/)));
    expect(lines.filter(([word]) => word === 'STARTED')).toHaveLength(1);
    expect(await Promise.all(starters.map((starter) => starter.kill()))).toContainEqual({ code: 0, signal: null });
  });

  it('a lock whose holder died goes to one of those who find it, in every round', async () => {
    const files = clusterFiles(join(await makeOpenFolder(dir), 'postgres'));
    for (let round = 1; round <= 40; round++) {
      const dead = { pid: process.pid, startedAt: 'another time' };
      await writeFile(`${files.dataDir}.lock.${(await newestTicket(files.home)) + 1}`, JSON.stringify(dead));
      const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => lockDataDir(files)));
      const won = attempts.filter((attempt) => attempt.status === 'fulfilled');
      expect({ round, winners: won.length }).toEqual({ round, winners: 1 });
      expect(attempts).toContainEqual({
        status: 'rejected',
        reason: expect.objectContaining({ code: 'DATA_DIR_IN_USE' }) as unknown,
      });
      await won[0]?.value.release();
      expect(await readdir(files.home)).toHaveLength(1);
    }
  });
});

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(options);
  servers.push(server);
  return server;
}

/** Leaves a session that computes without a pause, and so does not notice the death of its server. */
async function leaveLongStatement(url: string): Promise<{ outcome: Promise<'finished' | 'cut off'> }> {
  const client = new Client(url);
  client.on('error', () => undefined);
  await client.connect();
  const outcome = client.query('select count(*) from (select generate_series(1, 1000000000)) as number').then(
    () => 'finished' as const,
    () => 'cut off' as const,
  );
  const busy = `select from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like '%generate_series%'`;
  await waitFor(async () => (await queryOnce(url, busy)).length > 0, { what: 'the statement to run' });
  return { outcome };
}

async function find(root: string, pattern: RegExp): Promise<string[]> {
  return (await readdir(root, { recursive: true })).filter((path) => pattern.test(path));
}

async function newestTicket(home: string): Promise<number> {
  const numbers = (await readdir(home)).map((name) => Number(name.split('.').pop()));
  return Math.max(0, ...numbers);
}
