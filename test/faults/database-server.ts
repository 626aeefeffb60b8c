import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { makeOpenFolder } from '../support/open-folder.js';
import { waitFor } from '../support/wait-for.js';
import { STANDBY_NAME, StandbyServer } from './standby-server.js';

const run = promisify(execFile);
const SMALL_DISK = '400m';
const PIECE = Buffer.alloc(1024 * 1024);

export interface DatabaseServerOptions {
  /** On a disk of its own, small enough to be filled. Needs the right to mount. */
  readonly smallDisk?: boolean;
  /** With a streaming standby. `synchronous`: what is committed is on the standby. */
  readonly standby?: 'synchronous' | 'asynchronous';
}

/** A real PostgreSQL of the test's own, to be killed and to be starved. It keeps its port. */
export class DatabaseServer {
  private constructor(
    private readonly home: string,
    private readonly disk: string,
    private readonly isMounted: boolean,
    private postgres: EmbeddedPostgres,
  ) {}

  standby: StandbyServer | null = null;
  private isPromoted = false;

  static async start({ smallDisk = false, standby }: DatabaseServerOptions = {}): Promise<DatabaseServer> {
    const home = await makeOpenFolder();
    const disk = join(home, 'disk');
    await mkdir(disk);
    await chmod(disk, 0o755);
    if (smallDisk) {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK},mode=755`, 'tmpfs', disk]);
    }
    const server = new DatabaseServer(home, disk, smallDisk, await startEmbeddedPostgres({ dataDir: join(disk, 'postgres') }));
    if (standby) {
      await server.addStandby(standby === 'synchronous');
    }
    return server;
  }

  /** Of the primary. */
  get url(): string {
    return this.standby && this.isPromoted ? this.standby.url : this.postgres.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** kill -9, and the start that follows it at once. */
  async crash(): Promise<void> {
    process.kill(this.postgres.pid, 'SIGKILL');
    await this.restart();
  }

  /** What `pg_ctl restart -m immediate` does: it leaves at once, and recovers when it starts. */
  async restartImmediately(): Promise<void> {
    process.kill(this.postgres.pid, 'SIGQUIT');
    await waitFor(() => !isAlive(this.postgres.pid), { timeoutMs: 30_000, what: 'PostgreSQL to end at once' });
    await this.restart();
  }

  /** Stops it, in order; `startAgain` follows. */
  async shutDown(): Promise<void> {
    await this.postgres.stop();
  }

  /** On the same port. */
  async startAgain(): Promise<void> {
    await this.restart();
  }

  /** For sessions that are open as well. The server stays up. */
  async setReadOnly(isReadOnly: boolean): Promise<void> {
    await this.execute(
      'set default_transaction_read_only = off',
      isReadOnly ? 'alter system set default_transaction_read_only = on' : 'alter system reset default_transaction_read_only',
      'select pg_reload_conf()',
    );
  }

  /**
   * A planned switchover: the primary becomes read-only, what it has begun is committed and replicated, the standby is promoted. The old primary
   * stays up, read-only, with its connections.
   */
  async switchOver(): Promise<void> {
    await this.setReadOnly(true);
    await waitFor(async () => (await this.execute('select from pg_stat_activity where backend_xid is not null')).length === 0, {
      timeoutMs: 30_000,
      what: 'the transactions of the old primary to end',
    });
    await this.standby?.promote();
    this.isPromoted = true;
  }

  async fillDisk(): Promise<void> {
    const ballast = await open(this.ballast, 'a');
    try {
      for (;;) {
        await ballast.write(PIECE);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') {
        throw error;
      }
    } finally {
      await ballast.close();
    }
  }

  /** The disk has room again; a server that has ended over it is started. */
  async freeDisk(): Promise<void> {
    await rm(this.ballast, { force: true });
    if (!isAlive(this.postgres.pid)) {
      await this.restart();
    }
  }

  async stop(): Promise<void> {
    // A primary waits at its stop for the standby to have everything.
    await this.postgres.stop();
    await this.standby?.stop();
    if (this.isMounted) {
      await waitFor(() => run('umount', [this.disk]), { timeoutMs: 30_000, what: 'the small disk to be unmounted' });
    }
    await rm(this.home, { recursive: true, force: true });
  }

  private get ballast(): string {
    return join(this.disk, 'ballast');
  }

  private async addStandby(isSynchronous: boolean): Promise<void> {
    const [primaryDir, standbyDir] = [join(this.disk, 'postgres'), join(this.disk, 'standby')];
    const { port } = this;
    await this.postgres.stop();
    await StandbyServer.copy(primaryDir, standbyDir);
    this.postgres = await startEmbeddedPostgres({ dataDir: primaryDir, port });
    this.standby = await StandbyServer.start(primaryDir, port, standbyDir);
    if (!isSynchronous) {
      return;
    }
    await this.execute(`alter system set synchronous_standby_names = '${STANDBY_NAME}'`, 'select pg_reload_conf()');
    const synchronous = `select from pg_stat_replication where state = 'streaming' and sync_state = 'sync'`;
    await waitFor(async () => (await this.execute(synchronous)).length === 1, {
      timeoutMs: 30_000,
      what: 'the standby to replicate synchronously',
    });
  }

  /** One after the other in one session; returns the rows of the last one. */
  private async execute(...statements: readonly string[]): Promise<unknown[]> {
    const client = new Client(this.url);
    await client.connect();
    try {
      let rows: unknown[] = [];
      for (const statement of statements) {
        ({ rows } = await client.query(statement));
      }
      return rows;
    } finally {
      await client.end();
    }
  }

  private async restart(): Promise<void> {
    const { port } = this;
    await this.postgres.stop();
    this.postgres = await startEmbeddedPostgres({ dataDir: join(this.disk, 'postgres'), port });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Why a disk of its own can't be mounted here, or null when it can. */
export function whyNoSmallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'iot-broker-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' });
    execFileSync('umount', [folder], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `a tmpfs can't be mounted (${String((error as { stderr?: Buffer }).stderr ?? error).trim()})`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
