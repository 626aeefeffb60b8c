import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';

/** Where a run has its files and databases. */
export class Workplace {
  /** Gateways run in it. */
  readonly folder = newFolder(join(tmpdir(), 'iot-broker-bench-'));

  /** A database of its own for what is measured, gone afterwards. */
  async withPostgres<T>(measure: (url: string) => Promise<T>, settings: Record<string, string> = {}): Promise<T> {
    const folder = this.newFolder('postgres-');
    const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), settings });
    try {
      return await measure(postgres.url);
    } finally {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  newFolder(prefix: string): string {
    return newFolder(join(this.folder, prefix));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Throws when this process (or a gateway, which inherits the limit) can't have that number of sockets. Linux only. */
export function requireSockets(count: number): void {
  const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  if (Number(limit) < count) {
    throw new Error(`${count} sockets are needed, ${limit} files may be open: raise it with "ulimit -n"`);
  }
}

/** Also for the account under which PostgreSQL runs when this is root. */
function newFolder(prefix: string): string {
  const folder = mkdtempSync(prefix);
  chmodSync(folder, 0o755);
  return folder;
}
