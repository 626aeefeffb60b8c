import { StartError } from '../platform/errors/errors.js';
import { type ClusterFiles } from './cluster-files.js';

/** Why the embedded server is not available. Tests and the entry point match the code, never the text. */
export type EmbeddedPostgresErrorCode =
  /** npm installed no server binaries for this platform, or the platform has none. */
  | 'PLATFORM_PACKAGE_MISSING'
  /** The binaries are there and cannot be run (another C library, a mount without exec, no permission). */
  | 'BINARIES_NOT_RUNNABLE'
  /** PostgreSQL refuses to run as root, and no other account can be taken. */
  | 'NO_ACCOUNT'
  /** The data directory, or the folder it stands in, belongs to another user. */
  | 'DATA_DIR_NOT_OWNED'
  /** Another live process holds the data directory. */
  | 'DATA_DIR_IN_USE'
  /** The server of a running gateway was requested, and no gateway is running. */
  | 'NOT_RUNNING'
  | 'INITDB_FAILED'
  | 'START_FAILED'
  | 'STOP_FAILED';

/** Nothing a retry mends: the message says what happened and what to do about it. */
export class EmbeddedPostgresError extends StartError {
  override readonly name = 'EmbeddedPostgresError';

  constructor(
    readonly code: EmbeddedPostgresErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whether an error is one of the named system (ENOENT) or SQLSTATE (57P03) errors. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));
}

export function startFailed(files: ClusterFiles, what: string, logTail: string, cause?: unknown): EmbeddedPostgresError {
  const log = logTail === '' ? '' : `. The end of ${files.logFile}:\n${logTail}`;
  return new EmbeddedPostgresError('START_FAILED', `The embedded PostgreSQL in ${files.dataDir} ${what}${log}`, { cause });
}

export function wrongPassword(files: ClusterFiles): EmbeddedPostgresError {
  return startFailed(
    files,
    `does not accept the password in ${files.passwordFile}. Put the right one back, or remove the file to have a new one made`,
    '',
  );
}
