import { endOfCommand } from '../support/command-client.js';
import { CommandFixture } from '../support/command-fixture.js';
import { codec12Frame, recordsFrame } from '../support/frames.js';
import { waitFor } from '../support/wait-for.js';
import { type EngineServer } from './support/engine-server.js';
import { startMosquitto } from './support/mosquitto.js';
import { MqttHost } from './support/mqtt-host.js';
import { isConnected, mqttSettings } from './support/mqtt-gateway.js';

const TYPE_REPLY = 6;
const LOCK = 'setdigout 1?';
const LOCKED = 'DOUT1:1 Timeout:INFINITY DOUT2:IGNORED';
const UNKNOWN_DEVICE = '350699999999999';

let broker: EngineServer;
let fixture: CommandFixture;
let host: MqttHost;

beforeAll(async () => {
  broker = await startMosquitto();
  fixture = await CommandFixture.start(350_641_000_000_000, { ...mqttSettings(broker.port), API_BODY_LIMIT_BYTES: '10000' });
  host = await MqttHost.connect(broker.port);
  await waitFor(() => isConnected(fixture.gateway), { what: 'the gateway to connect to the broker' });
});

afterAll(async () => {
  await host.close();
  await fixture.stop();
  await broker.stop();
});

async function commandsOf(imei: string): Promise<string[]> {
  const rows = await fixture.database.query<{ command: string }>(
    'select command from tbl_iot_command_logs where imei = $1 order by command_log_id',
    [imei],
  );
  return rows.map(({ command }) => command);
}

describe('a command that is published at the MQTT broker', () => {
  it('reaches the device, and is answered when it is stored and when it has ended', async () => {
    const { imei, device } = await fixture.newDevice();
    const request = await host.send(
      imei,
      { command: LOCK, metadata: { job: 12345678901234567890n.toString() } },
      { prefer: 'wait=20' },
    );
    expect(await host.answerTo(request)).toEqual({
      status: 200,
      messageId: request.messageId,
      body: { success: true, message: 'Command sent', commandLogId: expect.any(String) as string, status: 'PENDING' },
    });
    expect(await device.command()).toBe(LOCK);
    device.send(codec12Frame(TYPE_REPLY, LOCKED));
    expect(await host.answerTo(request, 1)).toMatchObject({
      status: 200,
      body: { success: true, status: 'COMPLETED', response: LOCKED, confirmedBy: 'reply' },
    });
    device.close();
  });

  it('has the events and the audit entry of a POST, with the actor mqtt', async () => {
    const { imei, device } = await fixture.newDevice();
    const text = `{"command":"${LOCK}","metadata":{"job":12345678901234567890}}`;
    const { body } = await host.ask(imei, text, { messageId: 'job-1' });
    expect(await device.command()).toBe(LOCK);
    device.send(codec12Frame(TYPE_REPLY, LOCKED));
    const id = body.commandLogId as string;
    expect(await endOfCommand(fixture.gateway, id)).toMatchObject({ status: 'COMPLETED' });
    expect((await fixture.events(imei)).map(({ type }) => type)).toEqual(['command.completed']);
    const [row] = await fixture.database.query('select metadata::text from tbl_iot_command_logs where command_log_id = $1', [id]);
    expect(row).toEqual({ metadata: '{"job":12345678901234567890}' });
    expect(
      await fixture.database.query('select action, key_id, key_name, request_id from tbl_iot_audit where imei = $1', [imei]),
    ).toEqual([{ action: 'command.created', key_id: null, key_name: 'mqtt', request_id: 'job-1' }]);
    device.close();
  });

  it('can be an action, and can wait for a device that is not connected', async () => {
    const imei = fixture.newImei();
    expect(await host.ask(imei, { action: 'output1-on', mode: 'queue' })).toMatchObject({
      status: 202,
      body: { message: 'Command queued', status: 'PENDING' },
    });
    expect(await commandsOf(imei)).toEqual([expect.stringMatching(/^setdigout 1/)]);
  });

  it('is stored once, whichever number of times a message with its id is published', async () => {
    const imei = fixture.newImei();
    const messageId = 'same';
    const body = { command: LOCK, mode: 'queue' };
    const requests = await Promise.all(Array.from({ length: 20 }, () => host.send(imei, body, { messageId })));
    const answers = await Promise.all(requests.map((request) => host.answerTo(request)));
    expect(new Set(answers.map((answer) => answer.body.commandLogId)).size).toBe(1);
    expect(await commandsOf(imei)).toEqual([LOCK]);
    const inBody = await host.ask(imei, { ...body, idempotencyKey: messageId }, { messageId: null });
    expect(inBody.body.commandLogId).toBe(answers[0]?.body.commandLogId);
    expect(await host.ask(imei, { ...body, command: 'getver' }, { messageId })).toMatchObject({
      status: 409,
      body: { success: false, code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  it('is stored in the order in which the commands of its device were published', async () => {
    const imei = fixture.newImei();
    const texts = Array.from({ length: 40 }, (_each, index) => `getparam ${2000 + index}`);
    // A guard takes a read before the command can be stored.
    const requests = await Promise.all(
      texts.map((command, index) =>
        host.send(imei, { command, mode: 'queue', ...(index % 3 === 0 && { guard: { maxSpeedKmh: 5 } }) }),
      ),
    );
    await Promise.all(requests.map((request) => host.answerTo(request)));
    expect(await commandsOf(imei)).toEqual(texts);
  });
});

describe('a message that is not a valid command', () => {
  it.each<[string, unknown, object]>([
    ['is not JSON', '{"command":', { code: 'INVALID_INPUT', error: 'The body is not valid JSON' }],
    ['is empty', '', { code: 'INVALID_INPUT', error: 'The body must be a JSON object' }],
    ['is not an object', '[]', { code: 'INVALID_INPUT', error: 'The body must be a JSON object' }],
    ['has no command', {}, { code: 'INVALID_INPUT' }],
    ['has an unknown field', { command: LOCK, colour: 1 }, { error: 'colour is not a parameter or field of this request' }],
    [
      'has the IMEI of another device',
      { command: LOCK, imei: '350600000000000' },
      { error: 'imei must be that of the topic, or absent' },
    ],
    [
      'holds NUL',
      '{"command":"getver","metadata":"\\u0000"}',
      { error: 'The body must not hold NUL or half of a surrogate pair' },
    ],
    [
      'is nested too deep',
      `{"metadata":${'['.repeat(600)}${']'.repeat(600)}}`,
      { error: 'The body is nested deeper than 500 levels' },
    ],
    [
      'would replace a prototype',
      '{"command":"getver","__proto__":{}}',
      { error: 'The body must not have a member "__proto__"' },
    ],
    ['names an action that does not exist', { action: 'fly' }, { code: 'UNKNOWN_ACTION' }],
  ])('is answered with 400 when it %s', async (_what, body, expected) => {
    const answer = await host.ask(UNKNOWN_DEVICE, body);
    expect(answer).toMatchObject({ status: 400, body: { success: false, ...expected } });
    expect(await commandsOf(UNKNOWN_DEVICE)).toEqual([]);
  });

  it('is answered with 400 when it has no id, or an invalid one', async () => {
    const body = { command: LOCK, mode: 'queue' };
    for (const messageId of [null, '', 'a b', 'x'.repeat(201)]) {
      expect(await host.ask(UNKNOWN_DEVICE, body, { messageId })).toMatchObject({ status: 400, body: { code: 'INVALID_INPUT' } });
    }
    expect(await host.ask('abc', body)).toMatchObject({ status: 400, body: { error: 'imei must be 15 digits' } });
    expect(await commandsOf(UNKNOWN_DEVICE)).toEqual([]);
  });

  it('is answered with 413 when it is too large', async () => {
    const answer = await host.ask(UNKNOWN_DEVICE, { command: LOCK, metadata: 'x'.repeat(10_000) });
    expect(answer).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
  });

  it('is answered with 404 for a device that is not connected, and with 409 when the guard is not met', async () => {
    expect(await host.ask(UNKNOWN_DEVICE, { command: LOCK })).toMatchObject({
      status: 404,
      body: { success: false, error: 'Device not connected', code: 'DEVICE_NOT_CONNECTED' },
    });
    const { imei, device } = await fixture.newDevice();
    expect(await device.exchange(recordsFrame([{ timestampMs: Date.now(), speed: 54, satellites: 9 }]))).toBe(1);
    expect(await host.ask(imei, { command: LOCK, guard: { maxSpeedKmh: 5 } })).toMatchObject({
      status: 409,
      body: { code: 'GUARD_NOT_MET', facts: { speedKmh: 54 } },
    });
    expect(await commandsOf(imei)).toEqual([]);
    device.close();
  });

  it('does not stop the next one, and is not delivered again', async () => {
    const imei = fixture.newImei();
    const requests = await Promise.all(
      Array.from({ length: 50 }, (_each, index) =>
        host.send(imei, index % 2 === 0 ? 'nonsense' : { command: `getparam ${index}`, mode: 'queue' }),
      ),
    );
    const answers = await Promise.all(requests.map((request) => host.answerTo(request)));
    expect(answers.map(({ status }) => status)).toEqual(requests.map((_each, index) => (index % 2 === 0 ? 400 : 202)));
    expect(await commandsOf(imei)).toHaveLength(25);
    expect(requests.map(({ correlation }) => host.answersTo(correlation).length)).toEqual(requests.map(() => 1));
  });
});
