import { setTimeout as delay } from 'node:timers/promises';
import { type ClusterFiles } from './cluster-files.js';
import { type Postmaster, stopPostmaster } from './postmaster.js';
import { disownPid, isPostmasterOf, readPostmasterRecord, worksIn } from './postmaster-pid.js';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.js';
import { askServer, type ServerAnswer } from './server-login.js';
import { startFailed, wrongPassword } from './embedded-postgres.error.js';
import { readdir, readFile } from 'node:fs/promises';

const POLL_INTERVAL_MS = 20;
/** It may be in the middle of recovering, or of shutting down. */
const ANSWER_TIMEOUT_MS = 180_000;

/**
 * Looks for the server that a killed gateway has left running in this data directory, and gives it once it takes connections.
 * Null when there is none, or none any more: then the directory is fit for a start.
 */
export async function adoptLeftover(files: ClusterFiles, password: string | null): Promise<Postmaster | null> {
  const record = await readPostmasterRecord(files);
  const postmaster = record && (await findLive(files, record.pid, password));
  if (record && !postmaster) {
    await disownPid(files, record.pid);
    await endOrphanedChildren(files);
  }
  return postmaster;
}

async function findLive(files: ClusterFiles, pid: number, password: string | null): Promise<Postmaster | null> {
  const identity = await identifyProcess(pid);
  if (!identity || !(await isPostmasterOf(files, pid))) {
    return null;
  }
  if (password === null) {
    await stopPostmaster(identity); // its password is lost: no login is possible
    return null;
  }
  return untilItAnswers(files, identity, password);
}

/** Null when it ends instead: it was already stopping. */
async function untilItAnswers(files: ClusterFiles, identity: ProcessIdentity, password: string): Promise<Postmaster | null> {
  const deadline = Date.now() + ANSWER_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const record = await readPostmasterRecord(files);
    const answer: ServerAnswer | null = record?.ready ? await askServer({ port: record.port, password }) : null;
    if (record && answer?.state === 'ready') {
      return { identity, port: record.port };
    }
    if (answer?.state === 'wrong-password') {
      throw wrongPassword(files);
    }
    if (!(await isRunning(identity))) {
      return null;
    }
    await delay(POLL_INTERVAL_MS);
  }
  throw startFailed(files, `runs already (process ${identity.pid}) and has not answered for ${ANSWER_TIMEOUT_MS / 1000} s`, '');
}

/**
 * Ends the children of a server that was killed, in a directory whose server is known to be dead. They end by themselves at their
 * next pause, but a long statement has none, and PostgreSQL does not start while one of them holds the old shared memory.
 * Nothing is lost: their work is not committed, and what they have left half written the next start mends from the WAL.
 * Does nothing where there is no /proc.
 */
export async function endOrphanedChildren(files: ClusterFiles): Promise<void> {
  const names = await readdir('/proc').catch(() => []);
  for (const pid of names.map(Number).filter(Number.isInteger)) {
    if ((await worksIn(files.dataDir, pid)) && (await isPostgres(pid))) {
      endNow(pid);
    }
  }
}

/** Excludes a shell whose working directory is the data directory. */
async function isPostgres(pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return name.trim() === 'postgres';
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, or belongs to another user: then the start waits for it.
  }
}
