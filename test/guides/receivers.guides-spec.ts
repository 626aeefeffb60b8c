import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ChildProgram, type ProgramOptions } from '../support/child-program.js';
import { FakeDevice } from '../support/fake-device.js';
import { freePort } from '../support/free-port.js';
import { Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const GUIDES = new URL('../../docs/guides/', import.meta.url);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const UVICORN = join(homedir(), '.cache', 'iot-broker-guides', 'bin', 'uvicorn');
const IMEI = '350612345678901';
const WEBHOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const COMPILER_OPTIONS = [
  '--strict',
  '--target',
  'es2022',
  '--module',
  'nodenext',
  '--experimentalDecorators',
  '--emitDecoratorMetadata',
];
/** What answers requests of PHP's own server in place of Laravel. */
const PHP_ROUTER = `<?php
require 'iot.php';
$event = verifyIotWebhook(getenv('WEBHOOK_SECRET'), array_change_key_case(getallheaders()), file_get_contents('php://input'));
http_response_code($event === null ? 401 : 204);
if ($event !== null) {
    file_put_contents('php://stderr', $event['type'] . ' ' . $event['imei'] . "\\n");
}
`;

type Prepare = (folder: string, code: string, port: number) => Promise<Pick<ProgramOptions, 'program' | 'args'>>;

const typeScript: Prepare = async (folder, code) => {
  await writeFile(join(folder, 'receiver.mts'), code);
  await promisify(execFile)(process.execPath, [
    join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'),
    ...COMPILER_OPTIONS,
    '--ignoreConfig',
    '--skipLibCheck',
    join(folder, 'receiver.mts'),
  ]).catch((error: unknown) => {
    throw new Error((error as { stdout: string }).stdout);
  });
  return { program: process.execPath, args: [join(folder, 'receiver.mjs')] };
};

const python: Prepare = async (folder, code, port) => {
  await writeFile(join(folder, 'receiver.py'), code);
  return { program: UVICORN, args: ['receiver:app', `--port=${port}`] };
};

const php: Prepare = async (folder, code, port) => {
  await writeFile(join(folder, 'iot.php'), code);
  await writeFile(join(folder, 'router.php'), PHP_ROUTER);
  return { program: 'php', args: ['-S', `127.0.0.1:${port}`, 'router.php'] };
};

let database: TestDatabase;
let folder: string;

beforeEach(async () => {
  database = await createTestDatabase();
  // Where imports find the packages of docs/package.json.
  folder = await mkdtemp(join(ROOT, 'docs', 'node_modules', '.receiver-'));
});

afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

describe('the webhook receivers of the guides', () => {
  it.each<[page: string, language: string, prepare: Prepare]>([
    ['webhooks-express.md', 'ts', typeScript],
    ['webhooks-nest.md', 'ts', typeScript],
    ['webhooks-fastapi.md', 'py', python],
    ['webhooks-laravel.md', 'php', php],
  ])('of %s accepts events of a gateway, and refuses others', async (page, language, prepare) => {
    const text = await readFile(new URL(page, GUIDES), 'utf8');
    const [, code = ''] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(text) ?? [];
    const port = await freePort();
    const { program, args } = await prepare(folder, code, port);
    const receiver = new ChildProgram({ program, args, cwd: folder, env: { WEBHOOK_SECRET, PORT: String(port) } });
    const url = `http://127.0.0.1:${port}`;
    await waitFor(() => fetch(url).catch(() => null), { what: 'the receiver' });

    const gateway = await Gateway.start(database.url, {
      NOTIFICATION_URL: url,
      WEBHOOK_SECRET,
      WEBHOOK_EVENTS: 'device.connected',
      WEBHOOK_RETRY_SCHEDULE: '0,1s,1s,1s',
    });
    const device = await FakeDevice.logIn(gateway.devicePort, IMEI);
    await receiver.waitForLine(new RegExp(`device.connected ${IMEI}`));
    await waitFor(async () => (await gateway.get<{ count: number }>('webhooks/events?state=delivered')).body.count === 1, {
      what: 'the delivery',
    });

    const forged = await fetch(`${url}/webhooks/iot/v1/device/connected`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': 'evt_forged',
        'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
        'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      },
      body: JSON.stringify({ type: 'device.connected', imei: '350612000000008' }),
    });
    expect(forged.status).toBe(401);
    expect(receiver.lines.filter((line) => line.includes('350612000000008'))).toEqual([]);

    device.close();
    await gateway.stop();
    await receiver.kill('SIGTERM');
  });
});
