import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EarlyStart } from '../../src/embedded-postgres/early-start.js';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { makeOpenFolder } from '../support/open-folder.js';
import { queryOnce } from '../support/query-once.js';

let dir: string;
let dataDir: string;

beforeEach(async () => {
  dir = await makeOpenFolder();
  dataDir = join(dir, 'postgres');
});

afterEach(() => rm(dir, { recursive: true, force: true }));

/** PostgreSQL removes the file as the last thing it does. */
async function serverRuns(): Promise<boolean> {
  return (await stat(join(dataDir, 'postmaster.pid')).catch(() => null)) !== null;
}

describe('EarlyStart', () => {
  it('gives the server that was begun, and leaves a taken one alone', async () => {
    const early = new EarlyStart();
    early.begin({ dataDir });
    const server = await early.take({ dataDir });
    await early.abandon();
    expect(await queryOnce(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
  });

  it('starts a server for who takes one that was not begun', async () => {
    const server = await new EarlyStart().take({ dataDir });
    expect(await queryOnce(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
  });

  it('stops a server that was not taken, also while it starts', async () => {
    const early = new EarlyStart();
    early.begin({ dataDir });
    await early.abandon();
    expect((await stat(dataDir)).isDirectory()).toBe(true);
    expect(await serverRuns()).toBe(false);
  });

  it('rejects at the take when the server can not start', async () => {
    const holder = await startEmbeddedPostgres({ dataDir });
    const early = new EarlyStart();
    early.begin({ dataDir });
    await expect(early.take({ dataDir })).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' });
    await early.abandon();
    expect(await queryOnce(holder.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await holder.stop();
  });
});
