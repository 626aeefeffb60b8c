import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClusterFiles } from './cluster-files.js';
import { findFreePort, serverArguments } from './server-settings.js';
import { type PlatformBinaries } from './platform-binaries.js';
import { readPostmasterRecord } from './postmaster-pid.js';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.js';
import { openServerLog, readLogTail } from './server-log.js';
import { askServer } from './server-login.js';
import { callAs, type ServerAccount } from './server-program.js';
import { EmbeddedPostgresError, hasCode, startFailed, wrongPassword } from './embedded-postgres.error.js';

const MAX_ATTEMPTS = 100;
const RETRY_DELAY_MS = 100;
const POLL_INTERVAL_MS = 10;
/** Recovery after a crash reads up to `max_wal_size` of WAL. */
const START_TIMEOUT_MS = 180_000;

/** A running server. */
export interface Postmaster {
  readonly identity: ProcessIdentity;
  readonly port: number;
  /** When this process is its parent. */
  readonly child?: ChildProcess;
}

export interface LaunchPlan {
  readonly files: ClusterFiles;
  readonly binaries: PlatformBinaries;
  readonly account: ServerAccount;
  readonly password: string;
  /** 0: a free one. */
  readonly port: number;
  readonly settings: Record<string, string>;
}

/** Starts the server, detached from this process and its terminal, and waits until it takes connections. */
export async function launchPostmaster(plan: LaunchPlan): Promise<Postmaster> {
  for (let attempt = 1; ; attempt++) {
    const port = plan.port || (await findFreePort());
    const launch = await launchOn(port, plan);
    if ('identity' in launch) {
      return { ...launch, port };
    }
    if (attempt === MAX_ATTEMPTS || !mayPass(launch.log, plan.port !== 0)) {
      throw startFailed(plan.files, `ended at once, on port ${port}`, launch.log);
    }
    await delay(RETRY_DELAY_MS);
  }
}

/** Whether what ended the server may be otherwise at the next attempt. */
function mayPass(log: string, portIsGiven: boolean): boolean {
  // Another process took the port between the choice and the start.
  const portTaken = log.includes('could not bind');
  // The server was killed a moment ago, and one of its children has not noticed yet.
  const childrenLinger = log.includes('pre-existing shared memory block');
  return childrenLinger || (portTaken && !portIsGiven);
}

type Launch = { readonly identity: ProcessIdentity; readonly child: ChildProcess } | { readonly log: string };

async function launchOn(port: number, plan: LaunchPlan): Promise<Launch> {
  const log = await openServerLog(plan.files);
  try {
    const child = await spawnServer(port, plan, log.file.fd);
    const identity = await untilReady(child, plan);
    return identity ? { identity, child } : { log: await readLogTail(plan.files, log.start) };
  } finally {
    await log.file.close();
  }
}

async function spawnServer(port: number, plan: LaunchPlan, logFd: number): Promise<ChildProcess> {
  const call = callAs(plan.account, plan.binaries.postgres, serverArguments(plan.files.dataDir, port, plan.settings));
  try {
    // Detached: a Ctrl-C in the terminal reaches the gateway, which drains first and then stops the server.
    const child = spawn(call.program, call.args, { ...call.options, detached: true, stdio: ['ignore', logFd, logFd] });
    child.unref();
    await once(child, 'spawn');
    return child;
  } catch (error) {
    throw startFailed(plan.files, `could not be started: ${String(error)}`, '', error);
  }
}

/** Null when the server has ended instead. */
async function untilReady(child: ChildProcess, plan: LaunchPlan): Promise<ProcessIdentity | null> {
  const pid = child.pid ?? 0;
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const record = await readPostmasterRecord(plan.files);
    const identity = await identifyProcess(pid);
    if (!identity) {
      return null;
    }
    if (record?.pid === pid && record.ready) {
      await assertAnswers(record.port, plan, identity);
      return identity;
    }
    await delay(POLL_INTERVAL_MS);
  }
  child.kill('SIGQUIT');
  throw startFailed(plan.files, `was not ready within ${START_TIMEOUT_MS / 1000} s`, await readLogTail(plan.files, 0));
}

async function assertAnswers(port: number, plan: LaunchPlan, identity: ProcessIdentity): Promise<void> {
  const answer = await askServer({ port, password: plan.password });
  if (answer.state === 'ready') {
    return;
  }
  await stopPostmaster(identity);
  if (answer.state === 'wrong-password') {
    throw wrongPassword(plan.files);
  }
  throw startFailed(plan.files, `says it is ready, and is ${answer.state}`, await readLogTail(plan.files, 0));
}

/** SIGTERM is not among them: it waits until the last client has gone. (On Windows each of them is a plain kill.) */
const STEPS = [
  /** Fast: ends the sessions, writes a checkpoint. */
  { signal: 'SIGINT', graceMs: 20_000 },
  /** Immediate: without the checkpoint; the next start recovers from the WAL. */
  { signal: 'SIGQUIT', graceMs: 10_000 },
] as const;

/** Stops a server and waits until its process has ended. A server that has ended already is not an error. */
export async function stopPostmaster(postmaster: ProcessIdentity): Promise<void> {
  for (const { signal, graceMs } of STEPS) {
    if (!(await isRunning(postmaster))) {
      return;
    }
    send(postmaster.pid, signal);
    if (await isGoneWithin(postmaster, graceMs)) {
      return;
    }
  }
  throw new EmbeddedPostgresError('STOP_FAILED', `The embedded PostgreSQL (process ${postmaster.pid}) does not stop`);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) {
      throw new EmbeddedPostgresError('STOP_FAILED', `The embedded PostgreSQL (process ${pid}) cannot be stopped`, {
        cause: error,
      });
    }
  }
}

async function isGoneWithin(postmaster: ProcessIdentity, graceMs: number): Promise<boolean> {
  const deadline = Date.now() + graceMs;
  while (await isRunning(postmaster)) {
    if (Date.now() >= deadline) {
      return false;
    }
    await delay(POLL_INTERVAL_MS);
  }
  return true;
}
