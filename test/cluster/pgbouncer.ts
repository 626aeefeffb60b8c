import { spawn, type ChildProcess } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../support/free-port.js';
import { makeOpenFolder } from '../support/open-folder.js';
import { queryOnce } from '../support/query-once.js';
import { waitFor } from '../support/wait-for.js';

export type PoolMode = 'session' | 'transaction';

/** A real PgBouncer in front of one database. */
export class PgBouncer {
  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  /** @param poolSize connections to PostgreSQL; in session mode clients beyond it wait. */
  static async start(databaseUrl: string, mode: PoolMode, poolSize: number): Promise<PgBouncer> {
    const folder = await makeOpenFolder();
    const file = join(folder, 'pgbouncer.ini');
    const port = await freePort();
    const { hostname, port: serverPort, username, password, pathname } = new URL(databaseUrl);
    const login = `user=${decodeURIComponent(username)} password=${decodeURIComponent(password)}`;
    await writeFile(
      file,
      `[databases]
${pathname.slice(1)} = host=${hostname} port=${serverPort} ${login}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = ${poolSize}
max_client_conn = 500
`,
    );
    // It refuses to run as root.
    const account = process.getuid?.() === 0 ? ['-u', 'postgres'] : [];
    const child = spawn('pgbouncer', ['-q', ...account, file], { stdio: ['ignore', 'inherit', 'inherit'] });
    const failed = new Promise<never>((_resolve, reject) => {
      child.once('error', (error) => reject(new Error('PgBouncer is needed: apt-get install pgbouncer', { cause: error })));
      child.once('exit', (code) => reject(new Error(`PgBouncer ended with code ${code}`)));
    });
    const url = new URL(databaseUrl);
    url.port = String(port);
    const bouncer = new PgBouncer(url.href, folder, child);
    const ready = waitFor(() => queryOnce(url.href, 'select 1 as one'), { timeoutMs: 30_000, what: 'PgBouncer to answer' });
    await Promise.race([ready, failed]);
    failed.catch(() => undefined);
    return bouncer;
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await exited;
    await rm(this.folder, { recursive: true, force: true });
  }
}
