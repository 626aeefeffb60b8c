import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { hasCode } from './has-code.js';
import { isRunning, type ProcessIdentity } from './process-identity.js';

const POLL_INTERVAL_MS = 10;

/** SIGTERM is not among them: it waits until the last client has gone. (On Windows each of them is a plain kill.) */
const STEPS = [
  /** Fast: ends the sessions, writes a checkpoint. */
  { signal: 'SIGINT', graceMs: 20_000 },
  /** Immediate: without the checkpoint; the next start recovers from the WAL. */
  { signal: 'SIGQUIT', graceMs: 10_000 },
] as const;

/** Ends a server and waits until it has gone. One that has gone already is no error. */
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
