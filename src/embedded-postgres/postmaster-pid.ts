import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { readPassword } from './cluster-creation.js';
import { type ClusterFiles, clusterFiles } from './cluster-files.js';
import { EmbeddedPostgresError, hasCode } from './embedded-postgres.error.js';
import { withPermission } from './ownership.js';
import { identifyProcess } from './process-identity.js';
import { serverUrl } from './server-login.js';

const execute = promisify(execFile);

/** More than any system gives out. */
const NO_PID = 2 ** 31 - 1;

/** What a running server writes about itself into its data directory (`miscadmin.h`, "lock file contents"). */
export interface PostmasterRecord {
  readonly pid: number;
  readonly port: number;
  /** The database accepts connections. Before that it starts or recovers, after it it stops. */
  readonly ready: boolean;
}

/** Null when no server runs there, or one has just begun to write. */
export async function readPostmasterRecord(files: ClusterFiles): Promise<PostmasterRecord | null> {
  const text = await readPidFile(files);
  const [pid, , , port, , , , status = ''] = text.split('\n');
  const record = { pid: Number(pid), port: Number(port), ready: status.trim() === 'ready' };
  return record.pid > 0 && record.port > 0 ? record : null;
}

/**
 * Marks the pid file, so that PostgreSQL does not take the process that it names for a server. It would refuse to start while the number is in use, by
 * another process or by the dead server itself where zombies are not reaped (a container without an init process).
 * The file stays: it also names the shared memory, by which PostgreSQL sees whether children of the dead server still write.
 */
export async function disownPid(files: ClusterFiles, pid: number): Promise<void> {
  const text = await readPidFile(files);
  if (text.startsWith(`${pid}\n`)) {
    await writeFile(files.pidFile, text.replace(String(pid), String(NO_PID)), { flush: true });
  }
}

/** Whether the process is the server of this data directory. Where the system does not say, it is taken for it. */
export async function isPostmasterOf(files: ClusterFiles, pid: number): Promise<boolean> {
  return (await worksIn(files.dataDir, pid)) ?? (await commandNames(files.dataDir, pid)) ?? true;
}

/** Empty when the file does not exist. */
async function readPidFile(files: ClusterFiles): Promise<string> {
  return readFile(files.pidFile, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) {
      return '';
    }
    throw error;
  });
}

/** A server's working directory, and that of its children, is its data directory, under whatever name that is known today. */
export async function worksIn(dataDir: string, pid: number): Promise<boolean | null> {
  try {
    const [cwd, wanted] = await Promise.all([stat(`/proc/${pid}/cwd`), stat(dataDir)]);
    return cwd.dev === wanted.dev && cwd.ino === wanted.ino;
  } catch {
    return null; // no /proc, or not ours to look at: root in a container may not
  }
}

async function commandNames(dataDir: string, pid: number): Promise<boolean | null> {
  const command = await readCommand(pid);
  return command === null ? null : command.includes('postgres') && command.includes(dataDir);
}

async function readCommand(pid: number): Promise<string | null> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    const answer = await execute('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => null);
    return answer && answer.stdout;
  }
}

/**
 * The URL of the server that a running gateway has started over this data directory; for another process of the same user that works
 * beside the gateway. Starts nothing and locks nothing. Throws EmbeddedPostgresError: NOT_RUNNING, DATA_DIR_NOT_OWNED.
 */
export async function findRunningServer(dataDir: string): Promise<string> {
  const files = clusterFiles(dataDir);
  return withPermission(files, async () => {
    const record = await readPostmasterRecord(files);
    const runs = record !== null && (await identifyProcess(record.pid)) !== null && (await isPostmasterOf(files, record.pid));
    const password = await readPassword(files);
    if (!runs || !record.ready || password === null) {
      throw new EmbeddedPostgresError(
        'NOT_RUNNING',
        `No database runs in ${files.dataDir}: start the gateway there first (npm start), set DATA_DIR to the folder of a running one, ` +
          'or set DATABASE_URL.',
      );
    }
    return serverUrl({ port: record.port, password });
  });
}
