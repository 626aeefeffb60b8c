import { freePort } from '../../support/free-port.js';
import { EngineServer } from './engine-server.js';
import { installed } from './installed.js';

/** NATS with JetStream. `options` go on its command line: `['--user', 'gateway', '--pass', 'secret']`. */
export async function startNats(options: readonly string[] = []): Promise<EngineServer> {
  const port = await freePort();
  return EngineServer.start('nats', port, (folder) => ({
    program: installed('bin/nats-server'),
    args: ['--jetstream', '--store_dir', folder, '--addr', '127.0.0.1', '--port', String(port), ...options],
    ready: /Server is ready/,
  }));
}
