import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { EmbeddedPostgresStarter } from '../support/embedded-postgres-starter.js';
import { makeOpenFolder } from '../support/open-folder.js';
import { queryOnce } from '../support/query-once.js';

// PostgreSQL refuses root. Started by root these tests see the launcher change the user; started by another user, the same
// rules hold with that user in every part.
const ME = process.getuid?.() ?? 0;
const IS_ROOT = ME === 0;
const NOBODY = 65_534;
/** A user other than root. */
const ORDINARY = IS_ROOT ? { uid: NOBODY, gid: NOBODY } : {};
const ORDINARY_UID = ORDINARY.uid ?? ME;

let dir: string;

beforeAll(async () => {
  dir = await makeOpenFolder();
});

afterAll(() => rm(dir, { recursive: true, force: true }));

it('never runs as root', async () => {
  const server = await startEmbeddedPostgres({ dataDir: join(dir, 'project', '.data', 'postgres') });
  expect(await uidOf(server.pid)).not.toBe(0);
  await server.stop();
});

it('runs as the ordinary user who starts it', async () => {
  const home = await makeHome('ordinary');
  const starter = new EmbeddedPostgresStarter(join(home, '.data', 'postgres'), ORDINARY);
  expect(await uidOf((await starter.started()).pid)).toBe(ORDINARY_UID);
  expect(await starter.kill()).toEqual({ code: 0, signal: null });
});

it('runs as the user whose folder it is when root starts it, and then when that user does, and again by root', async () => {
  const dataDir = join(await makeHome('shared'), '.data', 'postgres');
  const byRoot = await startEmbeddedPostgres({ dataDir });
  expect(await uidOf(byRoot.pid)).toBe(ORDINARY_UID);
  await queryOnce(byRoot.url, `create table note as select 'kept' as text`);
  await byRoot.stop();

  const byUser = new EmbeddedPostgresStarter(dataDir, ORDINARY);
  const { url } = await byUser.started();
  expect(await queryOnce(url, 'select text from note')).toEqual([{ text: 'kept' }]);
  await byUser.kill('SIGKILL');

  const adopted = await startEmbeddedPostgres({ dataDir });
  expect(adopted).toMatchObject({ adopted: true, url });
  await adopted.stop();
});

it('runs below a folder that only root can enter', async () => {
  const closed = join(dir, 'closed');
  await mkdir(closed, { mode: 0o700 });
  const start = startEmbeddedPostgres({ dataDir: join(closed, 'postgres') });
  if (!canRunAtAll()) {
    await expect(start).rejects.toMatchObject({
      code: 'NO_ACCOUNT',
      message: expect.stringContaining('DATABASE_URL') as unknown,
    });
    return;
  }
  const server = await start;
  expect(await queryOnce(server.url, 'select current_database() as name')).toEqual([{ name: 'iot_broker' }]);
  await server.stop();

  // The folder is opened: another way to run, and the files change hands.
  await chmod(closed, 0o755);
  const opened = await startEmbeddedPostgres({ dataDir: join(closed, 'postgres') });
  expect(opened.url.split('@')[0]).toBe(server.url.split('@')[0]);
  expect((await stat(join(closed, 'postgres', 'PG_VERSION'))).uid).toBe(await uidOf(opened.pid));
  expect(await uidOf(opened.pid)).not.toBe(0);
  await opened.stop();
});

it('reports a folder that the user may not write to', async () => {
  const starter = new EmbeddedPostgresStarter('/iot-broker-test/.data/postgres', ORDINARY);
  expect(await starter.failed()).toMatchObject({
    code: 'DATA_DIR_NOT_OWNED',
    message: expect.stringContaining('chown') as unknown,
  });
});

/** A folder of the ordinary user. */
async function makeHome(name: string): Promise<string> {
  const home = join(dir, name);
  await mkdir(home);
  await chown(home, ORDINARY_UID, ORDINARY.gid ?? process.getgid?.() ?? 0);
  return home;
}

/** Where root may not make user namespaces (some containers), nothing can run below a folder closed to others. */
function canRunAtAll(): boolean {
  return !IS_ROOT || spawnSync('unshare', ['--user', '--map-user=1', '--map-group=1', 'true']).status === 0;
}

async function uidOf(pid: number): Promise<number> {
  return (await stat(`/proc/${pid}`)).uid;
}
