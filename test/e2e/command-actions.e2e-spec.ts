import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Command } from '../../client/src/index.js';
import { commandBecomes, endOfCommand, getCommand } from '../support/command-client.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, recordsFrame } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { startGatewayProcess } from '../support/gateway-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const REPLY = 6;
const GUIDE = new URL('../../docs/guides/actions.md', import.meta.url);
const KNOWN = 'output1-on, output1-off, output2-on, output2-off, lock, unlock, set-apn, siren, arm, disarm, ping';
/** Beside those of the guide: actions without a common target. */
const MORE = [
  { action: 'arm', template: 'alarm arm {zone}', params: { zone: { type: 'integer', minimum: 1, maximum: 9 } } },
  { action: 'disarm', template: 'alarm disarm', replaces: ['arm'], urgent: true },
  { action: 'ping', template: 'alarm ping {text}', params: { text: { type: 'string', pattern: '[ -ÿ]*' } } },
];

let database: TestDatabase;
let gateway: Gateway;
let folder: string;
let file: string;
let imeis = 359_000_000_000_000;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-actions-'));
  file = join(folder, 'catalogue.json');
  await writeFile(file, JSON.stringify([...(await guideActions()), ...MORE]));
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url, {
    COMMAND_CATALOGUE_FILE: file,
    EVENT_FEED_ENABLED: 'true',
    WEBHOOK_EVENTS: 'command.completed,command.failed,command.retried,command.postponed',
  });
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function guideActions(): Promise<unknown[]> {
  const [, json = ''] = /```json\n(.*?)```/s.exec(await readFile(GUIDE, 'utf8')) ?? [];
  return JSON.parse(json) as unknown[];
}

async function newDevice(): Promise<{ imei: string; device: FakeDevice }> {
  const imei = String(imeis++);
  const device = await FakeDevice.logIn(gateway.devicePort, imei);
  return { imei, device };
}

async function post(body: Readonly<Record<string, unknown>>, headers: Record<string, string> = {}) {
  return gateway.post<{ commandLogId: string; error: string; code: string }>('command', body, headers);
}

async function accepted(body: Readonly<Record<string, unknown>>): Promise<string> {
  const { status, body: answer } = await post(body);
  expect([answer, [200, 202].includes(status)]).toEqual([answer, true]);
  return answer.commandLogId;
}

const shown = (id: string): Promise<Command> => getCommand(gateway, id);

async function eventsOf(id: string): Promise<{ type: string; body: Record<string, unknown> }[]> {
  return database.query(`select type, body from tbl_iot_events where body->>'command_log_id' = $1 order by sequence`, [id]);
}

describe('a request with an action', () => {
  it('writes its text, shows action and params, and completes by the reply of its command', async () => {
    const { imei, device } = await newDevice();
    const id = await accepted({ imei, action: 'output1-on', params: { timeoutSeconds: 10 }, metadata: { job: 1 } });
    expect(await device.command()).toBe('setdigout 1? 10 ?');
    device.send(codec12Frame(REPLY, 'DOUT1:1 Timeout:10s DOUT2:IGNORED'));
    expect(await endOfCommand(gateway, id)).toMatchObject({
      status: 'COMPLETED',
      command: 'setdigout 1? 10 ?',
      action: 'output1-on',
      params: { timeoutSeconds: 10 },
      urgent: false,
    });
    expect(await eventsOf(id)).toMatchObject([
      { type: 'command.completed', body: { action: 'output1-on', metadata: { job: 1 } } },
    ]);
    device.close();
  });

  it('shows the defaults, and postpones when the device does', async () => {
    const { imei, device } = await newDevice();
    await device.exchange(recordsFrame([{ timestampMs: Date.now(), satellites: 9, speed: 0, io: [{ id: 239, value: 0 }] }]));
    const id = await accepted({ imei, action: 'lock' });
    expect(await device.command()).toBe('setdigout 1? ? ? 5 ?');
    device.send(codec12Frame(REPLY, 'DOUT1:1 Timeout:INFINITY Speed threshold:5km/h Speed is above threshold, queued'));
    await commandBecomes(gateway, id, { deviceState: 'queued' });
    expect(await shown(id)).toMatchObject({ action: 'lock', params: { maxSpeedKmh: 5 } });
    expect(await eventsOf(id)).toMatchObject([{ type: 'command.postponed', body: { action: 'lock' } }]);
    device.close();
  });

  it('is answered by the patterns of the action', async () => {
    const { imei, device } = await newDevice();
    const good = await accepted({ imei, action: 'siren', params: { state: 'on', seconds: 5 } });
    expect(await device.command()).toBe('siren on 5');
    device.send(codec12Frame(REPLY, 'SIREN on'));
    expect(await endOfCommand(gateway, good)).toMatchObject({ status: 'COMPLETED', response: 'SIREN on' });
    const bad = await accepted({ imei, command: 'siren off' });
    expect(await device.command()).toBe('siren off');
    device.send(codec12Frame(REPLY, 'SIREN broken'));
    expect(await endOfCommand(gateway, bad)).toMatchObject({ status: 'FAILED', reason: 'rejected', action: null, params: null });
    device.close();
  });

  it('has null as action in the events of a text', async () => {
    const { imei, device } = await newDevice();
    const id = await accepted({ imei, command: 'frobnicate' });
    expect(await device.command()).toBe('frobnicate');
    device.send(codec12Frame(REPLY, 'done'));
    await endOfCommand(gateway, id);
    expect(await eventsOf(id)).toMatchObject([{ body: { action: null } }]);
    device.close();
  });

  it('belongs to its idempotency key with action and params', async () => {
    const { imei, device } = await newDevice();
    const request = { imei, action: 'siren', params: { state: 'on', seconds: 5 } };
    const headers = { 'idempotency-key': `key-${imei}` };
    const [first, again, ...others] = [
      await post(request, headers),
      await post({ ...request, params: { seconds: 5, state: 'on' }, command: null }, headers),
      await post({ ...request, params: { state: 'on', seconds: 6 } }, headers),
      await post({ imei, action: 'disarm' }, headers),
      await post({ imei, command: 'siren on 5' }, headers),
    ];
    expect(again.body.commandLogId).toBe(first.body.commandLogId);
    expect(others.map(({ status, body }) => [status, body.code])).toEqual(Array(3).fill([409, 'IDEMPOTENCY_KEY_REUSED']));
    device.close();
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['both command and action', { command: 'getinfo', action: 'unlock' }, 'INVALID_INPUT', 'either command or action, not both'],
    ['neither of them', {}, 'INVALID_INPUT', 'command or action is required'],
    ['null for both', { command: null, action: null }, 'INVALID_INPUT', 'command or action is required'],
    ['params without action', { command: 'getinfo', params: {} }, 'INVALID_INPUT', 'give action with them'],
    ['an unknown action', { action: 'lokc' }, 'UNKNOWN_ACTION', `known are: ${KNOWN}`],
    ['a property of every object', { action: 'constructor' }, 'UNKNOWN_ACTION', KNOWN],
    ['a number as action', { action: 7 }, 'INVALID_INPUT', 'action must be text'],
    ['an array as params', { action: 'unlock', params: [1] }, 'INVALID_INPUT', 'params must be an object'],
    [
      'a value above its bound',
      { action: 'lock', params: { maxSpeedKmh: 21 } },
      'INVALID_PARAMS',
      'params.maxSpeedKmh must be a whole number from 0 to 20',
    ],
    [
      'a value below its bound',
      { action: 'output1-on', params: { timeoutSeconds: 0 } },
      'INVALID_PARAMS',
      'params.timeoutSeconds must be a whole number from 1 to 86400',
    ],
    [
      'a value of another type',
      { action: 'siren', params: { state: 1 } },
      'INVALID_PARAMS',
      'params.state must be one of "on", "off"',
    ],
    ['a missing parameter', { action: 'siren' }, 'INVALID_PARAMS', 'params.state is required'],
    [
      'an unknown parameter',
      { action: 'unlock', params: { speed: 1 } },
      'INVALID_PARAMS',
      'params.speed is not a parameter of unlock',
    ],
    [
      'a text that adds a command',
      { action: 'set-apn', params: { apn: 'a;2004:evil' } },
      'INVALID_PARAMS',
      'params.apn must match',
    ],
    ['a text beyond 160 characters', { action: 'ping', params: { text: 'x'.repeat(150) } }, 'INVALID_INPUT', '161 characters'],
    ['a text that is not ASCII', { action: 'ping', params: { text: 'ä' } }, 'INVALID_INPUT', 'U+00E4'],
    ['a text as urgent', { action: 'unlock', urgent: 'yes' }, 'INVALID_INPUT', 'urgent must be true or false'],
  ])('with %s is refused', async (_name, request, code, reason) => {
    const { status, body } = await post({ imei: '359999999999999', mode: 'queue', ...request });
    expect([status, body.code]).toEqual([400, code]);
    expect(body.error).toContain(reason);
  });

  it('is accepted with a text of exactly 160 characters', async () => {
    const imei = String(imeis++);
    const id = await accepted({ imei, action: 'ping', mode: 'queue', params: { text: 'x'.repeat(149) } });
    expect((await shown(id)).command).toHaveLength(160);
  });
});

describe('the guard of an action', () => {
  const FACTS = { satellites: 9, speed: 6, io: [{ id: 239, value: 0 }] };

  it('refuses it when the newest record does not meet it, with the facts, and holds for its parameters', async () => {
    const { imei, device } = await newDevice();
    await device.exchange(recordsFrame([{ ...FACTS, timestampMs: Date.now() }]));
    const refused = await post({ imei, action: 'lock' });
    expect([refused.status, refused.body]).toEqual([
      409,
      expect.objectContaining({
        code: 'GUARD_NOT_MET',
        facts: expect.objectContaining({ speedKmh: 6, ignition: 'off' }) as unknown,
      }),
    ]);
    await accepted({ imei, action: 'lock', params: { maxSpeedKmh: 6 } });
    expect(await device.command()).toBe('setdigout 1? ? ? 6 ?');
    device.close();
  });

  it('is combined with that of the request: the stricter condition counts', async () => {
    const { imei, device } = await newDevice();
    await device.exchange(recordsFrame([{ ...FACTS, timestampMs: Date.now() }]));
    const request = { imei, action: 'lock', params: { maxSpeedKmh: 10 } };
    expect((await post({ ...request, guard: { maxSpeedKmh: 5 } })).status).toBe(409);
    expect(await post({ ...request, guard: { ignition: 'on' } })).toMatchObject({ status: 400, body: { code: 'INVALID_INPUT' } });
    const id = await accepted({ ...request, guard: { maxSpeedKmh: 20, maxRecordAgeSeconds: 30 } });
    expect(await device.command()).toBe('setdigout 1? ? ? 10 ?');
    expect((await shown(id)).guard).toEqual({ maxSpeedKmh: 10, ignition: 'off', maxRecordAgeSeconds: 30, notAfter: null });
    device.close();
  });

  it('does not exist when its parameter is not given', async () => {
    const { imei, device } = await newDevice();
    await accepted({ imei, action: 'output1-on' });
    expect(await device.command()).toBe('setdigout 1?');
    expect((await post({ imei, action: 'output2-on', params: { maxSpeedKmh: 5 } })).body.code).toBe('GUARD_NOT_MET');
    device.close();
  });

  it('lets a queued one wait, and an unguarded one that replaces it go', async () => {
    const { imei, device } = await newDevice();
    await device.exchange(recordsFrame([{ ...FACTS, timestampMs: Date.now() }]));
    const lock = await accepted({ imei, action: 'lock', mode: 'queue' });
    const unlock = await accepted({ imei, action: 'unlock' });
    expect(await device.command()).toBe('setdigout 0?');
    expect(await shown(lock)).toMatchObject({ status: 'FAILED', reason: 'superseded', supersededBy: unlock, attempts: 0 });
    device.close();
  });
});

describe('an action that replaces another', () => {
  it('ends a waiting one before it is written', async () => {
    const imei = String(imeis++);
    const [arm, other] = [
      await accepted({ imei, action: 'arm', mode: 'queue', params: { zone: 1 } }),
      await accepted({ imei, action: 'ping', mode: 'queue', params: { text: 'a' } }),
    ];
    const disarm = await accepted({ imei, action: 'disarm', mode: 'queue' });
    expect(await shown(arm)).toMatchObject({ status: 'FAILED', reason: 'superseded', supersededBy: disarm, attempts: 0 });
    expect(await shown(other)).toMatchObject({ status: 'PENDING' });
    expect(await eventsOf(arm)).toEqual([]);
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    expect(await device.command()).toBe('alarm disarm');
    device.close();
  });

  it('ends a written one as unconfirmed, and the device does not receive it again', async () => {
    const { imei, device } = await newDevice();
    const arm = await accepted({ imei, action: 'arm', params: { zone: 2 }, timeoutSeconds: 1 });
    expect(await device.command()).toBe('alarm arm 2');
    const disarm = await accepted({ imei, action: 'disarm' });
    expect(await device.command()).toBe('alarm disarm');
    expect(await shown(arm)).toMatchObject({ status: 'FAILED', reason: 'unconfirmed', supersededBy: disarm, attempts: 1 });
    await waitFor(async () => (await eventsOf(arm)).length > 0, { what: 'the event' });
    expect(await eventsOf(arm)).toMatchObject([
      { type: 'command.failed', body: { action: 'arm', reason: 'unconfirmed', superseded_by: disarm } },
    ]);
    device.close();
  });

  it('ends what was requested at the same moment before it', async () => {
    const { imei, device } = await newDevice();
    const rounds = Array.from({ length: 8 }, (_, index) => [
      post({ imei, action: 'arm', params: { zone: index + 1 } }),
      post({ imei, action: 'disarm', urgent: false }),
    ]).flat();
    const ids = (await Promise.all(rounds)).map(({ body }) => body.commandLogId);
    const ends = await database.query<{ id: string; action: string; supersededBy: string | null; status: string }>(
      `select command_log_id::text as id, action, superseded_by::text as "supersededBy", status from tbl_iot_command_logs
        where imei = $1 order by command_log_id`,
      [imei],
    );
    expect(ends).toHaveLength(new Set(ids).size);
    const lastDisarm = ends.findLastIndex(({ action }) => action === 'disarm');
    ends.slice(0, lastDisarm).forEach((row, index) => {
      const next = ends.slice(index + 1).find(({ action }) => action === 'disarm')!;
      expect([row.action, row.supersededBy]).toEqual([row.action, next.id]);
    });
    device.close();
  });
});

describe('actions in a bulk request', () => {
  it('have a result each, and replace one another in their order', async () => {
    const imei = String(imeis++);
    const commands = [
      { imei, mode: 'queue', action: 'arm', params: { zone: 1 } },
      { imei, mode: 'queue', action: 'arm', params: { zone: 10 } },
      { imei, mode: 'queue', action: 'lokc' },
      { imei, mode: 'queue', action: 'disarm' },
      { imei, mode: 'queue', action: 'arm', params: { zone: 2 } },
    ];
    const { body } = await gateway.post<{ results: { status: number; commandLogId: string; code: string }[] }>('commands', {
      commands,
    });
    expect(body.results.map(({ status, code }) => code ?? status)).toEqual([202, 'INVALID_PARAMS', 'UNKNOWN_ACTION', 202, 202]);
    const [first, , , disarm, last] = body.results.map(({ commandLogId }) => commandLogId);
    expect(await shown(first!)).toMatchObject({ reason: 'superseded', supersededBy: disarm });
    expect([await shown(disarm!), await shown(last!)]).toMatchObject([{ status: 'PENDING' }, { status: 'PENDING' }]);
  });
});

describe('an urgent command', () => {
  it('is written before those that wait for the device', async () => {
    const imei = String(imeis++);
    const queued = { imei, mode: 'queue' };
    await accepted({ ...queued, command: 'first raw' });
    await accepted({ ...queued, command: 'second raw' });
    const urgent = await accepted({ ...queued, command: 'urgent raw', urgent: true });
    await accepted({ ...queued, command: 'later urgent raw', urgent: true });
    expect(await shown(urgent)).toMatchObject({ urgent: true });
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const received: string[] = [];
    for (let count = 0; count < 4; count++) {
      received.push(await device.command());
      device.send(codec12Frame(REPLY, `done ${count}`));
    }
    expect(received).toEqual(['urgent raw', 'later urgent raw', 'first raw', 'second raw']);
    device.close();
  });

  it('waits for what is in flight, and passes what waits behind it', async () => {
    const { imei, device } = await newDevice();
    await accepted({ imei, command: 'in flight' });
    expect(await device.command()).toBe('in flight');
    await accepted({ imei, command: 'waiting' });
    const disarm = await accepted({ imei, action: 'disarm' });
    expect(await shown(disarm)).toMatchObject({ attempts: 0, urgent: true });
    device.send(codec12Frame(REPLY, 'done'));
    expect(await device.command()).toBe('alarm disarm');
    device.close();
  });

  it('is not urgent when the request says so', async () => {
    const id = await accepted({ imei: String(imeis++), mode: 'queue', action: 'disarm', urgent: false });
    expect(await shown(id)).toMatchObject({ urgent: false });
  });
});

describe('the catalogue over REST', () => {
  it('has the actions with a JSON Schema that agrees with the gateway', async () => {
    const { actions } = await gateway.client.commands.catalogue();
    expect(actions.map(({ action }) => action).join(', ')).toBe(KNOWN);
    expect(actions.find(({ action }) => action === 'lock')).toEqual({
      action: 'lock',
      description: 'Immobilises the vehicle by output 1, when it stands with the ignition off.',
      template: 'setdigout 1? ? ? {maxSpeedKmh} ?',
      paramsSchema: {
        type: 'object',
        properties: { maxSpeedKmh: { type: 'integer', minimum: 0, maximum: 20, default: 5, description: 'In km/h.' } },
        required: [],
        additionalProperties: false,
      },
      guard: { maxSpeedKmh: '{maxSpeedKmh}', ignition: 'off', maxRecordAgeSeconds: 60 },
      replaces: ['unlock'],
      urgent: false,
      destructive: 'moves a physical output; may immobilise the vehicle',
      success: expect.stringContaining('DOUT') as string,
      failure: expect.stringContaining('DOUT') as string,
      queued: expect.stringContaining('queued') as string,
    });
    const ajv = new Ajv2020();
    const requests: [action: string, params: object][] = [
      ['siren', { state: 'on' }],
      ['siren', { state: 'on', seconds: 60 }],
      ['siren', { state: 'on', seconds: 61 }],
      ['siren', { state: 'up' }],
      ['siren', { seconds: 1 }],
      ['siren', { state: 'on', loud: true }],
      ['set-apn', { apn: 'internet' }],
      ['set-apn', { apn: 'inter net' }],
      ['set-apn', { apn: 'x'.repeat(33) }],
      ['unlock', {}],
      ['unlock', { x: 1 }],
    ];
    const verdicts = await Promise.all(
      requests.map(async ([action, params]) => {
        const { paramsSchema } = actions.find((shownAction) => shownAction.action === action)!;
        const { status } = await post({ imei: String(imeis++), mode: 'queue', action, params });
        return [action, params, ajv.validate(paramsSchema, params), status === 202];
      }),
    );
    expect(verdicts.filter(([, , bySchema, byGateway]) => bySchema !== byGateway)).toEqual([]);
    expect(verdicts.map(([, , bySchema]) => bySchema)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      true,
      false,
      false,
      true,
      false,
    ]);
  });
});

describe('a catalogue file with a wrong action', () => {
  it('ends the start with the place and the reason', async () => {
    const wrong = join(folder, 'wrong.json');
    await writeFile(
      wrong,
      JSON.stringify([{ action: 'lock', template: 'setdigout {a}', params: { a: { type: 'integer', minimum: 2, maximum: 1 } } }]),
    );
    const process = startGatewayProcess({
      cwd: folder,
      env: { DATABASE_URL: database.url, COMMAND_CATALOGUE_FILE: wrong, IOT_API_KEY: 'a key for tests' },
    });
    await process.waitForLine(/entry 1 \("lock"\): \$\[0\]\.params\.a\.minimum is greater than "maximum"/);
    expect((await process.exit).code).not.toBe(0);
  });
});
