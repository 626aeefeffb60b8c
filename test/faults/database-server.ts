import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres.js';
import { makeOpenFolder } from '../support/open-folder.js';
import { waitFor } from '../support/wait-for.js';

const run = promisify(execFile);
const SMALL_DISK = '400m';
const PIECE = Buffer.alloc(1024 * 1024);

export interface DatabaseServerOptions {
  /** On a disk of its own, small enough to be filled. Needs the right to mount. */
  readonly smallDisk?: boolean;
}

/** A real PostgreSQL of the test's own, to be killed and to be starved. It keeps its port. */
export class DatabaseServer {
  private constructor(
    private readonly home: string,
    private readonly disk: string,
    private readonly isMounted: boolean,
    private postgres: EmbeddedPostgres,
  ) {}

  static async start({ smallDisk = false }: DatabaseServerOptions = {}): Promise<DatabaseServer> {
    const home = await makeOpenFolder();
    const disk = join(home, 'disk');
    await mkdir(disk);
    await chmod(disk, 0o755);
    if (smallDisk) {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK},mode=755`, 'tmpfs', disk]);
    }
    return new DatabaseServer(home, disk, smallDisk, await startEmbeddedPostgres({ dataDir: join(disk, 'postgres') }));
  }

  get url(): string {
    return this.postgres.url;
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
    await this.postgres.stop();
    if (this.isMounted) {
      await waitFor(() => run('umount', [this.disk]), { timeoutMs: 30_000, what: 'the small disk to be unmounted' });
    }
    await rm(this.home, { recursive: true, force: true });
  }

  private get ballast(): string {
    return join(this.disk, 'ballast');
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
