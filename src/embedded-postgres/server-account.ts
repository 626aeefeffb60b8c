import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { type ClusterFiles } from './cluster-files.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { findOwner, isRoot, type Owner } from './ownership.js';
import { type PlatformBinaries } from './platform-binaries.js';
import { runProgram, type ServerAccount } from './server-program.js';

/** Whether the account reaches everything the server needs: `$1` postgres, `$2` the catalog, `$3` the home. */
const PROBE = '"$1" --version >/dev/null && test -r "$2" && test -x "$3"';

interface NamedAccount extends Owner {
  readonly name: string;
}

/**
 * Decides as whom the server runs. An ordinary user runs it itself. PostgreSQL refuses root, so root runs it as the user
 * whose folder this is, or as `postgres` or `nobody`; and where no such user can reach the files (a home of mode 0700), as root
 * in a user namespace, in which it is called something else. initdb insists on an account with a name: a user without
 * one (a container started with a bare number) takes the namespace too.
 */
export async function chooseServerAccount(files: ClusterFiles, binaries: PlatformBinaries): Promise<ServerAccount> {
  await assertRunnable(binaries);
  if (process.platform === 'win32') {
    return { way: 'self' };
  }
  const accounts = await readAccounts();
  const failures: string[] = [];
  for (const account of isRoot() ? await rootChoices(files, accounts) : ordinaryChoices(accounts)) {
    const probe = await runProgram(account, '/bin/sh', ['-c', PROBE, 'sh', binaries.postgres, binaries.catalog, files.home]);
    if (probe.code === 0) {
      return account;
    }
    failures.push(`${describeAccount(account)}: ${probe.output.trim() || 'cannot reach the files'}`);
  }
  throw noAccount(failures);
}

export function describeAccount(account: ServerAccount): string {
  switch (account.way) {
    case 'self':
      return 'as this user';
    case 'other-user':
      return `as user ${account.name}`;
    case 'user-namespace':
      return `as user ${account.name} of a user namespace`;
  }
}

/** The owner that the cluster's files need, as this process sees owners. Null where there are none. */
export function ownerFor(account: ServerAccount): Owner | null {
  if (account.way === 'other-user') {
    return { uid: account.uid, gid: account.gid };
  }
  return process.getuid && process.getgid ? { uid: process.getuid(), gid: process.getgid() } : null;
}

async function rootChoices(files: ClusterFiles, accounts: NamedAccount[]): Promise<ServerAccount[]> {
  const owners = await ownersUpwards(files.dataDir);
  const wanted = [...owners.map((uid) => accounts.find((account) => account.uid === uid)), ...systemAccounts(accounts)].filter(
    (account) => account !== undefined,
  );
  const others = [...new Set(wanted)].map((account): ServerAccount => ({ way: 'other-user', ...account }));
  return [...others, ...namespaces(accounts)];
}

function ordinaryChoices(accounts: NamedAccount[]): ServerAccount[] {
  return hasName() ? [{ way: 'self' }] : namespaces(accounts);
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false; // the system has no entry for this uid
  }
}

/** The users, root aside, that own the data directory or a folder above it, nearest first. */
async function ownersUpwards(dataDir: string): Promise<number[]> {
  const uids: number[] = [];
  for (let path = dataDir; ; path = dirname(path)) {
    const owner = await findOwner(path);
    if (owner && owner.uid !== 0) {
      uids.push(owner.uid);
    }
    if (path === dirname(path)) {
      return uids;
    }
  }
}

function namespaces(accounts: NamedAccount[]): ServerAccount[] {
  const named = systemAccounts(accounts)[0] ?? accounts[0];
  return named && process.platform === 'linux' ? [{ way: 'user-namespace', ...named }] : [];
}

function systemAccounts(accounts: NamedAccount[]): NamedAccount[] {
  return ['postgres', 'nobody'].flatMap((name) => accounts.find((account) => account.name === name) ?? []);
}

/** All accounts of /etc/passwd except root. */
async function readAccounts(): Promise<NamedAccount[]> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return passwd
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid >= 0);
}

/** Asking for the version is the one thing root may do, too. */
async function assertRunnable(binaries: PlatformBinaries): Promise<void> {
  const version = await runProgram({ way: 'self' }, binaries.postgres, ['--version']);
  if (version.code !== 0) {
    throw new EmbeddedPostgresError(
      'BINARIES_NOT_RUNNABLE',
      `The embedded PostgreSQL cannot be run on this system (on Linux it needs glibc): ${version.output.trim()}\n` +
        'Set DATABASE_URL to a PostgreSQL server of your own.',
    );
  }
}

function noAccount(failures: string[]): EmbeddedPostgresError {
  const why = isRoot()
    ? 'PostgreSQL refuses to run as root'
    : `initdb needs a user with a name, and uid ${process.getuid?.()} has none`;
  return new EmbeddedPostgresError(
    'NO_ACCOUNT',
    `The embedded PostgreSQL has no account to run under: ${why}. Tried\n  ${failures.join('\n  ') || 'none: no other user is known'}\n` +
      'Start as an ordinary user, or move the project to a folder that other users can reach, or set DATABASE_URL to a PostgreSQL ' +
      'server of your own.',
  );
}
