import { Client } from 'pg';
import { FakeDevice } from '../support/fake-device.js';
import { Gateway } from '../support/gateway.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';
import { type EngineServer } from './support/engine-server.js';
import { saveMosquitto, startMosquitto } from './support/mosquitto.js';
import { isConnected, mqttMetric, mqttSettings } from './support/mqtt-gateway.js';
import { MqttHost, type MqttRequest } from './support/mqtt-host.js';

const TEXT = 'setdigout 1?';
const IMEI = '350642000000001';
/** A lease of 6 s, and a loaded machine. */
const TAKEOVER = { timeoutMs: 60_000, what: 'a gateway to be connected to the broker' };
/** Until the connection is closed: what is held back does not pass. */
const HELD_BACK_MS = 60_000;

let broker: EngineServer;
let database: TestDatabase;
let host: MqttHost;
let gateways: Gateway[];
let proxies: TcpProxy[];

beforeEach(async () => {
  [gateways, proxies] = [[], []];
  broker = await startMosquitto();
  database = await createTestDatabase();
  host = await MqttHost.connect(broker.port);
});

afterEach(async () => {
  await host.close();
  await Promise.all(gateways.map((gateway) => gateway.kill()));
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await database.drop();
  await broker.stop();
});

async function startGateway(settings: Record<string, string> = {}): Promise<Gateway> {
  const gateway = await Gateway.start(settings.DATABASE_URL ?? database.url, { ...mqttSettings(broker.port), ...settings });
  gateways.push(gateway);
  return gateway;
}

async function startConnected(settings: Record<string, string> = {}): Promise<Gateway> {
  const gateway = await startGateway(settings);
  await waitFor(() => isConnected(gateway), TAKEOVER);
  return gateway;
}

async function proxyTo(port: number): Promise<TcpProxy> {
  const proxy = await TcpProxy.to('127.0.0.1', port);
  proxies.push(proxy);
  return proxy;
}

/** A command that waits for a device that never comes. */
function sendQueued(imei: string, command: string): Promise<MqttRequest> {
  return host.send(imei, { command, mode: 'queue' });
}

async function commandsOf(imei: string): Promise<string[]> {
  const rows = await database.query<{ command: string }>(
    'select command from tbl_iot_command_logs where imei = $1 order by command_log_id',
    [imei],
  );
  return rows.map(({ command }) => command);
}

/** Both wait for a device; a text is different from the others, so that none replaces an older one. */
function texts(count: number): string[] {
  return Array.from({ length: count }, (_each, index) => `getparam ${1000 + index}`);
}

describe('a command at the MQTT broker', () => {
  it('is stored when its gateway was killed after it had received it, and before it could store it', async () => {
    const gateway = await startConnected();
    const blocker = new Client(database.url);
    await blocker.connect();
    await blocker.query('begin; lock table tbl_iot_command_logs in exclusive mode');
    const request = await sendQueued(IMEI, TEXT);
    await waitFor(async () => (await mqttMetric(gateway, 'unacknowledged')) === 1, { what: 'the gateway to have the message' });
    await gateway.kill();
    await blocker.query('rollback');
    await blocker.end();
    expect([await commandsOf(IMEI), host.answersTo(request.correlation)]).toEqual([[], []]);

    await startConnected();
    expect(await host.answerTo(request)).toMatchObject({ status: 202, body: { status: 'PENDING' } });
    expect(await commandsOf(IMEI)).toEqual([TEXT]);
  });

  it('is stored once when its gateway was killed after it had stored it, and before the broker knew', async () => {
    const link = await proxyTo(broker.port);
    const gateway = await startConnected(mqttSettings(link.port));
    link.slowDown((_bytes, direction) => (direction === 'to-target' ? HELD_BACK_MS : 0));
    const request = await sendQueued(IMEI, TEXT);
    await waitFor(async () => (await commandsOf(IMEI)).length === 1, { what: 'the command to be stored' });
    await gateway.kill();
    await link.close();
    expect(host.answersTo(request.correlation)).toEqual([]);

    const next = await startConnected();
    expect(await host.answerTo(request)).toMatchObject({ status: 202, body: { success: true } });
    expect(await commandsOf(IMEI)).toEqual([TEXT]);
    await waitFor(async () => (await mqttMetric(next, 'unacknowledged')) === 0, { what: 'the message to be acknowledged' });
    // Acknowledged: a further gateway does not receive it.
    expect((await next.stop()).code).toBe(0);
    const last = await startConnected();
    expect(await host.answerTo(await sendQueued(IMEI, 'getver'))).toMatchObject({ status: 202 });
    expect(await mqttMetric(last, 'received_total')).toBe(1);
  });

  it('waits while no gateway runs, and is then taken in its order', async () => {
    const first = await startConnected();
    expect((await first.stop()).code).toBe(0);
    const requests: MqttRequest[] = [];
    for (const text of texts(30)) {
      requests.push(await sendQueued(IMEI, text));
    }
    await saveMosquitto(broker);
    await broker.restart();
    await startConnected();
    await Promise.all(requests.map((request) => host.answerTo(request)));
    expect(await commandsOf(IMEI)).toEqual(texts(30));
  });

  it('is not repeated at a connection when it was retained', async () => {
    const first = await startConnected();
    const answer = await host.ask(IMEI, { command: TEXT, mode: 'queue' }, { retain: true });
    expect(answer.status).toBe(202);
    await first.stop();
    const second = await startConnected();
    expect(await host.answerTo(await sendQueued(IMEI, 'getver'))).toMatchObject({ status: 202 });
    expect(await mqttMetric(second, 'received_total')).toBe(1);
  });

  it('is taken by one of two gateways, and by the other one when that is killed', async () => {
    const pair = [await startConnected(), await startGateway()];
    const imeis = Array.from({ length: 8 }, (_each, index) => String(350_642_000_000_100 + index));
    const requests: MqttRequest[] = [];
    const publish = async (from: number, to: number): Promise<void> => {
      for (const text of texts(to).slice(from)) {
        requests.push(...(await Promise.all(imeis.map((imei) => sendQueued(imei, text)))));
      }
    };
    await publish(0, 12);
    expect(await Promise.all(pair.map(isConnected))).toEqual([true, false]);
    const publishing = publish(12, 24);
    await pair[0]!.kill();
    await publishing;
    await waitFor(() => isConnected(pair[1]!), TAKEOVER);
    await Promise.all(requests.map((request) => host.answerTo(request)));
    for (const imei of imeis) {
      expect(await commandsOf(imei)).toEqual(texts(24));
    }
  });

  it('is taken by the other gateway at once when one stops', async () => {
    const first = await startConnected();
    const second = await startGateway();
    const since = performance.now();
    const requests = await Promise.all(texts(20).map((text) => sendQueued(IMEI, text)));
    expect((await first.stop()).code).toBe(0);
    await waitFor(() => isConnected(second), TAKEOVER);
    await Promise.all(requests.map((request) => host.answerTo(request)));
    expect((await commandsOf(IMEI)).sort()).toEqual(texts(20));
    expect(performance.now() - since).toBeLessThan(TAKEOVER.timeoutMs);
  });

  it('is taken after the broker was killed and started', async () => {
    const gateway = await startConnected();
    const device = await FakeDevice.logIn(gateway.devicePort, IMEI);
    await broker.kill();
    await waitFor(async () => (await mqttMetric(gateway, 'connected')) === 0, { what: 'the gateway to lose the broker' });
    await waitFor(async () => (await mqttMetric(gateway, 'connection_failures_total'))! > 1, { what: 'further attempts' });
    expect((await fetch(`${gateway.apiUrl}/readyz`)).status).toBe(200);
    await broker.start();
    await waitFor(() => isConnected(gateway), TAKEOVER);
    expect(await host.ask(IMEI, { command: TEXT })).toMatchObject({ status: 200, body: { message: 'Command sent' } });
    expect(await device.command()).toBe(TEXT);
    expect(gateway.process.lines.filter((line) => line.includes('MQTT broker for commands was lost'))).toHaveLength(1);
    device.close();
  });

  it('is kept and stored once while the database is not available', async () => {
    const { port } = new URL(database.url);
    const link = await proxyTo(Number(port));
    const url = new URL(database.url);
    url.port = String(link.port);
    const gateway = await startConnected({ DATABASE_URL: url.href });
    link.retarget(1);
    link.reset();
    const requests = await Promise.all(texts(5).map((text) => sendQueued(IMEI, text)));
    await waitFor(async () => (await mqttMetric(gateway, 'storing_failures_total'))! > 0, {
      what: 'an attempt to store a command',
    });
    expect(requests.flatMap(({ correlation }) => host.answersTo(correlation))).toEqual([]);
    link.retarget(Number(port));
    await Promise.all(requests.map((request) => host.answerTo(request, 0, TAKEOVER.timeoutMs)));
    expect(await commandsOf(IMEI)).toEqual(texts(5));
  });
});
