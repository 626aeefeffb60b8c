import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { NodeProcess } from '../support/node-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const DEMO = fileURLToPath(new URL('../../scripts/demo.mjs', import.meta.url));

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

describe('npm run demo', () => {
  it('shows vehicles on the API, prints webhooks, and ends every process with Ctrl-C', async () => {
    const demo = new NodeProcess({
      args: [DEMO, '--devices=4'],
      env: { DATABASE_URL: database.url, API_PORT: '0', BROKER_PORT: '0' },
    });
    const [, console = '', key = ''] = await demo.waitForLine(/Open (\S+)\/console\/ and sign in with the key (\w+)/);
    await demo.waitForLine(/POST \/webhooks\/iot\/v1\/device\/connected/);
    await demo.waitForLine(/POST \/webhooks\/iot\/v1\/command\/confirm/);
    const connected = async (): Promise<number> => {
      const answer = await fetch(`${console}/api/v1/devices`, { headers: { 'x-api-key': key } });
      return ((await answer.json()) as { count: number }).count;
    };
    await waitFor(async () => (await connected()) === 4, { what: 'all vehicles' });
    expect((await fetch(`${console}/console/`)).status).toBe(200);

    const children = await childrenOf(demo.pid);
    expect(children.length).toBe(3);
    expect(await demo.kill('SIGINT')).toMatchObject({ code: 0 });
    expect(children.filter(isAlive)).toEqual([]);
    await expect(fetch(`${console}/healthz`)).rejects.toThrow();
  });
});

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
  const processes = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return processes.flatMap(([pid = 0, of]) => (of === parent ? [pid] : [])).filter(isAlive);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH: it has ended
  }
}
