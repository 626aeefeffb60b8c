import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Gateway } from '../support/gateway.js';
import { NodeProcess, type ProcessExit } from '../support/node-process.js';
import { checkLedger } from '../support/simulator-ledger.js';
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

  it('runs a fleet with every fault against the gateway, and each acknowledged record is stored once', async () => {
    const ledger = join(dir, 'ledger.ndjson');
    const fleet = `--port=${gateway.devicePort} --devices=60 --interval=0.4 --duration=8 --drain=20 --ledger=${ledger} --quiet`;
    const simulator = simulate([fleet, ...FAULTS].join(' '));
    expect(await simulator.exit).toEqual({ code: 0, signal: null });
    expect(simulator.lines.join('\n')).toMatch(/created \d+ = acknowledged \d+ \+ waiting \d+ \+ dropped 0 \(balanced\)/);
    const { acknowledged, broken } = await checkLedger(database, ledger);
    expect(acknowledged).toBeGreaterThan(2_000);
    expect(broken).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends nicely at %s, with its account', async (signal) => {
    const simulator = simulate(`--port=${gateway.devicePort} --devices=5 --interval=0.2 --imei-base=350612100000000`);
    await simulator.waitForLine(/^connected 5\/5 /);
    expect(await simulator.kill(signal)).toEqual<ProcessExit>({ code: 0, signal: null });
    expect(simulator.lines.join('\n')).toMatch(/\+ waiting 0 \+ dropped 0 \(balanced\)/);
  });

  it('names one of its devices, and the request that shows it', async () => {
    const simulator = simulate(
      `--port=${gateway.devicePort} --devices=2 --interval=0.2 --duration=1 --imei-base=350612200000000`,
    );
    expect((await simulator.exit).code).toBe(0);
    const [first, curl] = simulator.lines;
    expect(first).toBe(
      `2 devices connect to 127.0.0.1:${gateway.devicePort}; the first has IMEI 350612200000006. Its newest record:`,
    );
    expect(curl).toContain('/api/v1/devices/350612200000006/telemetry/latest?view=scaled');
    expect((await gateway.get('devices/350612200000006/telemetry/latest')).status).toBe(200);
  });

  it('says when no server listens, and how to start one', async () => {
    const simulator = simulate('--port=1 --devices=1 --duration=0.5 --drain=0 --quiet');
    await simulator.exit;
    expect(simulator.lines.at(-1)).toBe(
      'No server listens on 127.0.0.1:1. Start the gateway with "npm start", or set its address with --host and --port.',
    );
  });

  it('does not start with options it does not understand', async () => {
    const simulator = simulate('--devcies=5');
    expect((await simulator.exit).code).toBe(2);
    expect(simulator.lines).toEqual(["Unknown option '--devcies'", 'Try --help.']);
  });
});
