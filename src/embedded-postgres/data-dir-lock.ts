import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { type ClusterFiles } from './cluster-files.js';
import { EmbeddedPostgresError, hasCode } from './embedded-postgres.error.js';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.js';

/** Each failed attempt means that another process has just taken or given back the lock. */
const MAX_ATTEMPTS = 50;

export interface DataDirLock {
  release(): Promise<void>;
}

/**
 * Makes this process the only one that looks after a cluster, until it releases the lock or dies.
 *
 * The lock is a row of numbered tickets, `postgres.lock.<number>`, and the highest one counts: its holder has the lock while
 * that process runs. A process that finds it released, or its holder dead, creates the next number; a hard link makes it exist with its
 * content or not at all, for one process only. The highest ticket is never removed, so a number is never given twice: with a
 * single lock file, two processes that find it stale at the same moment remove each other's lock.
 */
export async function lockDataDir(files: ClusterFiles): Promise<DataDirLock> {
  const tickets = new Tickets(files);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const newest = await tickets.newest();
    const holder = await tickets.holder(newest);
    if (holder && (await isRunning(holder))) {
      throw inUse(files, `held by process ${holder.pid}`);
    }
    if (await tickets.take(newest + 1)) {
      return { release: () => tickets.giveBack(newest + 1) };
    }
  }
  throw inUse(files, 'many processes want it at once');
}

function inUse(files: ClusterFiles, why: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'DATA_DIR_IN_USE',
    `${files.dataDir} is in use (${why}). One gateway at a time can run in a folder; stop the other one, start this one in another ` +
      'folder, or give both one PostgreSQL server by DATABASE_URL.',
  );
}

class Tickets {
  constructor(private readonly files: ClusterFiles) {}

  path(number: number): string {
    return `${this.files.dataDir}.lock.${number}`;
  }

  /** 0 when there is none yet. */
  async newest(): Promise<number> {
    return Math.max(0, ...(await this.numbers()));
  }

  /** Null when the ticket was given back, or is none. */
  async holder(number: number): Promise<ProcessIdentity | null> {
    const text = await readFile(this.path(number), 'utf8').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) {
        return '';
      }
      throw error;
    });
    return text === '' ? null : (JSON.parse(text) as ProcessIdentity);
  }

  /** False when another process was faster. */
  async take(number: number): Promise<boolean> {
    if (!(await this.create(number))) {
      return false;
    }
    const numbers = await this.numbers();
    if (Math.max(...numbers) !== number) {
      // Other processes took higher numbers meanwhile, and the number that this one created had already been removed.
      await rm(this.path(number), { force: true });
      return false;
    }
    await Promise.all(numbers.filter((older) => older < number).map((older) => rm(this.path(older), { force: true })));
    return true;
  }

  async giveBack(number: number): Promise<void> {
    await truncate(this.path(number)).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) {
        throw error; // the whole folder was removed, and the lock with it
      }
    });
  }

  private async create(number: number): Promise<boolean> {
    const draft = `${this.files.dataDir}.lock-${randomBytes(6).toString('hex')}`;
    await writeFile(draft, JSON.stringify(await identifyProcess(process.pid)), { mode: 0o644 });
    try {
      await link(draft, this.path(number));
      return true;
    } catch (error) {
      if (hasCode(error, 'EEXIST')) {
        return false;
      }
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  private async numbers(): Promise<number[]> {
    const prefix = `${this.files.name}.lock.`;
    const names = await readdir(this.files.home);
    return names
      .filter((name) => name.startsWith(prefix))
      .map((name) => Number(name.slice(prefix.length)))
      .filter(Number.isInteger);
  }
}
