import { chooseServerAccount, describeAccount, ownerFor } from './server-account.js';
import { clusterExists, createCluster, readPassword, resetPassword } from './cluster-creation.js';
import { clusterFiles, type ClusterFiles } from './cluster-files.js';
import { type DataDirLock, lockDataDir } from './data-dir-lock.js';
import { adoptLeftover } from './leftover-postmaster.js';
import { assertMayUse, chownTree, ensureHome, findOwner, withPermission } from './ownership.js';
import { findPlatformBinaries, type PlatformBinaries } from './platform-binaries.js';
import { launchPostmaster, type Postmaster, stopPostmaster } from './postmaster.js';
import { ensureDatabase, serverUrl } from './server-login.js';
import { type ServerAccount } from './server-program.js';

export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './embedded-postgres.error.js';

export interface EmbeddedPostgresOptions {
  /** The cluster, for example `<cwd>/.data/postgres`. Its password, log and lock stand beside it, under its name. */
  dataDir: string;
  /** 0 or absent: a free one, chosen again at each start. An adopted server keeps the one it has. */
  port?: number;
  log?: (line: string) => void;
  /** Server parameters, in place of or beside the launcher's own. An adopted server keeps those it was started with. */
  settings?: Record<string, string>;
}

export interface EmbeddedPostgres {
  readonly url: string;
  readonly pid: number;
  /** The server was running already: a killed process had left it behind. */
  readonly adopted: boolean;
  /** Ends the server and gives back the data directory. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL server on loopback over a data directory that it creates if it does not exist. The server does not end with
 * this process, not even when that is killed: stop it last, or the next start in the same directory adopts it.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const files = clusterFiles(options.dataDir);
  const binaries = await findPlatformBinaries();
  const lock = await withPermission(files, async () => {
    await ensureHome(files);
    return lockDataDir(files);
  });
  try {
    const password = await withPermission(files, async () => {
      await assertMayUse(files);
      return readPassword(files);
    });
    const found = await findOrStart({ ...options, files, binaries, password });
    await ensureDatabaseOrStop(found);
    return new RunningServer(found, lock, options.log);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface StartPlan extends EmbeddedPostgresOptions {
  readonly files: ClusterFiles;
  readonly binaries: PlatformBinaries;
  /** Null for a new cluster, or one whose password file was removed. */
  readonly password: string | null;
}

interface FoundServer {
  readonly postmaster: Postmaster;
  readonly password: string;
  readonly adopted: boolean;
}

async function findOrStart(plan: StartPlan): Promise<FoundServer> {
  const { files, binaries, log, port = 0, settings = {} } = plan;
  const leftover = await adoptLeftover(files, plan.password);
  if (leftover && plan.password !== null) {
    log?.(`embedded PostgreSQL: took over the server left running in ${files.dataDir} (${describe(leftover)})`);
    return { postmaster: leftover, password: plan.password, adopted: true };
  }
  const account = await chooseServerAccount(files, binaries);
  const password = await prepareCluster(plan, account);
  const postmaster = await launchPostmaster({ files, binaries, account, password, port, settings });
  log?.(`embedded PostgreSQL: started in ${files.dataDir} ${describeAccount(account)} (${describe(postmaster)})`);
  return { postmaster, password, adopted: false };
}

function describe({ identity, port }: Postmaster): string {
  return `process ${identity.pid}, port ${port}`;
}

/** Leaves a cluster that the account owns, and gives its password. */
async function prepareCluster({ files, binaries, password, log }: StartPlan, account: ServerAccount): Promise<string> {
  if (!(await clusterExists(files))) {
    log?.(`embedded PostgreSQL: making a new database in ${files.dataDir}`);
    return createCluster(files, binaries, account);
  }
  const wanted = ownerFor(account);
  const owner = await findOwner(files.dataDir);
  if (wanted && owner?.uid !== wanted.uid) {
    log?.(`embedded PostgreSQL: handing ${files.dataDir} over to uid ${wanted.uid}`);
    await chownTree(files.dataDir, wanted);
  }
  if (password === null) {
    log?.(`embedded PostgreSQL: ${files.passwordFile} is missing, making a new password`);
    return resetPassword(files, binaries, account);
  }
  return password;
}

async function ensureDatabaseOrStop({ postmaster, password }: FoundServer): Promise<void> {
  try {
    await ensureDatabase({ port: postmaster.port, password });
  } catch (error) {
    await stopPostmaster(postmaster.identity);
    throw error;
  }
}

class RunningServer implements EmbeddedPostgres {
  readonly url: string;
  readonly pid: number;
  readonly adopted: boolean;
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly found: FoundServer,
    private readonly lock: DataDirLock,
    log: (line: string) => void = () => undefined,
  ) {
    const { postmaster, password, adopted } = found;
    this.url = serverUrl({ port: postmaster.port, password });
    this.pid = postmaster.identity.pid;
    this.adopted = adopted;
    postmaster.child?.once('exit', (code, signal) => {
      if (!this.stopping) {
        log(`embedded PostgreSQL: process ${this.pid} ended unexpectedly (${signal ?? `exit code ${code}`})`);
      }
    });
  }

  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  private async shutDown(): Promise<void> {
    await stopPostmaster(this.found.postmaster.identity);
    await this.lock.release();
  }
}
