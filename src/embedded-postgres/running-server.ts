import { clusterFiles } from './cluster-files.js';
import { readPassword } from './cluster-creation.js';
import { EmbeddedPostgresError } from './embedded-postgres.error.js';
import { withPermission } from './ownership.js';
import { isPostmasterOf, readPostmasterRecord } from './postmaster-pid.js';
import { identifyProcess } from './process-identity.js';
import { serverUrl } from './server-login.js';

/**
 * The URL of the server that a running gateway has started over this data directory; for another process of the same user that works
 * beside the gateway. Starts nothing and locks nothing. Throws EmbeddedPostgresError: NOT_RUNNING, DATA_DIR_NOT_OWNED.
 */
export async function findRunningServer(dataDir: string): Promise<string> {
  const files = clusterFiles(dataDir);
  return withPermission(files, async () => {
    const record = await readPostmasterRecord(files);
    const runs = record !== null && (await identifyProcess(record.pid)) !== null && (await isPostmasterOf(files, record.pid));
    const password = await readPassword(files);
    if (!runs || !record.ready || password === null) {
      throw new EmbeddedPostgresError(
        'NOT_RUNNING',
        `No database runs in ${files.dataDir}: start the gateway there first (npm start), set DATA_DIR to the folder of a running one, ` +
          'or set DATABASE_URL.',
      );
    }
    return serverUrl({ port: record.port, password });
  });
}
