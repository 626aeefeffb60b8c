import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder that the user the server runs as can enter: folders of mkdtemp are closed to other users. */
export async function makeOpenFolder(parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'embedded-postgres-'));
  await chmod(folder, 0o755);
  return folder;
}
