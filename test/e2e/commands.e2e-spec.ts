import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command } from '../../client/src/index.js';
import { type CommandOptions, endOfCommand, getCommand, postCommand } from '../support/command-client.js';
import { SimulatedDevice } from '../../src/simulator/device/simulated-device.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, codec13Frame, codec14Frame, frame, recordsFrame, uint } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';

const REPLY = 6;
const NACK = 0x11;
/** Of the simulated device with index 7: found by trying. */
const DROPS_FIRST_REPLY_ONLY = 5;

let database: TestDatabase;
let gateway: Gateway;
let serial = 0;
const simulated: SimulatedDevice[] = [];

interface EventRow {
  type: string;
  sequence: string;
  body: { command_log_id?: string; command?: string; reason?: string; response?: string; metadata?: unknown; text?: string };
}

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url, {
    EVENT_FEED_ENABLED: 'true',
    WEBHOOK_EVENTS: 'command.completed,command.failed,command.retried,device.message',
    IOT_COMMAND_TIMEOUT: '1',
    DEFAULT_MAX_IOT_COMMAND_RETRY: '3',
  });
});

afterAll(async () => {
  await Promise.all(simulated.map((device) => device.stop()));
  await gateway.stop();
  await database.drop();
});

function newImei(): string {
  return String(353_000_000_000_000 + serial++);
}

/** A simulated TFT100, connected. */
async function ride(options: Partial<ConstructorParameters<typeof SimulatedDevice>[0]> = {}): Promise<SimulatedDevice> {
  const device = new SimulatedDevice({
    port: gateway.devicePort,
    index: serial++,
    imeiBase: '354000000000000',
    intervalMs: 1_000,
    recordsPerFrame: 1,
    ...options,
  });
  simulated.push(device);
  device.start();
  await waitFor(() => device.isConnected, { what: 'the device to log in' });
  return device;
}

async function order(imei: string, command: string, extra: CommandOptions = {}): Promise<string> {
  const answer = await gateway.client.commands.send({ imei, command, ...extra });
  expect(answer).toMatchObject({ success: true, message: 'Command sent' });
  return answer.commandLogId;
}

const look = (id: string): Promise<Command> => getCommand(gateway, id);
const ended = (id: string, timeoutMs?: number): Promise<Command> => endOfCommand(gateway, id, timeoutMs);

async function events(imei: string): Promise<EventRow[]> {
  return database.query<EventRow>('select type, sequence, body from tbl_iot_events where imei = $1 order by sequence', [imei]);
}

async function typesOfEvents(imei: string): Promise<string[]> {
  return (await events(imei)).map(({ type }) => type);
}

describe('scenario A: the device is half-open', () => {
  it('stays pending, is written again as often as allowed, and ends as unconfirmed', async () => {
    const imei = newImei();
    const silent = await FakeDevice.logIn(gateway.devicePort, imei);
    const id = await order(imei, 'setdigout 1?', { metadata: { job: 'A' } });
    expect(await look(id)).toMatchObject({ status: 'PENDING' });
    const writes: string[] = [];
    for (let write = 0; write < 4; write++) {
      writes.push(await silent.command());
    }
    expect(await ended(id)).toMatchObject({ status: 'FAILED', reason: 'unconfirmed', attempts: 4, response: null });
    expect(writes).toEqual(Array.from({ length: 4 }, () => 'setdigout 1?'));
    expect(silent.pendingBytes).toBe(0);
    const { attempts } = await gateway.client.commands.get(id);
    expect(attempts.map(({ result }) => result)).toEqual(['timeout', 'timeout', 'timeout', 'timeout']);
    const [row] = await database.query('select retry, status, metadata from tbl_iot_command_logs where command_log_id = $1', [
      id,
    ]);
    expect(row).toEqual({ retry: 3, status: 'FAILED', metadata: { job: 'A' } });
    expect(await typesOfEvents(imei)).toEqual(['command.retried', 'command.retried', 'command.retried', 'command.failed']);
    expect((await events(imei)).at(-1)?.body).toMatchObject({
      command_log_id: id,
      reason: 'unconfirmed',
      metadata: { job: 'A' },
    });
    silent.close();
  });

  it('completes it also when the reply comes after its failure was reported, and reports that too', async () => {
    const imei = newImei();
    const slow = await FakeDevice.logIn(gateway.devicePort, imei);
    const id = await order(imei, 'getver', { maxRetry: 0 });
    expect(await slow.command()).toBe('getver');
    expect(await ended(id)).toMatchObject({ status: 'FAILED', reason: 'unconfirmed', attempts: 1 });
    slow.send(codec12Frame(REPLY, `Ver:02.00.01_06 GPS:AXN_3.80 Hw:TFT100 Mod:1 IMEI:${imei} Init: 2026-1-1 5:54`));
    await waitFor(async () => (await look(id)).status === 'COMPLETED', { what: 'the late reply to complete it' });
    expect(await look(id)).toMatchObject({ status: 'COMPLETED', reason: null, late: true });
    expect(await typesOfEvents(imei)).toEqual(['command.failed', 'command.completed']);
    slow.close();
  });
});

describe('scenario C: many commands at once', () => {
  it('the same one five times in a row: four are superseded, the newest completes, one confirmation', async () => {
    const device = await ride();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => gateway.client.commands.send({ imei: device.imei, command: 'setdigout 1?' })),
    );
    const ids = answers.map(({ commandLogId }) => commandLogId).sort((a, b) => Number(a) - Number(b));
    const commands = await Promise.all(ids.map((id) => ended(id)));
    // One that was answered before the next was ordered had no rival: everything else made way for a newer one.
    expect(commands.at(-1)).toMatchObject({ status: 'COMPLETED' });
    for (const command of commands.slice(0, -1)) {
      expect([command.status, command.reason]).toEqual(
        command.status === 'COMPLETED' ? ['COMPLETED', null] : ['FAILED', 'superseded'],
      );
    }
    const confirmed = commands.filter(({ status }) => status === 'COMPLETED').length;
    expect((await typesOfEvents(device.imei)).filter((type) => type === 'command.completed')).toHaveLength(confirmed);
    expect(await typesOfEvents(device.imei)).not.toContain('command.failed');
  });

  it('the same one five times before the device answers: exactly four are superseded', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const ids: string[] = [];
    for (let time = 0; time < 5; time++) {
      ids.push(await order(imei, 'setdigout 1?', { timeoutSeconds: 30 }));
    }
    const newest = ids.pop() ?? '';
    const older = await Promise.all(ids.map((id) => ended(id)));
    expect(older.map(({ reason }) => reason)).toEqual(['superseded', 'superseded', 'superseded', 'superseded']);
    await waitFor(async () => (await look(newest)).attempts === 1, { what: 'the newest to be written' });
    device.send(codec12Frame(REPLY, 'DOUT1:1 Timeout:INFINITY'));
    expect(await ended(newest)).toMatchObject({ status: 'COMPLETED', response: 'DOUT1:1 Timeout:INFINITY' });
    // The answers to the older writes come too; they belong to no command any more.
    device.send(codec12Frame(REPLY, 'DOUT1:Already set to 1'));
    await waitFor(async () => (await typesOfEvents(imei)).includes('device.message'), { what: 'the answer that is left over' });
    expect(await typesOfEvents(imei)).toEqual(['command.completed', 'device.message']);
    device.close();
  });

  it('different ones run side by side, and each is completed by its own reply, in whatever order the replies come', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const replies: Record<string, string> = {
      getio: 'DI1:1 DI2:0 DI3:0 AIN1:0 AIN2:16924 DO1:0 DO2:1',
      getgps: 'GPS:1 Sat:7 Lat:54.71473 Long:25.30304 Alt:147 Speed:0 Dir:77 Date: 2007/8/24 Time: 13:4:36',
      'setdigout ?0': 'DOUT1:IGNORED DOUT2:0 Timeout:INFINITY',
      'readio 21': 'Param ID:21 Value:4',
    };
    const ids = await Promise.all(Object.keys(replies).map((command) => order(imei, command, { timeoutSeconds: 30 })));
    const received: string[] = [];
    while (received.length < ids.length) {
      received.push(await device.command());
    }
    expect(received.sort()).toEqual(Object.keys(replies).sort());
    for (const command of Object.keys(replies).reverse()) {
      device.send(codec12Frame(REPLY, replies[command] ?? ''));
    }
    const commands = await Promise.all(ids.map((id) => ended(id)));
    expect(commands.map(({ response }) => response)).toEqual(Object.values(replies));
    device.close();
  });

  it('those whose replies look alike wait for each other', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const first = await order(imei, 'readio 21', { timeoutSeconds: 30 });
    const second = await order(imei, 'readio 66', { timeoutSeconds: 30 });
    expect(await device.command()).toBe('readio 21');
    expect(await look(second)).toMatchObject({ status: 'PENDING', attempts: 0 });
    device.send(codec12Frame(REPLY, 'Param ID:21 Value:4'));
    expect(await device.command()).toBe('readio 66');
    expect(await look(first)).toMatchObject({ status: 'COMPLETED', response: 'Param ID:21 Value:4' });
    device.send(codec12Frame(REPLY, 'Param ID:66 Value:12000'));
    expect(await ended(second)).toMatchObject({ response: 'Param ID:66 Value:12000' });
    device.close();
  });

  it('raw ones go one after the other, oldest first, each completed by the next words', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const ids: string[] = [];
    for (const command of ['custom one', 'custom two', 'custom three']) {
      ids.push(await order(imei, command, { timeoutSeconds: 30 }));
    }
    for (const command of ['custom one', 'custom two', 'custom three']) {
      expect(await device.command()).toBe(command);
      device.send(codec12Frame(REPLY, `done: ${command}`));
    }
    const commands = await Promise.all(ids.map((id) => ended(id)));
    expect(commands.map(({ response }) => response)).toEqual(['done: custom one', 'done: custom two', 'done: custom three']);
    device.close();
  });
});

describe('scenario D: executed, then the link drops before the reply', () => {
  it('is sent again after the reconnect, and "Already set to 1" completes it: one confirmation', async () => {
    // With this seed the first reply is lost together with the link, and the second one is not.
    const device = await ride({
      index: 7,
      imeiBase: '355000000000000',
      faults: { dropReply: 0.5 },
      seed: DROPS_FIRST_REPLY_ONLY,
      reconnectMinuteMs: 50,
    });
    const id = await order(device.imei, 'setdigout 1?', { timeoutSeconds: 30, metadata: { job: 'D' } });
    expect(await ended(id)).toMatchObject({ status: 'COMPLETED', attempts: 2, metadata: { job: 'D' } });
    expect((await look(id)).response).toContain('Already set to 1');
    expect(device.executedCommands.map(({ text, wasAnswered }) => [text, wasAnswered])).toEqual([
      ['setdigout 1?', false],
      ['setdigout 1?', true],
    ]);
    expect(await typesOfEvents(device.imei)).toEqual(['command.retried', 'command.completed']);
  });
});

describe('the life of a command', () => {
  it('that can not be sent: 404 when live, waiting when queued, sent at the next login', async () => {
    const imei = newImei();
    expect(await gateway.post('command', { imei, command: 'getio' })).toEqual({
      status: 404,
      body: { success: false, error: 'Device not connected', code: 'DEVICE_NOT_CONNECTED' },
    });
    const queued = await gateway.post<{ commandLogId: string; message: string }>('command', {
      imei,
      command: 'getio',
      mode: 'queue',
      ttlSeconds: 600,
    });
    expect(queued).toMatchObject({ status: 202, body: { success: true, message: 'Command queued', status: 'PENDING' } });
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    expect(await device.command()).toBe('getio');
    device.send(codec12Frame(REPLY, 'DI1:1 DI2:0'));
    expect(await ended(queued.body.commandLogId)).toMatchObject({ status: 'COMPLETED' });
    device.close();
  });

  it('that waited in vain ends as expired: no byte was ever written', async () => {
    const imei = newImei();
    const id = await postCommand(gateway, imei, 'getio', { mode: 'queue', ttlSeconds: 1 });
    expect(await ended(id)).toMatchObject({ status: 'FAILED', reason: 'expired', attempts: 0 });
    expect((await events(imei)).map(({ type, body: event }) => [type, event.reason])).toEqual([['command.failed', 'expired']]);
  });

  it('may be cancelled before it was written, and not after', async () => {
    const imei = newImei();
    const { body } = await gateway.post<{ commandLogId: string }>('command', { imei, command: 'getio', mode: 'queue' });
    expect(await gateway.post(`commands/${body.commandLogId}/cancel`, {})).toMatchObject({
      status: 200,
      body: { command: { status: 'FAILED', reason: 'cancelled' } },
    });
    expect(await gateway.post(`commands/${body.commandLogId}/cancel`, {})).toMatchObject({
      status: 409,
      body: { success: false, code: 'NOT_CANCELLABLE' },
    });
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const written = await order(imei, 'getver', { timeoutSeconds: 30 });
    expect(await device.command()).toBe('getver');
    expect(await gateway.post(`commands/${written}/cancel`, {})).toMatchObject({
      status: 409,
      body: { code: 'NOT_CANCELLABLE' },
    });
    expect(await gateway.post('commands/999999999/cancel', {})).toMatchObject({
      status: 404,
      body: { code: 'COMMAND_NOT_FOUND' },
    });
    device.close();
  });

  it('that the device refuses ends as rejected, with its words', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const id = await order(imei, 'setdigout 1?', { timeoutSeconds: 30 });
    await device.command();
    device.send(codec12Frame(REPLY, 'DOUT is disabled from CFG'));
    expect(await ended(id)).toMatchObject({ status: 'FAILED', reason: 'rejected', response: 'DOUT is disabled from CFG' });
    device.close();
  });

  it('that is silent is written once, holds no slot, and ends unconfirmed', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const silent = await order(imei, 'cpureset');
    const other = await order(imei, 'custom', { timeoutSeconds: 30 });
    expect([await device.command(), await device.command()]).toEqual(['cpureset', 'custom']);
    expect(await ended(silent)).toMatchObject({ status: 'FAILED', reason: 'unconfirmed', attempts: 1 });
    expect(await look(other)).toMatchObject({ status: 'PENDING', attempts: 1 });
    expect(device.pendingBytes).toBe(0);
    device.close();
  });

  it('gives its slot to the next one of its shape when it times out, and is written again after it', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const first = await order(imei, 'readio 21', { timeoutSeconds: 1 });
    const second = await order(imei, 'readio 66', { timeoutSeconds: 30 });
    expect([await device.command(), await device.command()]).toEqual(['readio 21', 'readio 66']);
    device.send(codec12Frame(REPLY, 'Param ID:66 Value:1'));
    expect(await ended(second)).toMatchObject({ status: 'COMPLETED' });
    expect(await device.command()).toBe('readio 21');
    device.send(codec12Frame(REPLY, 'Param ID:21 Value:1'));
    expect(await ended(first)).toMatchObject({ status: 'COMPLETED', attempts: 2 });
    device.close();
  });

  it('may be sent in codec 14, and a nACK rejects it', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const good = await order(imei, 'getio', { codec: 14, timeoutSeconds: 30 });
    expect(await device.command()).toBe('getio');
    device.send(codec12Frame(REPLY, 'DI1:1 DI2:0'));
    device.send(codec14Frame(REPLY, imei, 'DI1:0 DI2:0'));
    expect(await ended(good)).toMatchObject({ status: 'COMPLETED', response: 'DI1:0 DI2:0' });
    const refused = await order(imei, 'getver', { codec: 14, timeoutSeconds: 30 });
    await device.command();
    device.send(codec14Frame(NACK, '352093081452468', ''));
    expect(await ended(refused)).toMatchObject({ status: 'FAILED', reason: 'rejected' });
    device.close();
  });

  it('is written between frames only: never before the acknowledgement of a frame that has begun', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    for (let round = 0; round < 10; round++) {
      const bytes = recordsFrame([{ timestampMs: Date.now() + round }]);
      device.send(bytes.subarray(0, 20));
      const id = await order(imei, `custom ${round}`, { timeoutSeconds: 30 });
      device.send(bytes.subarray(20));
      expect(await device.acknowledgement()).toBe(1);
      expect(await device.command()).toBe(`custom ${round}`);
      device.send(codec12Frame(REPLY, 'ok'));
      await ended(id);
    }
    device.close();
  });

  it('is not claimed while a device is stuck in half a frame: it expires, and is not written after that', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const bytes = recordsFrame([{}]);
    device.send(bytes.subarray(0, 12));
    const stats = async (): Promise<number> => (await gateway.stats('transport')).bytesReceived ?? 0;
    const before = await stats();
    device.send(bytes.subarray(12, 20));
    await waitFor(async () => (await stats()) > before, { what: 'half a frame to arrive' });
    const id = await order(imei, 'setdigout 1?', { maxRetry: 1 });
    expect(await ended(id)).toMatchObject({ status: 'FAILED', reason: 'expired', attempts: 0 });
    device.send(bytes.subarray(20));
    expect(await device.acknowledgement()).toBe(1);
    const next = await order(imei, 'getver', { timeoutSeconds: 30 });
    expect(await device.command()).toBe('getver');
    expect((await look(next)).attempts).toBe(1);
    device.close();
  });

  it('is not reported as retried when its connection was closed by the gateway, over and over', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const id = await order(imei, 'getio', { maxRetry: 1 });
    await device.command();
    device.socket.removeAllListeners('end');
    device.send(Buffer.from('ff00ee', 'hex'));
    expect(await ended(id)).toMatchObject({ status: 'FAILED', reason: 'unconfirmed', attempts: 1 });
    expect(await typesOfEvents(imei)).toEqual(['command.failed']);
    device.close();
  });

  it('survives a kill -9 of the gateway: what was written is written again or confirmed, never called expired', async () => {
    const own = await createTestDatabase();
    let first = await Gateway.start(own.url, { IOT_COMMAND_TIMEOUT: '60' });
    const imei = newImei();
    const device = await FakeDevice.logIn(first.devicePort, imei);
    const { body } = await first.post<{ commandLogId: string }>('command', { imei, command: 'setdigout 1?' });
    expect(await device.command()).toBe('setdigout 1?');
    await first.kill();
    first = await Gateway.start(own.url, { IOT_COMMAND_TIMEOUT: '60' });
    const back = await FakeDevice.logIn(first.devicePort, imei);
    expect(await back.command()).toBe('setdigout 1?');
    back.send(codec12Frame(REPLY, 'DOUT1:Already set to 1'));
    await waitFor(async () => (await getCommand(first, body.commandLogId)).status === 'COMPLETED', { what: 'completion' });
    back.close();
    await first.stop();
    await own.drop();
  });
});

describe('bad input', () => {
  const IMEI = '353999999999999';
  const base = { imei: IMEI, command: 'getio', mode: 'queue' };

  it.each<[string, unknown, number, string]>([
    ['an unknown field', { ...base, colour: 'blue' }, 400, 'colour is not a parameter or field of this request'],
    ['161 characters', { ...base, command: 'x'.repeat(161) }, 400, '160'],
    ['a control character', { ...base, command: 'getio\r\n' }, 400, 'command'],
    ['a letter that is not ASCII', { ...base, command: 'gétio' }, 400, 'ASCII'],
    ['nothing', { ...base, command: '' }, 400, 'command'],
    ['a number as command', { ...base, command: 7 }, 400, 'command must be text'],
    ['an IMEI of 16 digits', { ...base, imei: `${IMEI}0` }, 400, 'imei must be 15 digits'],
    ['an unknown mode', { ...base, mode: 'maybe' }, 400, 'mode must be live or queue'],
    ['a ttl of 0', { ...base, ttlSeconds: 0 }, 400, 'ttlSeconds must be at least 1'],
    ['a ttl of more than 30 days', { ...base, ttlSeconds: 2_592_001 }, 400, 'ttlSeconds must be at most 2592000'],
    ['half a retry', { ...base, maxRetry: 0.5 }, 400, 'maxRetry must be a whole number'],
    ['codec 13', { ...base, codec: 13 }, 400, 'codec must be 12 or 14'],
    ['no JSON', '{"imei":', 400, ''],
    [
      'a body nested 501 levels deep',
      `{"imei":"${IMEI}","command":"getio","mode":"queue","metadata":${'['.repeat(500)}${']'.repeat(500)}}`,
      400,
      'The body is nested deeper than 500 levels',
    ],
    [
      'a body nested 100,000 levels deep',
      `{"imei":"${IMEI}","command":"getio","mode":"queue","metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      400,
      'nested',
    ],
    ['metadata of 1 MB', { ...base, metadata: 'x'.repeat(1_048_576) }, 413, ''],
  ])('%s is refused with the reason', async (_name, body, status, reason) => {
    const answer = await gateway.post<{ success: boolean; error: string; code: string }>('command', body);
    expect([answer.status, answer.body.success, typeof answer.body.code]).toEqual([status, false, 'string']);
    expect(answer.body.error).toContain(reason);
  });

  it('takes 160 characters, and metadata of any kind exactly as it was passed', async () => {
    const imei = newImei();
    const deepest = JSON.parse(`${'['.repeat(499)}${']'.repeat(499)}`) as unknown;
    for (const metadata of [null, 0, 'text', deepest, [1, { deep: [true] }], { ключ: '☃', nested: { a: [] } }]) {
      const { status, body } = await gateway.post<{ commandLogId: string }>('command', {
        imei,
        command: `x`.repeat(160),
        mode: 'queue',
        metadata,
      });
      expect(status).toBe(202);
      expect((await look(body.commandLogId)).metadata).toEqual(metadata);
    }
  });

  it('gives metadata back to the last digit, also what JavaScript could not hold', async () => {
    const imei = newImei();
    const metadata = '{"job": 12345678901234567890, "price": 1.0, "2": "b", "1": "a", "text": "\\u00e9 $& ☃"}';
    const { status, body } = await gateway.post<{ commandLogId: string }>(
      'command',
      `{"imei":"${imei}","command":"getio","mode":"queue", "metadata" : ${metadata} }`,
    );
    expect(status).toBe(202);
    await gateway.post(`commands/${body.commandLogId}/cancel`, {});
    const headers = { 'x-api-key': API_KEY };
    for (const path of [`commands/${body.commandLogId}`, `commands?imei=${imei}`]) {
      const text = await (await fetch(`${gateway.apiUrl}/api/v1/${path}`, { headers })).text();
      expect(text).toContain(`"metadata":${metadata}`);
    }
    const rows = await database.query<{ body: string }>('select body::text as body from tbl_iot_events where imei = $1', [imei]);
    expect(rows[0]?.body).toContain(`"metadata":${metadata}`);
  });

  it('takes null for "not given"', async () => {
    const nothing = { mode: null, ttlSeconds: null, maxRetry: null, codec: null, timeoutSeconds: null };
    expect(await gateway.post('command', { imei: newImei(), command: 'getio', ...nothing })).toMatchObject({ status: 404 });
    expect((await gateway.post('command', { imei: newImei(), command: 'getio', ...nothing, mode: 'queue' })).status).toBe(202);
  });

  it('refuses the 51st open command of a device, and takes it when one has ended', async () => {
    const imei = newImei();
    const ids: string[] = [];
    for (let index = 0; index < 50; index++) {
      const { status, body } = await gateway.post<{ commandLogId: string }>('command', {
        imei,
        command: `custom ${index}`,
        mode: 'queue',
      });
      expect(status).toBe(202);
      ids.push(body.commandLogId);
    }
    expect(await gateway.post('command', { imei, command: 'one more', mode: 'queue' })).toMatchObject({
      status: 429,
      body: { success: false, code: 'TOO_MANY_OPEN_COMMANDS' },
    });
    await gateway.post(`commands/${ids[7]}/cancel`, {});
    expect((await gateway.post('command', { imei, command: 'one more', mode: 'queue' })).status).toBe(202);
  });

  it('gives the same command for the same Idempotency-Key and body, and 409 for another body', async () => {
    const imei = newImei();
    const headers = { 'idempotency-key': `key-${imei}` };
    const body = { imei, command: 'getio', mode: 'queue', metadata: { n: 1 } };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => gateway.post<{ commandLogId: string }>('command', body, headers)),
    );
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.body.commandLogId}`)).size).toBe(1);
    expect(await gateway.post('command', { ...body, command: 'getver' }, headers)).toMatchObject({
      status: 409,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    expect(await gateway.post('command', { ...body, imei: newImei() }, headers)).toMatchObject({ status: 409 });
  });

  it('takes requests that say the same in other words for the same, and others for others', async () => {
    const imei = newImei();
    const headers = { 'idempotency-key': `words-${imei}` };
    const ask = async (body: string): Promise<unknown> => {
      const answer = await gateway.post<{ commandLogId?: string }>('command', body, headers);
      return answer.status === 409 ? 409 : answer.body.commandLogId;
    };
    const first = await ask(`{"imei":"${imei}","command":"getio","mode":"queue","metadata":{"a":{"x":1,"y":9007199254740993}}}`);
    expect(first).toMatch(/^\d+$/);
    for (const same of [
      `{ "metadata": {"a": {"y":9007199254740993, "x":1.0} },\n "mode":"queue","command":"getio","imei":"${imei}" }`,
      `{"imei":"${imei}","command":"get\\u0069o","mode":"queue","codec":null,"ttlSeconds":null,"metadata":{"a":{"x":1,"y":9007199254740993}}}`,
    ]) {
      expect([same, await ask(same)]).toEqual([same, first]);
    }
    for (const other of [
      `{"imei":"${imei}","command":"getio","mode":"queue","metadata":{"a":{"x":1,"y":9007199254740992}}}`,
      `{"imei":"${imei}","command":"getio","mode":"queue","metadata":{"a":{"x":1,"y":9007199254740993,"z":null}}}`,
      `{"imei":"${imei}","command":"getio","mode":"queue"}`,
      `{"imei":"${imei}","command":"getio","mode":"queue","ttlSeconds":60,"metadata":{"a":{"x":1,"y":9007199254740993}}}`,
    ]) {
      expect([other, await ask(other)]).toEqual([other, 409]);
    }
  });

  it('keeps the Idempotency-Keys of each API key apart', async () => {
    const [one, two] = [newImei(), newImei()];
    const { body: made } = await gateway.post<{ secret: string }>('keys', { name: `app-${one}`, scopes: ['command'] });
    const ask = (imei: string, key: Record<string, string>) =>
      gateway.post<{ commandLogId: string }>(
        'command',
        { imei, command: 'getio', mode: 'queue' },
        { 'idempotency-key': 'mine', ...key },
      );
    const first = await ask(one, {});
    const second = await ask(two, { 'x-api-key': made.secret });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.commandLogId).not.toBe(first.body.commandLogId);
    expect((await ask(one, {})).body.commandLogId).toBe(first.body.commandLogId);
    expect((await ask(two, { 'x-api-key': made.secret })).body.commandLogId).toBe(second.body.commandLogId);
    expect((await ask(one, { 'x-api-key': made.secret })).status).toBe(409);
  });

  it('forgets an Idempotency-Key after 24 hours, and not before', async () => {
    const imei = newImei();
    const ask = async (command: string): Promise<string | number> => {
      const answer = await gateway.post<{ commandLogId: string }>(
        'command',
        { imei, command, mode: 'queue' },
        { 'idempotency-key': `day-${imei}` },
      );
      return answer.status === 409 ? 409 : answer.body.commandLogId;
    };
    const age = (interval: string): Promise<unknown> =>
      database.query(`update tbl_iot_command_logs set created_at = now() - $2::interval where imei = $1`, [imei, interval]);
    const first = await ask('getio');
    await age('23 hours 59 minutes');
    expect(await ask('getio')).toBe(first);
    expect(await ask('getver')).toBe(409);
    await age('24 hours');
    const second = await ask('getver');
    expect(second).not.toBe(409);
    expect(second).not.toBe(first);
    expect(await ask('getver')).toBe(second);
    expect(await ask('getio')).toBe(409);
  });
});

describe('what devices say unasked', () => {
  /** A text while no command is open: from then on, unknown words are not taken for the answer to a command. */
  async function forwardSerialData(device: FakeDevice, imei: string): Promise<void> {
    device.send(codec12Frame(REPLY, 'temperature 21.4'));
    await waitFor(async () => (await events(imei)).length === 1, { what: 'the first message' });
  }

  it('is kept, listed newest first, and reported to the host', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    device.send(codec12Frame(REPLY, 'serial line one\r\n'));
    device.send(codec13Frame(1_692_938_881, 'hello\0world'));
    const messages = await waitFor(
      async () => {
        const all = await gateway.client.devices.messages(imei).all();
        return all.length === 2 ? all : null;
      },
      { what: 'both messages' },
    );
    expect(messages).toMatchObject([
      {
        codec: 13,
        messageType: 6,
        deviceTime: '2023-08-25T04:48:01.000Z',
        text: 'hello\uFFFDworld',
        payloadHex: Buffer.from('hello\0world').toString('hex'),
      },
      { codec: 12, messageType: 6, deviceTime: null, text: 'serial line one' },
    ]);
    expect((await events(imei)).map(({ type, sequence, body }) => [type, sequence, body.text])).toEqual([
      ['device.message', '1', 'serial line one'],
      ['device.message', '2', 'hello\uFFFDworld'],
    ]);
    const pages = gateway.client.devices.messages(imei, { limit: 1 });
    const first = await pages.page();
    expect(first.items).toHaveLength(1);
    expect(await pages.page(first.nextCursor ?? '')).toMatchObject({ items: [messages[1]], nextCursor: null });
    device.close();
  });

  it('is every text of a frame with several, each on its own: one answers a command, the others are messages', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    await forwardSerialData(device, imei);
    const id = await order(imei, 'getio', { timeoutSeconds: 30 });
    await device.command();
    const texts = ['serial line one', 'DI1:1 DI2:0 DI3:0 DI4:0 AIN1:0 AIN2:0 DO1:0 DO2:0', 'serial line two'];
    const messages = texts.map((text) => Buffer.concat([uint(REPLY, 1), uint(text.length, 4), Buffer.from(text)]));
    device.send(frame(Buffer.concat([Buffer.of(0x0c, 3), ...messages, Buffer.of(3)])));
    await waitFor(async () => (await events(imei)).length === 4, { what: 'all three' });
    expect(await look(id)).toMatchObject({ status: 'COMPLETED', response: texts[1] });
    const after = (await events(imei)).slice(1);
    expect(after.map(({ type, body }) => [type, body.text ?? body.response])).toEqual([
      ['device.message', texts[0]],
      ['command.completed', texts[1]],
      ['device.message', texts[2]],
    ]);
    device.close();
  });

  it('does not complete a command it does not fit, nor count as an answer to it, when the device forwards its serial port', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    await forwardSerialData(device, imei);
    const id = await order(imei, 'getio', { timeoutSeconds: 30 });
    await device.command();
    device.send(codec12Frame(REPLY, 'temperature 21.5'));
    await waitFor(async () => (await events(imei)).length === 2, { what: 'the message' });
    expect(await look(id)).toMatchObject({ status: 'PENDING', response: null });
    device.close();
  });
});

describe('GET commands', () => {
  it('filters and pages', async () => {
    const imei = newImei();
    for (let index = 0; index < 5; index++) {
      await postCommand(gateway, imei, `custom ${index}`, { mode: 'queue' });
    }
    const { commands } = gateway.client;
    const pages = commands.list({ imei, status: 'PENDING', limit: 3 });
    const first = await pages.page();
    const second = await pages.page(first.nextCursor ?? '');
    expect([first, second].map(({ items }) => items.map(({ command }) => command))).toEqual([
      ['custom 4', 'custom 3', 'custom 2'],
      ['custom 1', 'custom 0'],
    ]);
    expect(second.nextCursor).toBeNull();
    expect(await pages.all()).toEqual([...first.items, ...second.items]);
    expect(await commands.list({ imei, reason: 'expired' }).all()).toEqual([]);
    expect(await commands.list({ imei, from: '2099-01-01' }).all()).toEqual([]);
    expect((await gateway.get('commands?status=LOST')).status).toBe(400);
    expect((await gateway.get('commands/12345678')).body).toMatchObject({ success: false, code: 'COMMAND_NOT_FOUND' });
  });

  it('has the catalogue', async () => {
    const { commands } = await gateway.client.commands.catalogue();
    expect(commands.find(({ command }) => command === 'cpureset')).toMatchObject({ silent: true });
  });
});

describe('settings of commands', () => {
  it('VALIDATE_COMMAND_RESPONSE=false takes any reply for the oldest; COMMAND_CATALOGUE_FILE adds commands', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'iot-broker-catalogue-'));
    const file = join(folder, 'catalogue.json');
    await writeFile(
      file,
      JSON.stringify([{ command: 'honk', replyShape: 'honk', success: '^HONK (done|again)$', failure: '^HONK broken$' }]),
    );
    const own = await createTestDatabase();
    const lax = await Gateway.start(own.url, { VALIDATE_COMMAND_RESPONSE: 'false', COMMAND_CATALOGUE_FILE: file });
    const imei = newImei();
    const device = await FakeDevice.logIn(lax.devicePort, imei);
    const ids: string[] = [];
    for (const command of ['honk', 'getio']) {
      ids.push((await lax.post<{ commandLogId: string }>('command', { imei, command })).body.commandLogId);
      expect(await device.command()).toBe(command);
    }
    device.send(codec12Frame(REPLY, 'whatever'));
    expect(await endOfCommand(lax, ids[0] ?? '')).toMatchObject({ status: 'COMPLETED' });
    expect(await getCommand(lax, ids[1] ?? '')).toMatchObject({ status: 'PENDING' });
    const { body } = await lax.get<{ commands: { command: string; replyShape: string }[] }>('command-catalogue');
    expect(body.commands.find(({ command }) => command === 'honk')).toMatchObject({ replyShape: 'honk' });
    device.close();
    await lax.stop();
    await own.drop();
    await rm(folder, { recursive: true });
  });
});
