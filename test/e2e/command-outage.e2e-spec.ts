import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseServer } from '../faults/database-server.js';
import { commandBecomes, endOfCommand, getCommand, postCommand, roundTrip } from '../support/command-client.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';

const REPLY = 6;
const OUTPUT_IS_ON = 'DOUT1:1 Timeout:10s';
/** Longer than an instance may be without a heartbeat (three quarters of INSTANCE_DEAD_AFTER_SECONDS), and than the commands' time-out. */
const OUTAGE_MS = 6_000;
const SETTINGS = { INSTANCE_DEAD_AFTER_SECONDS: '4', IOT_COMMAND_TIMEOUT: '3', DATABASE_POOL_SIZE: '4' };
const PATIENCE_MS = 30_000;

let server: DatabaseServer;
let gateway: Gateway;
let serial = 0;

beforeAll(async () => {
  server = await DatabaseServer.start();
  gateway = await Gateway.start(server.url, SETTINGS);
});

afterAll(async () => {
  await gateway.kill();
  await server.stop();
});

function newImei(): string {
  return String(358_000_000_000_000 + serial++);
}

/** The database is unavailable for OUTAGE_MS; resolves when the gateway is ready again. */
async function outage(meanwhile: () => Promise<void>): Promise<void> {
  await server.shutDown();
  await meanwhile();
  // The subject is the time itself: longer than the heartbeat and the command may take.
  await delay(OUTAGE_MS);
  await server.startAgain();
  await waitFor(async () => (await fetch(`${gateway.apiUrl}/readyz`)).status === 200, {
    timeoutMs: PATIENCE_MS,
    what: 'the gateway to be ready',
  });
}

/** Logs in as soon as the gateway accepts it. */
async function logIn(imei: string): Promise<FakeDevice> {
  const devices: FakeDevice[] = [];
  await waitFor(async () => devices.push(await FakeDevice.logIn(gateway.devicePort, imei)), {
    timeoutMs: PATIENCE_MS,
    what: 'a login',
  });
  return devices[0]!;
}

async function keptReplies(): Promise<number> {
  const text = await (await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } })).text();
  return Number(/^iot_broker_replies_kept (\d+)$/m.exec(text)?.[1]);
}

describe('replies that arrive while the database is unavailable', () => {
  it('are stored afterwards, all of them, and no command is written again', async () => {
    const imei = newImei();
    let device = await FakeDevice.logIn(gateway.devicePort, imei);
    const output = await postCommand(gateway, imei, 'setdigout 1 10');
    const io = await postCommand(gateway, imei, 'getio');
    expect([await device.command(), await device.command()].sort()).toEqual(['getio', 'setdigout 1 10']);
    await outage(async () => {
      device.send(codec12Frame(REPLY, OUTPUT_IS_ON));
      device.send(codec12Frame(REPLY, 'DI1:1 DI2:0'));
      await waitFor(async () => (await keptReplies()) === 2, { timeoutMs: PATIENCE_MS, what: 'both replies to be kept' });
    });
    expect(await endOfCommand(gateway, output, PATIENCE_MS)).toMatchObject({
      status: 'COMPLETED',
      late: false,
      response: OUTPUT_IS_ON,
      attempts: 1,
    });
    expect(await endOfCommand(gateway, io, PATIENCE_MS)).toMatchObject({ status: 'COMPLETED', late: false, attempts: 1 });
    expect(device.pendingBytes).toBe(0);
    if (device.isClosed) {
      device = await logIn(imei);
    }
    await roundTrip(gateway, imei, device, PATIENCE_MS);
    expect(device.pendingBytes).toBe(0);
    device.close();
  });

  it('count also when their connection has closed meanwhile and the device logs in by another one', async () => {
    const imei = newImei();
    const device = await logIn(imei);
    const id = await postCommand(gateway, imei, 'setdigout 1 10', { timeoutSeconds: 60 });
    expect(await device.command()).toBe('setdigout 1 10');
    await outage(async () => {
      device.send(codec12Frame(REPLY, OUTPUT_IS_ON));
      await waitFor(async () => (await keptReplies()) === 1, { timeoutMs: PATIENCE_MS, what: 'the reply to be kept' });
      device.close();
    });
    const back = await logIn(imei);
    expect(await commandBecomes(gateway, id, { status: 'COMPLETED' }, PATIENCE_MS)).toMatchObject({
      response: OUTPUT_IS_ON,
      attempts: 1,
    });
    await roundTrip(gateway, imei, back, PATIENCE_MS);
    expect(back.pendingBytes).toBe(0);
    back.close();
  });

  it('are counted in the log when the gateway stops before the database is back', async () => {
    const imei = newImei();
    const device = await logIn(imei);
    const id = await postCommand(gateway, imei, 'setdigout 1 10', { timeoutSeconds: 60 });
    await device.command();
    await server.shutDown();
    device.send(codec12Frame(REPLY, OUTPUT_IS_ON));
    await waitFor(async () => (await keptReplies()) === 1, { timeoutMs: PATIENCE_MS, what: 'the reply to be kept' });
    const stopped = gateway.process.waitForLine(/1 messages of 1 devices could not be stored before the stop/);
    const end = gateway.stop();
    await stopped;
    await end;
    await server.startAgain();
    gateway = await Gateway.start(server.url, SETTINGS);
    // What the device knows is not lost: it is asked again, as if the answer had been lost on the network.
    expect(await getCommand(gateway, id)).toMatchObject({ status: 'PENDING', attempts: 1 });
    const back = await logIn(imei);
    expect(await back.command(PATIENCE_MS)).toBe('setdigout 1 10');
    back.send(codec12Frame(REPLY, 'DOUT1:Already set to 1'));
    expect(await endOfCommand(gateway, id)).toMatchObject({ status: 'COMPLETED', attempts: 2 });
    back.close();
  });
});
