import { type ClusterFiles } from './cluster-files.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';

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
