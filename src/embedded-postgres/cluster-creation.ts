import { randomBytes } from 'node:crypto';
import { access, chown, mkdtemp, open, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterFiles } from './cluster-files.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { hasCode } from './embedded-postgres.error.js';
import { giveToHomeOwner } from './ownership.js';
import { type PlatformBinaries } from './platform-binaries.js';
import { ownerFor } from './server-account.js';
import { runProgram, type ServerAccount } from './server-program.js';

/** Letters, digits, - and _ only: it stands in a URL as it is. */
function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

export async function clusterExists(files: ClusterFiles): Promise<boolean> {
  return access(files.versionFile).then(
    () => true,
    () => false,
  );
}

/** Null when there is none. */
export async function readPassword(files: ClusterFiles): Promise<string | null> {
  try {
    return (await readFile(files.passwordFile, 'utf8')).trim() || null;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return null;
    }
    throw error;
  }
}

/**
 * Makes the cluster in a temporary folder beside its place and renames it there as a whole, so that a start that is killed in
 * the middle leaves rubbish, never half a cluster. The password is on the disk before the cluster that needs it is.
 */
export async function createCluster(files: ClusterFiles, binaries: PlatformBinaries, account: ServerAccount): Promise<string> {
  await removeUnfinished(files);
  const workDir = await mkdtemp(`${files.dataDir}.init-`);
  try {
    const password = newPassword();
    await runInitdb(workDir, password, binaries, account);
    await writePassword(files, password);
    await moveIntoPlace(join(workDir, 'data'), files);
    return password;
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** For a cluster whose password file is gone: no login is possible, but its owner can still open it in single-user mode. */
export async function resetPassword(files: ClusterFiles, binaries: PlatformBinaries, account: ServerAccount): Promise<string> {
  const password = newPassword();
  const args = ['--single', '-D', files.dataDir, 'postgres'];
  const result = await runProgram(account, binaries.postgres, args, `alter role postgres password '${password}'\n`);
  if (result.code !== 0) {
    throw new EmbeddedPostgresError(
      'START_FAILED',
      `${files.passwordFile} is missing, and a new password could not be set:\n${result.output.trim()}`,
    );
  }
  await writePassword(files, password);
  return password;
}

async function removeUnfinished(files: ClusterFiles): Promise<void> {
  const prefix = `${files.name}.init-`;
  const names = (await readdir(files.home)).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    // An initdb that outlived its gateway may still be writing there: then the rest goes at a later start.
    await rm(join(files.home, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

async function runInitdb(workDir: string, password: string, binaries: PlatformBinaries, account: ServerAccount): Promise<void> {
  const passwordFile = join(workDir, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  const owner = ownerFor(account);
  if (owner) {
    await chown(passwordFile, owner.uid, owner.gid);
    await chown(workDir, owner.uid, owner.gid);
  }
  const result = await runProgram(account, binaries.initdb, [
    `--pgdata=${join(workDir, 'data')}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Sorts by code point and knows the letters of all alphabets, the same on every system.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ]);
  if (result.code !== 0) {
    throw new EmbeddedPostgresError('INITDB_FAILED', `initdb could not make the database:\n${result.output.trim()}`);
  }
}

async function writePassword(files: ClusterFiles, password: string): Promise<void> {
  const draft = `${files.passwordFile}.new`;
  await writeFile(draft, `${password}\n`, { mode: 0o600, flush: true });
  await giveToHomeOwner(files, draft);
  await rename(draft, files.passwordFile);
  await flushDirectory(files.home);
}

async function moveIntoPlace(madeDir: string, files: ClusterFiles): Promise<void> {
  await rmdir(files.dataDir).catch((error: unknown) => {
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) {
      throw new EmbeddedPostgresError('INITDB_FAILED', `${files.dataDir} is not empty and holds no PostgreSQL cluster`, {
        cause: error,
      });
    }
    if (!hasCode(error, 'ENOENT')) {
      throw error;
    }
  });
  await rename(madeDir, files.dataDir);
  await flushDirectory(files.home);
}

/** A renamed file survives a power cut only when its directory has reached the disk. */
async function flushDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') {
    return; // directories cannot be opened there
  }
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
