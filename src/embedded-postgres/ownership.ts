import { chmod, chown, lchown, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ClusterFiles } from './cluster-files.js';
import { EmbeddedPostgresError, hasCode } from './embedded-postgres.error.js';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Null when nothing is there. */
export async function findOwner(path: string): Promise<Owner | null> {
  try {
    const { uid, gid } = await stat(path);
    return { uid, gid };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return null;
    }
    throw error;
  }
}

/**
 * Makes the folder the cluster stands in. What root makes in the folder of a user belongs to that user, so that after a
 * `sudo npm start` the user's own `npm start` still works.
 */
export async function ensureHome(files: ClusterFiles): Promise<void> {
  const topmost = await mkdir(files.home, { recursive: true });
  if (topmost === undefined || process.platform === 'win32') {
    return;
  }
  const above = isRoot() ? await findOwner(dirname(topmost)) : null;
  for (let made = files.home; made.length >= topmost.length; made = dirname(made)) {
    await chmod(made, 0o755); // the server's account must get through, whatever root's umask
    if (above) {
      await chown(made, above.uid, above.gid);
    }
  }
}

/** For a file that this process wrote into the home. */
export async function giveToHomeOwner(files: ClusterFiles, path: string): Promise<void> {
  const owner = isRoot() ? await findOwner(files.home) : null;
  if (owner) {
    await chown(path, owner.uid, owner.gid);
  }
}

/** An ordinary user can run only a cluster of its own; root can hand it over, and does so later. */
export async function assertMayUse(files: ClusterFiles): Promise<void> {
  const owner = await findOwner(files.dataDir);
  const me = process.getuid?.();
  if (owner && me !== undefined && me !== 0 && owner.uid !== me) {
    throw notOwned(files, `${files.dataDir} belongs to uid ${owner.uid}, and this process runs as uid ${me}`);
  }
}

/** Runs a step that touches the home and says in plain words when it is another user's. */
export async function withPermission<T>(files: ClusterFiles, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS')) {
      throw notOwned(files, `This process may not use ${files.home} (${(error as Error).message})`, error);
    }
    throw error;
  }
}

/** Hands a cluster over. Only root can. */
export async function chownTree(dir: string, owner: Owner): Promise<void> {
  await lchown(dir, owner.uid, owner.gid);
  for (const entry of await readdir(dir, { recursive: true })) {
    await lchown(join(dir, entry), owner.uid, owner.gid);
  }
}

function notOwned(files: ClusterFiles, what: string, cause?: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'DATA_DIR_NOT_OWNED',
    `${what}. Start as the user it belongs to, or hand it over (sudo chown -R "$(id -u):$(id -g)" ${files.home}), ` +
      'or set DATABASE_URL to a PostgreSQL server of your own.',
    { cause },
  );
}
