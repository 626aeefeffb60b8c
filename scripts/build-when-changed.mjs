/**
 * Builds dist/, and dist/console/, only when one of its source files has changed since the last build: `npm run keys` beside a running gateway neither waits for a build
 * nor replaces the files that the gateway was started from. `npm run build` always builds.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url));
const SOURCE_FOLDERS = ['src', 'migrations', 'bench', 'test', 'client/src'];
/** The incremental build of TypeScript does not know these: it would keep files that another setting of them compiles differently. */
const SOURCE_FILES = [
  'package.json',
  'package-lock.json',
  'nest-cli.json',
  'scripts/open-api-plugin.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
];
const CONSOLE_FOLDERS = ['console', 'client/src'];
const CONSOLE_FILES = ['package-lock.json', 'scripts/build-console.mjs'];

buildGateway();
if (existsSync(join(root, 'console'))) {
  buildConsole();
}

function buildGateway() {
  const stamp = join(root, 'dist', '.sources');
  const settings = fingerprint(SOURCE_FILES);
  const sources = `${settings}\n${fingerprint(SOURCE_FOLDERS.flatMap((folder) => filesIn(folder, /\.(ts|sql)$/)))}\n`;
  const built = readIfThere(stamp);
  if (existsSync(join(root, 'dist', 'src', 'main.js')) && built === sources) {
    return;
  }
  if (!built.startsWith(settings)) {
    rmSync(join(root, 'dist', '.tsbuildinfo'), { force: true });
  }
  removeBuiltSql();
  run('build', 'Building the gateway');
  writeFileSync(stamp, sources);
}

function buildConsole() {
  const stamp = join(root, 'dist', '.console-sources');
  const folders = CONSOLE_FOLDERS.filter((folder) => existsSync(join(root, folder)));
  const files = folders.flatMap((folder) => filesIn(folder, /./)).filter((file) => !file.includes('node_modules'));
  const sources = `${fingerprint([...files, ...CONSOLE_FILES.filter((file) => existsSync(join(root, file)))])}\n`;
  if (existsSync(join(root, 'dist', 'console', 'index.html')) && readIfThere(stamp) === sources) {
    return;
  }
  run('build:console', 'Building the console');
  writeFileSync(stamp, sources);
}

/** The message is on the standard error: a script whose output is read by a program may follow. */
function run(script, message) {
  console.error(message);
  const { status } = spawnSync('npm', ['run', script, '--silent'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** The gateway creates every function that it finds there: one whose source file was removed must not stay. The build copies the others again. */
function removeBuiltSql() {
  const built = join('dist', 'src');
  if (existsSync(join(root, built))) {
    filesIn(built, /\.sql$/).forEach((file) => rmSync(join(root, file)));
  }
}

/** Path, size and time of change of every source file: a file that was removed changes it as well. */
function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of [...files].sort()) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function filesIn(folder, pattern) {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}
