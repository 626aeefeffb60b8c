import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import xxhash from 'xxhash-wasm';
import { Gateway } from '../support/gateway.js';
import { NodeProcess, type ProcessExit } from '../support/node-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const MAIN = fileURLToPath(new URL('../../dist/src/simulator/main.js', import.meta.url));

/** Every way in which devices and networks fail, all at once. */
const FAULTS = [
  '--ack-timeout=2 --reconnect-scale=0.1 --resend-delay=0.1',
  '--lose-ack=0.03 --duplicate=0.05 --half-open=0.02 --bad-crc=0.03 --bad-clock=0.05 --split=0.1 --rebatch=0.5',
];

function simulate(options: string): NodeProcess {
  return new NodeProcess({ args: [MAIN, ...options.split(' ')] });
}

describe('the simulator', () => {
  let dir: string;
  let database: TestDatabase;
  let gateway: Gateway;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'iot-broker-simulator-'));
    database = await createTestDatabase();
    gateway = await Gateway.start(database.url);
  });

  afterAll(async () => {
    await gateway.stop();
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  });

  /** "imei hash" of each record in the ledger, the hash being the gateway's: XXH64 of the record's bytes. */
  async function readLedger(path: string): Promise<string[]> {
    const hasher = await xxhash();
    const keys: string[] = [];
    for await (const line of createInterface({ input: createReadStream(path) })) {
      const { imei, bytes } = JSON.parse(line) as { imei: string; bytes: string };
      const hash = hasher.create64().update(Buffer.from(bytes, 'hex')).digest();
      keys.push(`${imei} ${BigInt.asIntN(64, hash)}`);
    }
    return keys;
  }

  it('runs a fleet with every fault against the gateway, and each acknowledged record is stored once', async () => {
    const ledger = join(dir, 'ledger.ndjson');
    const fleet = `--port=${gateway.devicePort} --devices=60 --interval=0.4 --duration=8 --drain=20 --ledger=${ledger} --quiet`;
    const simulator = simulate([fleet, ...FAULTS].join(' '));
    expect(await simulator.exit).toEqual({ code: 0, signal: null });
    expect(simulator.lines.join('\n')).toMatch(/created \d+ = acknowledged \d+ \+ waiting \d+ \+ dropped 0 \(adds up\)/);
    const rows = await database.query<{ key: string; count: number }>(
      `select iot_imei || ' ' || record_hash as key, count(*)::int as count from tbl_iot_telemetry_data group by 1`,
    );
    const stored = new Map(rows.map(({ key, count }) => [key, count]));
    const acknowledged = await readLedger(ledger);
    expect(acknowledged.length).toBeGreaterThan(2_000);
    expect(acknowledged.filter((key) => stored.get(key) !== 1)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends nicely at %s, with its account', async (signal) => {
    const simulator = simulate(`--port=${gateway.devicePort} --devices=5 --interval=0.2 --imei-base=350612100000000`);
    await simulator.waitForLine(/^connected 5\/5 /);
    expect(await simulator.kill(signal)).toEqual<ProcessExit>({ code: 0, signal: null });
    expect(simulator.lines.join('\n')).toMatch(/\+ waiting 0 \+ dropped 0 \(adds up\)/);
  });

  it('does not start with options it does not understand', async () => {
    const simulator = simulate('--devcies=5');
    expect((await simulator.exit).code).toBe(2);
    expect(simulator.lines).toEqual(["Unknown option '--devcies'", 'Try --help.']);
  });
});
