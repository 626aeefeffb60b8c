import { setTimeout as delay } from 'node:timers/promises';
import { type ClusterFiles } from './cluster-files.js';
import { endOrphanedChildren } from './orphaned-children.js';
import { type Postmaster } from './postmaster.js';
import { disownPid, isPostmasterOf, readPostmasterRecord } from './postmaster-pid.js';
import { stopPostmaster } from './postmaster-stop.js';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.js';
import { askServer, type ServerAnswer } from './server-login.js';
import { startFailed, wrongPassword } from './start-failure.js';

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
    await stopPostmaster(identity); // nobody can log in to it
    return null;
  }
  return untilItAnswers(files, identity, password);
}

/** Null when it ends instead: it was on its way out. */
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
