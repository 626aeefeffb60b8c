import { createHash } from 'node:crypto';
import { accessSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** From the folder of the project, where npm runs tests and benches: these are compiled to another folder. */
const PINNED = '.ci/sinks';

/** What `.ci/install-sinks` has installed. A missing file is an error with the command that installs it. */
export function installed(path: 'bin/nats-server' | 'kafka'): string {
  const hash = createHash('sha256');
  for (const file of ['versions', 'kafka-pom.xml']) {
    hash.update(readFileSync(join(PINNED, file)));
  }
  const file = join(homedir(), '.cache/iot-broker-tools', `sinks-${hash.digest('hex').slice(0, 16)}`, path);
  try {
    accessSync(file);
  } catch (error) {
    throw new Error(`${file} is missing: run "bash .ci/install-sinks" first`, { cause: error });
  }
  return file;
}
