import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** For a small machine that takes in much and is asked little. */
const SETTINGS: Readonly<Record<string, string>> = {
  // An acknowledged record is on the disk. These are the defaults; a data directory that was edited must not change the promise.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',

  max_connections: '100',
  // A query of the telemetry table without bounds locks each partition and its index.
  max_locks_per_transaction: '256',
  shared_buffers: '128MB',
  // Short statements: compiling them costs more than running them.
  jit: 'off',

  // COPY writes much WAL. Fewer checkpoints, so that fewer whole pages are written into it.
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  wal_buffers: '16MB',
  // Processes that a gateway's own server has no work for.
  io_method: 'sync',
  max_logical_replication_workers: '0',

  timezone: 'UTC',
  log_timezone: 'UTC',
  // The server's own life, but not failed statements: those go to the gateway, which reports them, and would put rows into the log.
  log_min_messages: 'log',
  log_checkpoints: 'off',
};

/** The server's command line. What listens where is not for the caller's settings to change. */
export function serverArguments(dataDir: string, port: number, settings: Record<string, string>): string[] {
  const all = {
    ...SETTINGS,
    ...settings,
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    logging_collector: 'off',
  };
  return ['-D', dataDir, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** Finds a loopback port that is free at this moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
