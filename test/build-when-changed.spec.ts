import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NodeProcess } from './support/node-process.js';

const SCRIPT = fileURLToPath(new URL('../scripts/build-when-changed.mjs', import.meta.url));
const BUILD =
  "const fs = require('fs'); fs.mkdirSync('dist/src', { recursive: true }); fs.writeFileSync('dist/src/main.js', ''); fs.appendFileSync('builds', 'x')";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-build-'));
  for (const name of ['src', 'migrations', 'bench', 'test', 'client/src']) {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, 'a.ts'), '');
  }
  await mkdir(join(folder, 'scripts'));
  for (const name of [
    'package-lock.json',
    'nest-cli.json',
    'scripts/open-api-plugin.mjs',
    'tsconfig.json',
    'tsconfig.build.json',
  ]) {
    await writeFile(join(folder, name), '{}');
  }
  await writeFile(join(folder, 'build.cjs'), BUILD);
  await useBuild('node build.cjs');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const useBuild = (build: string, console = 'exit 4'): Promise<void> =>
  writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { build, 'build:console': console } }));

async function run(): Promise<number | null> {
  return (await new NodeProcess({ args: [SCRIPT, folder], cwd: folder }).exit).code;
}

/** What a run of the script prints. */
async function printed(): Promise<string[]> {
  const script = new NodeProcess({ args: [SCRIPT, folder], cwd: folder });
  await script.exit;
  return [...script.lines];
}

const builds = async (): Promise<number> => (await readFile(join(folder, 'builds'), 'utf8')).length;

describe('the build before npm scripts', () => {
  it('runs the first time, and not again while no source file changes', async () => {
    expect([await run(), await run(), await builds()]).toEqual([0, 0, 1]);
  });

  it('says what it builds before it begins, because the first build takes a minute, and nothing when there is nothing to build', async () => {
    await useBuild('node -e "console.error(\'compiled\')" && node build.cjs');
    expect(await printed()).toEqual(['Building the gateway', 'compiled']);
    expect(await printed()).toEqual([]);
  });

  it.each([
    ['was changed', () => utimes(join(folder, 'src/a.ts'), new Date(), new Date(1_000_000))],
    ['was added', () => writeFile(join(folder, 'migrations/b.ts'), '')],
    ['in SQL was added', () => writeFile(join(folder, 'src/b.sql'), '')],
    ['of the client was added', () => writeFile(join(folder, 'client/src/b.ts'), '')],
    ['was removed', () => rm(join(folder, 'test/a.ts'))],
  ])('runs again when a file %s', async (_what, change) => {
    await run();
    await change();
    expect([await run(), await builds()]).toEqual([0, 2]);
  });

  it('starts from nothing when a setting of the compiler was changed: the incremental build would keep what it has compiled', async () => {
    const incremental = join(folder, 'dist/.tsbuildinfo');
    await run();
    await writeFile(incremental, '');
    await writeFile(join(folder, 'src/b.ts'), '');
    await run();
    expect(existsSync(incremental)).toBe(true);
    await writeFile(join(folder, 'nest-cli.json'), '{"entryFile":"main"}');
    await run();
    expect([existsSync(incremental), await builds()]).toEqual([false, 3]);
  });

  it('removes the SQL files of the last build: the gateway would run one whose source is gone', async () => {
    const built = join(folder, 'dist/src/sql/removed.sql');
    await run();
    await mkdir(join(folder, 'dist/src/sql'));
    await writeFile(built, '');
    await writeFile(join(folder, 'src/b.ts'), '');
    await run();
    expect(existsSync(built)).toBe(false);
  });

  it('builds the console when it has changed, and neither for the changes of the other', async () => {
    const buildConsole =
      "const fs = require('fs'); fs.mkdirSync('dist/console', { recursive: true }); fs.writeFileSync('dist/console/index.html', ''); fs.appendFileSync('console-builds', 'x')";
    await writeFile(join(folder, 'build-console.cjs'), buildConsole);
    await useBuild('node build.cjs', 'node build-console.cjs');
    const consoleBuilds = async (): Promise<number> => (await readFile(join(folder, 'console-builds'), 'utf8')).length;
    await mkdir(join(folder, 'console/src'), { recursive: true });
    await writeFile(join(folder, 'console/src/a.css'), '');
    expect([await run(), await run(), await builds(), await consoleBuilds()]).toEqual([0, 0, 1, 1]);
    await writeFile(join(folder, 'console/src/b.tsx'), '');
    expect([await run(), await builds(), await consoleBuilds()]).toEqual([0, 1, 2]);
    await writeFile(join(folder, 'src/b.ts'), '');
    expect([await run(), await builds(), await consoleBuilds()]).toEqual([0, 2, 2]);
  });

  it('fails when the build fails, and runs again the next time', async () => {
    await useBuild('exit 3');
    expect(await run()).toBe(3);
    await useBuild('node build.cjs');
    expect([await run(), await builds()]).toEqual([0, 1]);
  });
});
