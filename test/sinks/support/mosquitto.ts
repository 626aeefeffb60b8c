import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.js';
import { waitFor } from '../../support/wait-for.js';
import { EngineServer } from './engine-server.js';

/** Debian's package puts it where a user's PATH does not look. */
const PROGRAM = '/usr/sbin/mosquitto';

/**
 * Mosquitto with persistence. It writes its memory to the disk at once after every change, but acknowledges before that: what it acknowledged in the
 * last moment before a kill -9 can be lost. `saveMosquitto` waits for the disk.
 *
 * @param options Lines of its configuration, instead of `allow_anonymous true`.
 */
export async function startMosquitto(options: readonly string[] = ['allow_anonymous true']): Promise<EngineServer> {
  const port = await freePort();
  return EngineServer.start('mosquitto', port, async (folder) => {
    const file = join(folder, 'mosquitto.conf');
    await writeFile(file, configuration(port, folder, options));
    return { program: PROGRAM, args: ['-c', file], ready: /mosquitto version \S+ running/ };
  });
}

/** Resolves when all that the broker has acknowledged is on its disk. */
export async function saveMosquitto(broker: EngineServer): Promise<void> {
  const before = await savedAt(broker);
  broker.signal('SIGUSR1');
  await waitFor(async () => (await savedAt(broker)) !== before, { what: 'Mosquitto to save its memory' });
}

/** When the file was written; it is replaced as a whole. */
async function savedAt({ folder }: EngineServer): Promise<bigint | null> {
  const found = await stat(join(folder, 'mosquitto.db'), { bigint: true }).catch(() => null);
  return found?.mtimeNs ?? null;
}

function configuration(port: number, folder: string, options: readonly string[]): string {
  return `
# Started by root it would become another user, who can't read the folder.
user root
listener ${port} 127.0.0.1
persistence true
persistence_location ${folder}/
autosave_on_changes true
autosave_interval 1
max_queued_messages 0
log_dest stderr
${options.join('\n')}
`;
}
