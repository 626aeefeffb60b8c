import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { type ClusterFiles } from './cluster-files.js';
import { giveToHomeOwner } from './ownership.js';

const MAX_BYTES = 10 * 1024 * 1024;
const TAIL_BYTES = 4096;

/** The server's log, opened for the server to write to, and where this run's part of it begins. */
export interface ServerLog {
  readonly file: FileHandle;
  readonly start: number;
}

/** A log that has grown large becomes `<name>.log.1`, in place of the one before it. */
export async function openServerLog(files: ClusterFiles): Promise<ServerLog> {
  if ((await size(files.logFile)) > MAX_BYTES) {
    await rename(files.logFile, `${files.logFile}.1`);
  }
  const file = await open(files.logFile, 'a', 0o600);
  await giveToHomeOwner(files, files.logFile);
  return { file, start: (await file.stat()).size };
}

/** What the server has written since the given position, at most the last few lines of it. */
export async function readLogTail(files: ClusterFiles, start: number): Promise<string> {
  const file = await open(files.logFile, 'r');
  try {
    const { size: end } = await file.stat();
    const from = Math.max(start, end - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(end - from, 0)), 0, null, from);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}

async function size(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.size,
    () => 0,
  );
}
