/**
 * Makes the pages of docs/reference/ from the built gateway and from docs/reference/openapi.json and schema.sql: `npm run reference`.
 * The page of metrics needs a running gateway, which the script starts with an embedded PostgreSQL; `--metrics URL` reads those of another one.
 * With --check it writes nothing, names the pages that differ and fails; without --metrics it then leaves the page of metrics out. Tests run it so.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cataloguePage } from './reference/catalogue.mjs';
import { configurationPage } from './reference/configuration.mjs';
import { dictionaryPage } from './reference/dictionary.mjs';
import { errorsPage } from './reference/errors.mjs';
import { eventsPage } from './reference/events.mjs';
import { metricsPage } from './reference/metrics.mjs';
import { restPage } from './reference/rest.mjs';
import { schemaPage } from './reference/schema.mjs';

const BUILT = new URL('../dist/src/', import.meta.url);
const REFERENCE = new URL('../docs/reference/', import.meta.url);
const { values } = parseArgs({ options: { check: { type: 'boolean' }, metrics: { type: 'string' } } });

const openApi = JSON.parse(read('openapi.json'));
const pages = new Map([
  ['catalogue.md', await cataloguePage(BUILT)],
  ['configuration.md', await configurationPage(BUILT)],
  ['dictionary.md', await dictionaryPage(BUILT)],
  ['errors.md', errorsPage(openApi)],
  ['events.md', eventsPage(openApi)],
  ['rest.md', restPage(openApi)],
  ['schema.md', schemaPage(read('schema.sql'))],
]);
if (values.metrics !== undefined || !values.check) {
  pages.set(
    'metrics.md',
    metricsPage(values.metrics === undefined ? await metricsOfNewGateway() : await fetchText(values.metrics)),
  );
}
if (values.check) {
  const differing = [...pages].filter(([name, text]) => comparable(name, read(name)) !== comparable(name, text));
  differing.forEach(([name]) => console.error(`docs/reference/${name} is not what the code gives: npm run reference`));
  process.exitCode = differing.length > 0 ? 1 : 0;
} else {
  pages.forEach((text, name) => writeFileSync(new URL(name, REFERENCE), text));
}

/** Of the process itself, other systems than Linux report less. */
function comparable(name, text) {
  return name === 'metrics.md' && process.platform !== 'linux' ? text.split('## Process')[0] : text;
}

function read(name) {
  return readFileSync(new URL(name, REFERENCE), 'utf8');
}

async function fetchText(url) {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}`);
  }
  return response.text();
}

async function metricsOfNewGateway() {
  const folder = mkdtempSync(join(tmpdir(), 'iot-broker-reference-'));
  chmodSync(folder, 0o755); // started by root, the server runs as another user
  const env = { PATH: process.env.PATH, DATA_DIR: join(folder, 'data'), BROKER_PORT: '0', API_PORT: '0', METRICS_PORT: '0' };
  const gateway = spawn(process.execPath, [fileURLToPath(new URL('main.js', BUILT))], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = new Promise((resolve) => gateway.once('exit', resolve));
  try {
    for await (const line of createInterface(gateway.stdout)) {
      const [, url] = /Metrics on (\S+)/.exec(line) ?? [];
      if (url) {
        gateway.stdout.resume();
        return await fetchText(url);
      }
    }
    throw new Error('The gateway has ended before it served metrics');
  } finally {
    gateway.kill('SIGTERM');
    await exit;
    rmSync(folder, { recursive: true, force: true });
  }
}
