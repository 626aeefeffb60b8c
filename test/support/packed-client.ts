import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const MODULE_OPTIONS = { target: 'es2022', module: 'nodenext', strict: true, types: ['node'], skipLibCheck: false };

/** A folder in which the client is installed as npm would: from its package, with its one dependency. */
export class PackedClient {
  private constructor(
    readonly folder: string,
    /** Paths of the files in the package. */
    readonly files: readonly string[],
  ) {}

  /** Builds and packs the client. */
  static async install(): Promise<PackedClient> {
    const folder = await mkdtemp(join(tmpdir(), 'iot-broker-client-'));
    const stage = join(folder, 'stage');
    await buildInto(stage);
    await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: stage });
    await rm(stage, { recursive: true });
    const [tarball = ''] = await readdir(folder);
    const target = join(folder, 'node_modules', 'iot-broker-client');
    await mkdir(target, { recursive: true });
    await run('tar', ['-xzf', join(folder, tarball), '-C', target, '--strip-components=1']);
    for (const name of ['openapi-fetch', 'openapi-typescript-helpers', '@types', 'undici-types']) {
      await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: MODULE_OPTIONS, include: ['*.ts'] }));
    const files = await readdir(target, { recursive: true });
    return new PackedClient(folder, files.filter((file) => /\.\w+$|LICENSE/.test(file)).sort());
  }

  /** Checks the types of TypeScript files and compiles them; rejects with what the compiler prints. */
  async compile(sources: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(sources)) {
      await writeFile(join(this.folder, name), text);
    }
    await compile('-p', this.folder);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Beside the sources, not in them: several test files do it at the same time. */
async function buildInto(stage: string): Promise<void> {
  const client = join(ROOT, 'client');
  await compile('-p', client, '--outDir', join(stage, 'dist'));
  for (const name of ['package.json', 'README.md', 'LICENSE']) {
    await copyFile(join(client, name), join(stage, name));
  }
}

async function compile(...args: string[]): Promise<void> {
  await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...args]).catch((error: unknown) => {
    throw new Error((error as { stdout: string }).stdout, { cause: error });
  });
}
