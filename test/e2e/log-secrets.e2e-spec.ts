import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGatewayProcess } from '../support/gateway-process.js';

const KEYS = ['first-key-of-the-test', 'second-key-of-the-test'];
const PASSWORD = 'pass%2Fword-of-the-test';
const SECRET = 'whsec_bm9ib2R5IG1heSBldmVyIHNlZSB0aGlz';
/** Nothing listens on port 1. */
const AWAY = `postgres://gateway:${PASSWORD}@127.0.0.1:1/iot`;
const SECRETS = { IOT_API_KEY: KEYS.join(','), WEBHOOK_SECRET: SECRET, DATABASE_URL: AWAY, BROKER_PORT: '0', API_PORT: '0' };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-secrets-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Everything a gateway wrote that could not start. */
async function output(env: Record<string, string>): Promise<string[]> {
  const gateway = startGatewayProcess({ cwd: folder, env: { ...SECRETS, ...env } });
  expect(await gateway.exit).toMatchObject({ code: 1 });
  return gateway.lines;
}

function expectNoSecret(lines: readonly string[]): void {
  const text = lines.join('\n');
  expect(text.length).toBeGreaterThan(20);
  for (const secret of [...KEYS, SECRET, PASSWORD, decodeURIComponent(PASSWORD)]) {
    expect(text).not.toContain(secret);
  }
}

describe.each(['text', 'json'])('a gateway that can not start, logging %s,', (LOG_FORMAT) => {
  it('says that the database refuses it, and no secret', async () => {
    const lines = await output({ LOG_FORMAT });
    expect(lines.join('\n')).toContain('ECONNREFUSED');
    expectNoSecret(lines);
  });

  it('says which settings are wrong, and no secret', async () => {
    const lines = await output({
      LOG_FORMAT,
      API_PORT: 'x',
      IOT_API_KEY: 'short',
      DATABASE_URL: `mysql://u:${PASSWORD}@host/db`,
      METRICS_PORT: '-1',
      LOG_DEVICE: '12',
    });
    for (const name of ['API_PORT', 'IOT_API_KEY', 'DATABASE_URL', 'METRICS_PORT', 'LOG_DEVICE']) {
      expect(lines.filter((line) => line.includes(name))).toHaveLength(1);
    }
    expectNoSecret(lines);
    if (LOG_FORMAT === 'json') {
      expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(lines.map(() => 'fatal'));
    }
  });
});
