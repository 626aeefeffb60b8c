import { readFileSync } from 'node:fs';
import { API_KEY, Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const PATH = 'console/simulator';

interface Answer {
  readonly simulator: { readonly running: boolean; readonly devices: number };
}

let database: TestDatabase;
let gateway: Gateway | null = null;

beforeEach(async () => (database = await createTestDatabase()));

afterEach(async () => {
  await gateway?.stop();
  gateway = null;
  await database.drop();
});

const connected = async (): Promise<number> => (await gateway!.get<{ count: number }>('devices')).body.count;

/** Processes that have this one as their parent. */
function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it('runs once, is stopped, and is in the audit', async () => {
  gateway = await Gateway.start(database.url);
  expect((await gateway.get<Answer>(PATH)).body.simulator).toMatchObject({ running: false, devices: 0 });
  expect((await gateway.change<Answer>('PUT', PATH, { devices: 3 })).body.simulator).toMatchObject({ running: true, devices: 3 });
  expect((await gateway.change<Answer>('PUT', PATH, { devices: 9 })).body.simulator).toMatchObject({ running: true, devices: 3 });
  await waitFor(async () => (await connected()) === 3);
  expect((await gateway.change<Answer>('DELETE', PATH)).body.simulator.running).toBe(false);
  await waitFor(async () => (await connected()) === 0);
  const { body } = await gateway.get<{ entries: { action: string }[] }>('audit?limit=10');
  expect(body.entries.map(({ action }) => action)).toEqual(['simulator.stopped', 'simulator.started']);
});

it('refuses numbers of devices that are out of bounds or not whole', async () => {
  gateway = await Gateway.start(database.url);
  for (const devices of [0, 501, 1.5, 'many']) {
    const { status } = await gateway.change('PUT', PATH, { devices });
    const { running } = (await gateway.get<Answer>(PATH)).body.simulator;
    expect({ devices, status, running }).toEqual({ devices, status: 400, running: false });
  }
});

it('wants the scope admin, and a key', async () => {
  gateway = await Gateway.start(database.url);
  const { body } = await gateway.post<{ secret: string }>('keys', { name: 'operator', scopes: ['read', 'command'] });
  const send = async (method: string, key: string): Promise<number> => {
    const headers = { 'x-api-key': key, 'content-type': 'application/json' };
    return (await fetch(`${gateway!.apiUrl}/api/v1/${PATH}`, { method, headers, body: '{}' })).status;
  };
  expect([await send('PUT', body.secret), await send('DELETE', body.secret)]).toEqual([403, 403]);
  expect(await send('PUT', 'a key that is unknown')).toBe(401);
  expect(await send('DELETE', API_KEY)).toBe(200);
});

it.each([
  ['in production', { NODE_ENV: 'production', IOT_API_KEY: API_KEY }],
  ['with CONSOLE_SIMULATOR=false', { CONSOLE_SIMULATOR: 'false' }],
  ['without the console', { CONSOLE_ENABLED: 'false' }],
])('does not exist %s', async (_name, env: Record<string, string>) => {
  gateway = await Gateway.start(database.url, env);
  expect((await gateway.get(PATH)).status).toBe(404);
  expect((await gateway.change('PUT', PATH, {})).status).toBe(404);
  expect(childrenOf(gateway.process.pid)).toEqual([]);
});

it.each(['SIGTERM', 'SIGKILL'] as const)('ends with a gateway that ends by %s', async (signal) => {
  gateway = await Gateway.start(database.url);
  await gateway.change('PUT', PATH, { devices: 3 });
  await waitFor(async () => (await connected()) === 3);
  const [simulator] = childrenOf(gateway.process.pid);
  expect(isRunning(simulator!)).toBe(true);
  await (signal === 'SIGTERM' ? gateway.stop() : gateway.kill());
  gateway = null;
  await waitFor(() => !isRunning(simulator!), { what: 'the simulator to end' });
});
