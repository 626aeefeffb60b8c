import { readdir, readFile } from 'node:fs/promises';
import { type ClusterFiles } from './cluster-files.js';
import { worksIn } from './postmaster-pid.js';

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

/** Not a shell that somebody left standing in the directory. */
async function isPostgres(pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return name.trim() === 'postgres';
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone by itself, or not this user's to end: then the start waits for it.
  }
}
