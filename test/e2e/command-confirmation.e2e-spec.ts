import { type CommandAttempt } from '../../client/src/index.js';
import { commandBecomes, type CommandOptions, endOfCommand, getCommand, postCommand } from '../support/command-client.js';
import { COMMAND_SETTINGS, CommandFixture } from '../support/command-fixture.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, recordsFrame, type TestRecord } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { recordsPacket, UdpDevice } from '../support/udp-device.js';
import { waitFor } from '../support/wait-for.js';

const REPLY = 6;
const DOUT1 = 179;
const DOUT2 = 180;
const QUEUED = 'DOUT1:ON Timeout:10s Speed threshold:1km/h Speed is above threshold, queued';
/** Longer than any of these tests. */
const UNANSWERED = { timeoutSeconds: 600, maxRetry: 0 };
const HOUR_MS = 3_600_000;
const TELEMETRY = { status: 'COMPLETED', confirmedBy: 'telemetry' } as const;

let fixture: CommandFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await CommandFixture.start(358_000_000_000_000);
  gateway = fixture.gateway;
});

afterAll(() => fixture.stop());

function showing(outputs: { readonly dout1?: 0 | 1; readonly dout2?: 0 | 1 }, timestampMs = Date.now()): TestRecord {
  const { dout1, dout2 } = outputs;
  const io = [
    ...(dout1 === undefined ? [] : [{ id: DOUT1, value: dout1 }]),
    ...(dout2 === undefined ? [] : [{ id: DOUT2, value: dout2 }]),
  ];
  return { timestampMs, io };
}

/** Sends the records in one frame. They are stored when this resolves. */
async function store(device: FakeDevice, ...records: readonly TestRecord[]): Promise<void> {
  expect(await device.exchange(recordsFrame(records))).toBe(records.length);
}

/** A device that has received the command. */
async function written(command: string, extra: CommandOptions = UNANSWERED) {
  const { imei, device } = await fixture.newDevice();
  const id = await fixture.post(imei, command, extra);
  expect(await device.command()).toBe(command);
  return { imei, device, id };
}

async function attemptsOf(id: string): Promise<readonly CommandAttempt[]> {
  return (await gateway.client.commands.get(id)).attempts;
}

async function timeOfEnd(id: string, database: TestDatabase = fixture.database): Promise<number> {
  const [row] = await database.query<{ ms: number }>(
    'select extract(epoch from completed_at - sent_at)::float8 * 1000 as ms from tbl_iot_command_logs where command_log_id = $1',
    [id],
  );
  return row!.ms;
}

/** Confirms a command of another device by a record: what was stored before has been considered by then. */
async function confirmAnother(): Promise<void> {
  const { device, id } = await written('setdigout 1');
  await store(device, showing({ dout1: 1 }));
  expect(await endOfCommand(gateway, id)).toMatchObject(TELEMETRY);
  device.close();
}

describe('a record that shows the outputs as the command asked for them', () => {
  it('completes a command that the device has postponed, and its words stay', async () => {
    const { imei, device, id } = await written('setdigout 1 10 1', { metadata: { job: 1 } });
    device.send(codec12Frame(REPLY, QUEUED));
    await commandBecomes(gateway, id, { deviceState: 'queued' });
    await store(device, showing({ dout1: 1 }));
    expect(await endOfCommand(gateway, id)).toMatchObject({
      ...TELEMETRY,
      response: QUEUED,
      deviceState: null,
      late: false,
      attempts: 1,
    });
    expect(await attemptsOf(id)).toMatchObject([{ result: 'confirmed', reply: QUEUED, endedAt: expect.any(String) as string }]);
    expect(await fixture.events(imei)).toMatchObject([
      { type: 'command.postponed', body: { command_log_id: id } },
      {
        type: 'command.completed',
        body: {
          command_log_id: id,
          identified: true,
          command: 'setdigout 1 10 1',
          response: QUEUED,
          metadata: { job: 1 },
          late: false,
          attempts: 1,
          superseded_by: null,
          confirmed_by: 'telemetry',
        },
      },
    ]);
    device.close();
  });

  it('completes an unanswered command two seconds after its write, not sooner, and gives its slot to the next one', async () => {
    const { imei, device, id } = await written('setdigout 01');
    const next = await fixture.post(imei, 'setigndigout ??', UNANSWERED);
    await store(device, showing({ dout1: 0, dout2: 1 }));
    expect(await endOfCommand(gateway, id)).toMatchObject({ ...TELEMETRY, response: null, late: false });
    expect(await timeOfEnd(id)).toBeGreaterThanOrEqual(2_000);
    expect(await attemptsOf(id)).toMatchObject([{ result: 'confirmed', reply: null }]);
    expect(await device.command()).toBe('setigndigout ??');
    expect(await getCommand(gateway, next)).toMatchObject({ status: 'PENDING', attempts: 1 });
    device.close();
  });

  it('ends the wait of a request, also at another instance', async () => {
    const second = await Gateway.start(fixture.database.url, COMMAND_SETTINGS);
    const { imei, device } = await fixture.newDevice();
    const waiting = second.post('command', { imei, command: 'setdigout 1', ...UNANSWERED }, { prefer: 'wait=30' });
    expect(await device.command()).toBe('setdigout 1');
    await store(device, showing({ dout1: 1 }));
    const askedAtMs = Date.now();
    expect(await waiting).toMatchObject({ status: 200, body: { ...TELEMETRY, response: null } });
    expect(Date.now() - askedAtMs).toBeLessThan(15_000);
    device.close();
    await second.stop();
  });

  it('completes a command that has failed as unconfirmed, late', async () => {
    const { imei, device, id } = await written('setdigout ?1', { timeoutSeconds: 1, maxRetry: 0 });
    expect(await endOfCommand(gateway, id)).toMatchObject({ reason: 'unconfirmed' });
    await store(device, showing({ dout2: 1 }));
    expect(await commandBecomes(gateway, id, TELEMETRY)).toMatchObject({ reason: null, response: null, late: true });
    expect((await fixture.events(imei)).map(({ type, body }) => [type, body.late, body.confirmed_by])).toEqual([
      ['command.failed', undefined, undefined],
      ['command.completed', true, 'telemetry'],
    ]);
    expect(await attemptsOf(id)).toMatchObject([{ result: 'confirmed' }]);
    device.close();
  });

  it('completes a command that waits for its next attempt, which is then not made', async () => {
    const { device, id } = await written('setdigout 1', { timeoutSeconds: 3, maxRetry: 1, mode: 'queue' });
    const writtenAtMs = Date.now();
    device.close();
    await waitFor(async () => (await attemptsOf(id))[0]?.result === 'timeout', { what: 'the time-out' });
    const again = await FakeDevice.connect(gateway.devicePort);
    const [{ imei }] = (await fixture.database.query<{ imei: string }>(
      'select imei from tbl_iot_command_logs where command_log_id = $1',
      [id],
    )) as [{ imei: string }];
    again.send(Buffer.concat([Buffer.from([0, 15]), Buffer.from(imei), recordsFrame([showing({ dout1: 1 }, writtenAtMs)])]));
    expect(await commandBecomes(gateway, id, TELEMETRY)).toMatchObject({ late: false });
    again.close();
  });

  it('counts when it is neither the newest record of its frame nor of the device: a hold time may be short', async () => {
    const { device, id } = await written('setdigout 1 1');
    const now = Date.now();
    await store(device, showing({ dout1: 0 }, now + 3));
    await store(device, showing({ dout1: 0 }, now + 2), showing({ dout1: 1 }, now + 1), showing({ dout1: 0 }, now - HOUR_MS));
    expect(await endOfCommand(gateway, id)).toMatchObject(TELEMETRY);
    device.close();
  });

  it('counts when it arrives late, and when it is a record that is stored already', async () => {
    const { device, id } = await written('setdigout 1', { timeoutSeconds: 1, maxRetry: 0 });
    const record = showing({ dout1: 1 });
    await endOfCommand(gateway, id);
    await store(device, showing({ dout1: 0 }));
    await store(device, record);
    await store(device, record);
    expect(await commandBecomes(gateway, id, TELEMETRY)).toMatchObject({ late: true });
    device.close();
  });
});

describe('a record that proves nothing', () => {
  it('because of its time, or of what it shows', async () => {
    const cases: [command: string, record: (nowMs: number) => TestRecord][] = [
      ['setdigout 1', (nowMs) => showing({ dout1: 1 }, nowMs - 5_000)],
      ['setdigout 1', (nowMs) => showing({ dout1: 1 }, nowMs + HOUR_MS)],
      ['setdigout 1', (nowMs) => showing({ dout1: 0 }, nowMs)],
      ['setdigout 10', (nowMs) => showing({ dout1: 1 }, nowMs)],
      ['setdigout 1', (nowMs) => showing({ dout2: 1 }, nowMs)],
    ];
    const devices = await Promise.all(cases.map(([command]) => written(command, { timeoutSeconds: 1, maxRetry: 0 })));
    await Promise.all(devices.map(({ device }, index) => store(device, cases[index]![1](Date.now()))));
    const ends = await Promise.all(devices.map(({ id }) => endOfCommand(gateway, id)));
    await confirmAnother();
    expect(await Promise.all(devices.map(({ id }) => getCommand(gateway, id)))).toEqual(ends);
    expect(ends.map(({ reason, confirmedBy }) => [reason, confirmedBy])).toEqual(cases.map(() => ['unconfirmed', null]));
    await Promise.all(
      devices.map(async ({ imei, device, id }) => {
        await store(device, showing({ dout1: 1, dout2: 0 }));
        expect(await commandBecomes(gateway, id, TELEMETRY)).toMatchObject({ late: true });
        expect((await fixture.events(imei)).map(({ type }) => type)).toEqual(['command.failed', 'command.completed']);
        device.close();
      }),
    );
  });

  it('because the command has failed 24 hours ago; a minute earlier it counts', async () => {
    const ages = ['24 hours', '23 hours 59 minutes'];
    const [old, young] = await Promise.all(
      ages.map(async (age) => {
        const { device, id } = await written('setdigout 1', { timeoutSeconds: 1, maxRetry: 0 });
        await endOfCommand(gateway, id);
        await fixture.database.query(
          `update tbl_iot_command_logs set completed_at = now() - $2::interval where command_log_id = $1`,
          [id, age],
        );
        await store(device, showing({ dout1: 1 }));
        return { device, id };
      }),
    );
    await commandBecomes(gateway, young!.id, TELEMETRY);
    await confirmAnother();
    expect(await getCommand(gateway, old!.id)).toMatchObject({ reason: 'unconfirmed' });
    [old, young].forEach((each) => each!.device.close());
  });

  it('because the command was rejected, or is confirmed by a reply', async () => {
    const rejected = await written('setdigout 1');
    const replied = await written('setdigout 1');
    rejected.device.send(codec12Frame(REPLY, 'DOUT is disabled from CFG'));
    replied.device.send(codec12Frame(REPLY, 'DOUT1:1 Timeout:INFINITY'));
    await store(rejected.device, showing({ dout1: 1 }));
    await store(replied.device, showing({ dout1: 1 }));
    await confirmAnother();
    expect(await getCommand(gateway, rejected.id)).toMatchObject({ status: 'FAILED', reason: 'rejected', confirmedBy: null });
    expect(await getCommand(gateway, replied.id)).toMatchObject({ status: 'COMPLETED', confirmedBy: 'reply' });
    expect(await fixture.events(replied.imei)).toMatchObject([{ type: 'command.completed', body: { confirmed_by: 'reply' } }]);
    [rejected, replied].forEach(({ device }) => device.close());
  });

  it('because it came by UDP, where anyone can have sent it', async () => {
    const database = await createTestDatabase();
    const own = await Gateway.start(database.url, { ...COMMAND_SETTINGS, BROKER_UDP_PORT: '0' });
    const [, port] = await own.process.waitForLine(/Devices send by UDP to port (\d+)/);
    const [imei, marker] = ['358100000000001', '358100000000002'];
    const device = await FakeDevice.logIn(own.devicePort, imei);
    const other = await FakeDevice.logIn(own.devicePort, marker);
    const forger = await UdpDevice.open(Number(port));
    const id = await postCommand(own, imei, 'setdigout 1', UNANSWERED);
    await device.command();
    await forger.exchange(recordsPacket(imei, [showing({ dout1: 1 })]));
    const markerId = await postCommand(own, marker, 'setdigout 1', UNANSWERED);
    await other.command();
    await store(other, showing({ dout1: 1 }));
    expect(await endOfCommand(own, markerId)).toMatchObject(TELEMETRY);
    expect(await getCommand(own, id)).toMatchObject({ status: 'PENDING' });
    await store(device, showing({ dout1: 1 }));
    expect(await endOfCommand(own, id)).toMatchObject(TELEMETRY);
    [device, other, forger].forEach((each) => each.close());
    await own.stop();
    await database.drop();
  });
});

describe('a newer command for the same output', () => {
  it('ends the time in which records confirm the older one', async () => {
    const { imei, device, id: lock } = await written('setdigout 1?');
    const lockedAtMs = Date.now();
    const unlock = await fixture.post(imei, 'setdigout 0?', UNANSWERED);
    expect(await device.command()).toBe('setdigout 0?');
    expect(await getCommand(gateway, lock)).toMatchObject({ reason: 'unconfirmed', supersededBy: unlock });
    // The output is on after the second write: that may be anybody's doing.
    await store(device, showing({ dout1: 1, dout2: 1 }));
    await confirmAnother();
    expect(await getCommand(gateway, lock)).toMatchObject({ reason: 'unconfirmed' });

    await store(device, showing({ dout1: 0 }));
    expect(await endOfCommand(gateway, unlock)).toMatchObject({ ...TELEMETRY, late: false });
    expect(await getCommand(gateway, lock)).toMatchObject({ reason: 'unconfirmed' });
    // A record of the time between the writes.
    await store(device, showing({ dout1: 1 }, lockedAtMs));
    expect(await commandBecomes(gateway, lock, TELEMETRY)).toMatchObject({ late: true, supersededBy: unlock });
    device.close();
  });
});

describe('a reply and a record', () => {
  it('that come at the same time confirm the command once', async () => {
    const devices = await Promise.all(Array.from({ length: 20 }, () => written('setdigout 1')));
    await Promise.all(
      devices.map(async ({ device, id }, index) => {
        await store(device, showing({ dout1: 1 }));
        // Spread around the moment in which the record confirms it.
        await waitFor(async () => {
          const { sentAt } = await getCommand(gateway, id);
          return Date.now() - Date.parse(sentAt ?? '') >= 1_900 + index * 30;
        });
        device.send(codec12Frame(REPLY, 'DOUT1:1 Timeout:INFINITY'));
      }),
    );
    const ends = await Promise.all(devices.map(({ id }) => endOfCommand(gateway, id)));
    await Promise.all(
      devices.map(async ({ imei, device }, index) => {
        await waitFor(async () => ends[index]!.confirmedBy === 'reply' || (await fixture.messages(imei)).length === 1);
        const events = await fixture.events(imei);
        expect(events).toMatchObject([
          { type: 'command.completed', body: { confirmed_by: ends[index]!.confirmedBy, late: false } },
        ]);
        device.close();
      }),
    );
  });

  it('after the record: the reply is stored as a message, confirms no other command, and changes nothing', async () => {
    const { imei, device, id } = await written('setdigout 1');
    await store(device, showing({ dout1: 1 }));
    const confirmed = await endOfCommand(gateway, id);
    const off = await fixture.post(imei, 'setdigout 0', UNANSWERED);
    expect(await device.command()).toBe('setdigout 0');
    device.send(codec12Frame(REPLY, 'DOUT1:1 Timeout:INFINITY'));
    await waitFor(async () => (await fixture.messages(imei)).length > 0, { what: 'the reply to be stored' });
    expect(await fixture.messages(imei)).toEqual(['DOUT1:1 Timeout:INFINITY']);
    expect(await getCommand(gateway, id)).toEqual(confirmed);
    device.send(codec12Frame(REPLY, 'DOUT1:0 Timeout:INFINITY'));
    expect(await endOfCommand(gateway, off)).toMatchObject({ status: 'COMPLETED', confirmedBy: 'reply' });
    device.close();
  });
});

describe('several instances', () => {
  it('the one that has the device confirms what was posted at another one', async () => {
    const second = await Gateway.start(fixture.database.url, COMMAND_SETTINGS);
    const imei = fixture.newImei();
    const device = await FakeDevice.logIn(second.devicePort, imei);
    const id = await fixture.post(imei, 'setdigout 1', UNANSWERED);
    await device.command();
    await store(device, showing({ dout1: 1 }));
    expect(await endOfCommand(gateway, id)).toMatchObject(TELEMETRY);
    device.close();
    await second.stop();
  });

  it('a record confirms although the gateway was killed after its commit', async () => {
    const database = await createTestDatabase();
    let own = await Gateway.start(database.url, COMMAND_SETTINGS);
    const imei = '358100000000003';
    let device = await FakeDevice.logIn(own.devicePort, imei);
    const id = await postCommand(own, imei, 'setdigout 1', UNANSWERED);
    await device.command();
    await store(device, showing({ dout1: 1 }));
    await own.kill();
    expect(await timeOfEnd(id, database)).toBeNull();
    own = await Gateway.start(database.url, COMMAND_SETTINGS);
    device = await FakeDevice.logIn(own.devicePort, imei);
    expect(await endOfCommand(own, id)).toMatchObject({ ...TELEMETRY, response: null, late: false, attempts: 1 });
    device.close();
    await own.stop();
    await database.drop();
  });
});
