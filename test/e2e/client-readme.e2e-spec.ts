import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Exposition } from '../support/exposition.js';
import { freePort } from '../support/free-port.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { NodeProcess } from '../support/node-process.js';
import { PackedClient } from '../support/packed-client.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const README = new URL('../../client/README.md', import.meta.url);
const SIMULATOR = fileURLToPath(new URL('../../dist/src/simulator/main.js', import.meta.url));
const WEBHOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const MAX_LINES = 10;

let database: TestDatabase;
let gateway: Gateway;
let client: PackedClient;
let devices: NodeProcess;
let examples: string[];
let webhookPort: number;
let imei: string;

beforeAll(async () => {
  database = await createTestDatabase();
  webhookPort = await freePort();
  gateway = await Gateway.start(database.url, {
    NOTIFICATION_URL: `http://127.0.0.1:${webhookPort}`,
    WEBHOOK_SECRET,
    WEBHOOK_EVENTS: 'device.connected,command.completed',
    WEBHOOK_RETRY_SCHEDULE: '0,1s,1s,1s,1s',
  });
  client = await PackedClient.install();
  examples = [...(await readFile(README, 'utf8')).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
  await client.compile(Object.fromEntries(examples.map((code, index) => [`example-${index}.ts`, code])));
  devices = new NodeProcess({
    args: [SIMULATOR, `--port=${gateway.devicePort}`, '--devices=2', '--interval=0.3', '--imei-base=350612300000000'],
  });
  [, imei = ''] = await devices.waitForLine(/the first has IMEI (\d{15})/);
  await devices.waitForLine(/^connected 2\/2 /);
  await waitFor(() => gateway.client.telemetry.latest(imei), { what: 'a record' });
});

afterAll(async () => {
  await devices.kill('SIGTERM');
  await gateway.stop();
  await client.remove();
  await database.drop();
});

/** Starts the only example whose code contains the text. */
function start(containing: string, env: Record<string, string> = {}): NodeProcess {
  const found = examples.flatMap((code, index) => (code.includes(containing) ? [index] : []));
  expect([containing, found.length]).toEqual([containing, 1]);
  return new NodeProcess({
    args: [join(client.folder, `example-${found[0]}.js`)],
    env: { IOT_BROKER_URL: gateway.apiUrl, IOT_API_KEY: API_KEY, IMEI: imei, ...env },
  });
}

async function run(containing: string): Promise<string[]> {
  const example = start(containing);
  const exit = await example.exit;
  expect([exit.code, example.lines]).toEqual([0, expect.anything()]);
  return example.lines;
}

async function isStreamOpen(): Promise<boolean> {
  const scrape = await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } });
  return new Exposition(await scrape.text()).value('iot_broker_streams_open') === 1;
}

describe('the examples of the README of the client', () => {
  it('are all run here, and have at most ten lines', () => {
    expect(examples.length).toBe(7);
    for (const code of examples) {
      const lines = code.split('\n').filter((line) => line !== '' && !line.startsWith('import '));
      expect([code, lines.length <= MAX_LINES]).toEqual([code, true]);
    }
  });

  it('list connected devices', async () => {
    expect(await run('devices.list())')).toEqual(
      expect.arrayContaining([expect.stringMatching(new RegExp(`^${imei} is connected to \\S+ since 20`))]),
    );
  });

  it('send a command and wait for its end', async () => {
    expect(await run('commands.until')).toEqual([expect.stringMatching(/^The command is COMPLETED: Ver:/)]);
  });

  it('send many commands', async () => {
    expect(await run('commands.sendMany')).toEqual(['2 commands were accepted, 0 were refused']);
  });

  it('read the newest record and the history', async () => {
    const [latest, ...history] = await run('telemetry.history');
    expect(latest).toMatch(/^The newest record was made at -?\d+\.\d+, -?\d+\.\d+$/);
    expect(history.length).toBeGreaterThan(0);
    expect(history).toEqual(history.map(() => expect.stringMatching(/^20\S+Z \d+ km\/h$/) as string));
  });

  it('recognise an error by its code', async () => {
    expect(await run('DEVICE_NOT_CONNECTED')).toEqual([
      expect.stringMatching(/^Not connected \(status 404, request [0-9a-f-]{36}\)$/),
    ]);
  });

  it('receive webhooks of the gateway', async () => {
    const receiver = start('createServer', { WEBHOOK_SECRET, PORT: String(webhookPort) });
    await receiver.waitForLine(/^device\.connected evt_[0-9a-f-]{36}$/);
    await waitFor(async () => (await fetch(`http://127.0.0.1:${webhookPort}`, { method: 'POST', body: '{}' })).status === 400, {
      what: 'a forged request to be refused',
    });
    await receiver.waitForLine(/^not from the gateway$/);
    await receiver.kill('SIGTERM');
  });

  it('follow the stream', async () => {
    const example = start('broker.stream');
    await waitFor(isStreamOpen, { what: 'the stream to be open' });
    await gateway.client.commands.send({ imei, command: 'getver' });
    expect([(await example.exit).code, example.lines]).toEqual([
      0,
      [expect.stringMatching(new RegExp(`^${imei} answered: Ver:\\S.* \\(\\d+_\\d+\\)$`))],
    ]);
  });
});
