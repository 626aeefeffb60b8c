import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { chown, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.js';
import { makeOpenFolder } from '../support/open-folder.js';
import { queryOnce } from '../support/query-once.js';
import { waitFor } from '../support/wait-for.js';

const run = promisify(execFile);
const INSTALLED = '/usr/lib/postgresql';
const DATABASE = 'iot_broker';

/** A cluster of the PostgreSQL that Debian has installed: the embedded one has neither pg_dump nor pg_restore. */
export class DebianPostgres {
  private constructor(
    private readonly home: string,
    private readonly server: ChildProcess,
    readonly url: string,
  ) {}

  static async start(): Promise<DebianPostgres> {
    const home = await makeOpenFolder();
    const account = serverAccount();
    if ('uid' in account) {
      await chown(home, account.uid, account.gid);
    }
    const data = join(home, 'data');
    await run(
      programs('initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      account,
    );
    const port = await freePort();
    const settings = ['-c', 'fsync=off', '-c', 'unix_socket_directories=', '-c', 'listen_addresses=127.0.0.1'];
    const server = spawn(programs('postgres'), ['-D', data, '-p', String(port), ...settings], { ...account, stdio: 'ignore' });
    const administration = `postgres://postgres@127.0.0.1:${port}/postgres`;
    await waitFor(() => queryOnce(administration, 'select 1'), { timeoutMs: 30_000, what: 'PostgreSQL to start' });
    await queryOnce(administration, `create database ${DATABASE}`);
    return new DebianPostgres(home, server, `postgres://postgres@127.0.0.1:${port}/${DATABASE}`);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** The number of its next transaction. */
  async nextTransaction(): Promise<number> {
    const [found] = await queryOnce<{ next: string }>(this.url, 'select pg_snapshot_xmax(pg_current_snapshot())::text as next');
    return Number(found?.next);
  }

  /** Begins and ends transactions until the next one has at least this number. */
  async countTo(transaction: number): Promise<void> {
    const count = transaction - (await this.nextTransaction());
    await queryOnce(this.url, `do $$ begin for i in 1..${count} loop perform pg_current_xact_id(); commit; end loop; end $$`);
  }

  /** Copies its database into that of another cluster, with pg_dump and pg_restore. */
  async copyTo(other: DebianPostgres): Promise<void> {
    const file = join(this.home, 'dump');
    await run(programs('pg_dump'), ['-Fc', '-f', file, this.url]);
    await run(programs('pg_restore'), ['--exit-on-error', '-d', other.url, file]);
  }

  /** Where pg_dump and pg_restore are. */
  static get programsFolder(): string {
    return programs('');
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.server.once('exit', resolve));
    this.server.kill('SIGINT');
    await ended;
    await rm(this.home, { recursive: true, force: true });
  }
}

/** Of the newest version that is installed. */
function programs(name: string): string {
  const version = readdirSync(INSTALLED)
    .sort((one, other) => Number(one) - Number(other))
    .at(-1);
  return join(INSTALLED, version ?? '', 'bin', name);
}

/** PostgreSQL does not run as root. */
function serverAccount(): { readonly uid: number; readonly gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) {
    return {};
  }
  const idOf = (option: string): number => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}
