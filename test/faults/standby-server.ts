import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, chown, cp, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterFiles } from '../../src/embedded-postgres/cluster-files.js';
import { findFreePort, serverArguments } from '../../src/embedded-postgres/server-settings.js';
import { chownTree } from '../../src/embedded-postgres/ownership.js';
import { findPlatformBinaries, type PlatformBinaries } from '../../src/embedded-postgres/platform-binaries.js';
import { chooseServerAccount, ownerFor } from '../../src/embedded-postgres/server-account.js';
import { askServer, serverUrl } from '../../src/embedded-postgres/server-login.js';
import { callAs, runProgram, type ServerAccount } from '../../src/embedded-postgres/server-program.js';
import { waitFor } from '../support/wait-for.js';

/** What the primary's `synchronous_standby_names` calls it. */
export const STANDBY_NAME = 'standby';

const WAIT = { timeoutMs: 60_000 };

/**
 * A hot standby that streams from a primary. Made of a copy of the primary's data directory while that was stopped: the packages of the embedded
 * PostgreSQL have postgres, initdb and pg_ctl, and no pg_basebackup.
 */
export class StandbyServer {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly dataDir: string,
    private readonly port: number,
    private readonly password: string,
    private readonly account: ServerAccount,
    private readonly binaries: PlatformBinaries,
  ) {}

  /** To be called while the primary is stopped. */
  static async copy(primaryDir: string, dataDir: string): Promise<void> {
    await cp(primaryDir, dataDir, { recursive: true, preserveTimestamps: true });
  }

  /** Starts on such a copy, and returns when it answers. */
  static async start(primaryDir: string, primaryPort: number, dataDir: string): Promise<StandbyServer> {
    const primary = clusterFiles(primaryDir);
    const password = (await readFile(primary.passwordFile, 'utf8')).trim();
    const binaries = await findPlatformBinaries();
    const account = await chooseServerAccount(primary, binaries);
    await writeFile(join(dataDir, 'standby.signal'), '');
    const connection = `host=127.0.0.1 port=${primaryPort} user=postgres password=${password} application_name=${STANDBY_NAME}`;
    await appendFile(join(dataDir, 'postgresql.auto.conf'), `primary_conninfo = '${connection}'\n`);
    const owner = ownerFor(account);
    if (owner) {
      await chownTree(dataDir, owner);
    }
    const server = new StandbyServer(dataDir, await findFreePort(), password, account, binaries);
    await server.run();
    return server;
  }

  /** On the same port. Returns when it answers. */
  async run(): Promise<void> {
    const { dataDir, port, password, account, binaries } = this;
    const owner = ownerFor(account);
    const log = await open(`${dataDir}.log`, 'a');
    if (owner) {
      await chown(`${dataDir}.log`, owner.uid, owner.gid);
    }
    const { program, args, options } = callAs(account, binaries.postgres, serverArguments(dataDir, port, { hot_standby: 'on' }));
    this.child = spawn(program, args, { ...options, stdio: ['ignore', log.fd, log.fd] });
    await log.close();
    await waitFor(async () => (await askServer({ port, password })).state === 'ready', {
      ...WAIT,
      what: 'the standby to answer',
    });
  }

  get url(): string {
    return serverUrl({ port: this.port, password: this.password });
  }

  /** Returns when it accepts writes. */
  async promote(): Promise<void> {
    const { code, output } = await runProgram(this.account, this.binaries.pgCtl, ['promote', '-w', '-D', this.dataDir]);
    if (code !== 0) {
      throw new Error(`pg_ctl promote ended with ${code}: ${output}`);
    }
  }

  /** Ends at once, as after a crash, and can run again. */
  async kill(): Promise<void> {
    await this.end('SIGQUIT');
  }

  async stop(): Promise<void> {
    await this.end('SIGINT');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
    }
  }
}
