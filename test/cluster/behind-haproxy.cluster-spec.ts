import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { NodeProcess } from '../support/node-process.js';
import { checkLedger } from '../support/simulator-ledger.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';
import { type Backend, Haproxy, type HaproxyPorts } from './haproxy.js';

const SIMULATOR = fileURLToPath(new URL('../../dist/src/simulator/main.js', import.meta.url));
const DEVICES = 500;
/** A half of what two cores carry with all of this on them, so that a slow moment of theirs fails no test. */
const COMMANDS_PER_SECOND = Number(process.env.COMMANDS_PER_SECOND ?? 200);
/** With more than this unanswered the host waits: a machine that can't carry the rate is not a failure of the gateway. */
const MAX_PENDING = 500;
const SETTINGS = {
  BROKER_PROXY_PROTOCOL: 'on',
  BROKER_PROXY_TRUSTED: '127.0.0.1',
  SHUTDOWN_DELAY_SECONDS: '2',
  IOT_COMMAND_TIMEOUT: '20',
  // Three instances share the connections of one test server.
  DATABASE_POOL_SIZE: '8',
};

interface DeviceList {
  readonly count: number;
  readonly devices: { readonly imei: string; readonly instanceId: string; readonly remoteAddress: string }[];
}

let folder: string;
let database: TestDatabase;
let ports: HaproxyPorts;
let backends: Backend[];
let gateways: Gateway[];
let haproxy: Haproxy | undefined;
let simulator: NodeProcess | undefined;
let ledger: string;

async function startGateway({ devicePort, apiPort }: Backend): Promise<Gateway> {
  return Gateway.start(database.url, { ...SETTINGS, BROKER_PORT: String(devicePort), API_PORT: String(apiPort) });
}

/** A request of the host, by the balancer. */
async function ask<T>(path: string, init: RequestInit = {}): Promise<{ status: number; body: T }> {
  const response = await fetch(`http://127.0.0.1:${ports.api}/api/v1/${path}`, {
    ...init,
    headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
  });
  return { status: response.status, body: (await response.json()) as T };
}

function order(imei: string, command: string): Promise<{ status: number; body: { commandLogId?: string; code?: string } }> {
  return ask('command', { method: 'POST', body: JSON.stringify({ imei, command }) });
}

async function connected(): Promise<DeviceList> {
  return (await ask<DeviceList>('devices')).body;
}

async function allConnected(timeoutMs: number): Promise<DeviceList> {
  return waitFor(
    async () => {
      const list = await connected();
      return list.count === DEVICES && list;
    },
    { timeoutMs, what: `${DEVICES} devices to be connected` },
  );
}

/** Commands that have not completed, by their end. */
async function notCompleted(): Promise<unknown[]> {
  return database.query(
    `select status, reason, count(*)::int as count from tbl_iot_command_logs where status <> 'COMPLETED' group by 1, 2`,
  );
}

async function untilPendingAtMost(most: number): Promise<void> {
  await waitFor(
    async () =>
      (await database.query(`select from tbl_iot_command_logs where status = 'PENDING' limit ${most + 1}`)).length <= most,
    { timeoutMs: 150_000, what: `all but ${most} commands to end` },
  );
}

async function untilNonePending(): Promise<void> {
  await untilPendingAtMost(0);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-cluster-'));
  database = await createTestDatabase();
  ports = { devices: await freePort(), api: await freePort() };
  backends = [];
  for (let index = 0; index < 3; index++) {
    backends.push({ devicePort: await freePort(), apiPort: await freePort() });
  }
  gateways = await Promise.all(backends.map(startGateway));
  haproxy = await Haproxy.start(folder, ports, backends);
  ledger = join(folder, 'ledger.ndjson');
  const options = `--port=${ports.devices} --devices=${DEVICES} --interval=2 --records=3 --ramp=250 --drain=30`;
  const patience = '--ack-timeout=15 --reconnect-scale=0.5';
  simulator = new NodeProcess({ args: [SIMULATOR, ...`${options} ${patience} --ledger=${ledger}`.split(' ')] });
  await allConnected(60_000);
});

afterEach(async () => {
  // What was started: after a failure in beforeEach, not everything was.
  await simulator?.kill('SIGKILL');
  await haproxy?.stop();
  await Promise.all(gateways.map((gateway) => gateway.kill()));
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** The devices get rid of what waits, and say what they were acknowledged. */
async function requireNothingLost(): Promise<void> {
  expect(await simulator?.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(simulator?.lines.join('\n')).toMatch(/\+ waiting 0 \+ dropped 0 \(balanced\)/);
  const { acknowledged, broken } = await checkLedger(database, ledger);
  expect(acknowledged).toBeGreaterThan(DEVICES);
  expect(broken).toEqual([]);
}

describe('three instances behind HAProxy, 500 devices', () => {
  it('know the devices by their own addresses, and share them', async () => {
    const { devices } = await connected();
    expect(new Set(devices.map(({ remoteAddress }) => remoteAddress))).toEqual(new Set(['127.0.0.1']));
    const instances = [...new Set(devices.map(({ instanceId }) => instanceId))];
    const shares = instances.map((id) => devices.filter(({ instanceId }) => instanceId === id).length);
    expect(shares).toHaveLength(3);
    expect(Math.min(...shares)).toBeGreaterThan(DEVICES / 6);
  });

  it('lose one to kill -9: its devices move, what was acknowledged is stored once, commands complete, no device is shown as connected that is not', async () => {
    const { devices } = await connected();
    const [victim] = gateways;
    const stats = (await victim!.get<{ instances: { instanceId: string; stats: unknown }[] }>('stats')).body.instances;
    const orders = devices.map(({ imei }, index) => order(imei, `getinfo ${index}`).catch(() => null));
    await victim!.kill();
    const killedAt = Date.now();
    const answers = await Promise.all(orders);
    expect(answers.filter((answer) => answer?.status === 200).length).toBeGreaterThan(DEVICES / 2);

    const list = await waitFor(
      async () => {
        const now = await connected();
        const living = new Set(now.devices.map(({ instanceId }) => instanceId));
        return now.count === DEVICES && living.size === 2 && now;
      },
      { timeoutMs: 60_000, what: 'all devices to be at the two that are left' },
    );
    const movedAfterMs = Date.now() - killedAt;
    expect(list.devices.map(({ imei }) => imei)).toEqual(devices.map(({ imei }) => imei));
    expect(stats).toHaveLength(3);
    expect(movedAfterMs).toBeLessThan(25_000);
    await untilNonePending();
    expect(await notCompleted()).toEqual([]);
    await requireNothingLost();
  });

  it('are restarted one after the other under load: no command fails, no record is lost, no request errs', async () => {
    const { devices } = await connected();
    const wrong: unknown[] = [];
    let accepted = 0;
    let notConnected = 0;
    let restarting = true;
    const give = async (number: number): Promise<void> => {
      const { imei } = devices[number % DEVICES]!;
      const { status, body } = await order(imei, `getinfo ${number}`);
      if (status === 200) {
        accepted++;
      } else if (status === 404 && body.code === 'DEVICE_NOT_CONNECTED') {
        notConnected++;
      } else {
        wrong.push({ status, body });
      }
    };
    const load = (async () => {
      let dueAt = performance.now();
      const pending = new Set<Promise<void>>();
      for (let number = 0; restarting; number++) {
        if (number % COMMANDS_PER_SECOND === 0) {
          await untilPendingAtMost(MAX_PENDING);
        }
        dueAt = Math.max(dueAt + 1000 / COMMANDS_PER_SECOND, performance.now() - 1000);
        await delay(Math.max(0, dueAt - performance.now()));
        const one = give(number)
          .catch((error: unknown) => void wrong.push(error))
          .finally(() => pending.delete(one));
        pending.add(one);
      }
      await Promise.all(pending);
    })();
    for (const [index, backend] of backends.entries()) {
      expect(await gateways[index]!.stop()).toEqual({ code: 0, signal: null });
      gateways[index] = await startGateway(backend);
      await waitFor(async () => (await fetch(`${gateways[index]!.apiUrl}/readyz`)).status === 200, { what: 'it to be ready' });
      await allConnected(60_000);
    }
    restarting = false;
    await load;
    expect(wrong).toEqual([]);
    expect(accepted).toBeGreaterThan(COMMANDS_PER_SECOND);
    // Between two connections a device is not connected, which the answer says; that is less than half of the time.
    expect(notConnected).toBeLessThan(accepted);
    await untilNonePending();
    expect(await notCompleted()).toEqual([]);
    await requireNothingLost();
  });
});
