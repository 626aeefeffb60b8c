import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandAttempt, type GuardConditions } from '../../client/src/index.js';
import { commandBecomes, endOfCommand, getCommand, roundTrip } from '../support/command-client.js';
import { COMMAND_SETTINGS, CommandFixture } from '../support/command-fixture.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, recordsFrame, type TestRecord } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';

const TYPE_REPLY = 6;
const LOCK = 'setdigout 1?';
const LOCKED = 'DOUT1:1 Timeout:INFINITY DOUT2:IGNORED';
const GUARD: GuardConditions = { maxSpeedKmh: 5, ignition: 'off' };
const CATALOGUE = [{ command: 'immobilise', success: '^IMMOBILISED', guard: { maxSpeedKmh: 3, maxRecordAgeSeconds: 60 } }];

let folder: string;
let fixture: CommandFixture;
let second: Gateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-catalogue-'));
  const file = join(folder, 'catalogue.json');
  await writeFile(file, JSON.stringify(CATALOGUE));
  fixture = await CommandFixture.start(350_615_000_000_000, { COMMAND_CATALOGUE_FILE: file });
  second = await Gateway.start(fixture.database.url, COMMAND_SETTINGS);
});

afterAll(async () => {
  await second.stop();
  await fixture.stop();
  await rm(folder, { recursive: true });
});

interface Vehicle {
  readonly speed?: number;
  readonly ignition?: 'on' | 'off';
  readonly ageMs?: number;
  readonly satellites?: number;
}

function recordOf({ speed = 0, ignition = 'off', ageMs = 0, satellites = 9 }: Vehicle): TestRecord {
  return { timestampMs: Date.now() - ageMs, speed, satellites, io: [{ id: 239, value: ignition === 'on' ? 1 : 0 }] };
}

/** Sends a record. Returns after its acknowledgement. */
async function drive(device: FakeDevice, vehicle: Vehicle): Promise<void> {
  expect(await device.exchange(recordsFrame([recordOf(vehicle)]))).toBe(1);
}

interface Refusal {
  readonly code: string;
  readonly error: string;
  readonly facts: Record<string, unknown>;
}

async function refused(imei: string, command = LOCK, extra: Record<string, unknown> = { guard: GUARD }): Promise<Refusal> {
  const { status, body } = await fixture.gateway.post<Refusal>('command', { imei, command, ...extra });
  expect({ status, body }).toMatchObject({ status: 409, body: { success: false, code: 'GUARD_NOT_MET' } });
  return body;
}

async function attemptsOf(id: string): Promise<CommandAttempt[]> {
  return (await fixture.gateway.client.commands.get(id)).attempts;
}

describe('a live command with a guard', () => {
  it('is refused with the facts while the newest record does not meet it, and written on one that does', async () => {
    const { imei, device } = await fixture.newDevice();
    expect((await refused(imei)).facts).toEqual({ speedKmh: null, ignition: null, recordTime: null, recordAgeSeconds: null });
    await drive(device, { speed: 54, ignition: 'on' });
    const moving = await refused(imei);
    expect(moving.facts).toMatchObject({ speedKmh: 54, ignition: 'on' });
    expect(moving.error).toContain('the speed is 54 km/h, at most 5 km/h are allowed; the ignition is on, it must be off');
    await drive(device, { speed: 6 });
    await refused(imei);
    await drive(device, { speed: 5 });
    const id = await fixture.post(imei, LOCK, { guard: GUARD });
    expect(await device.command()).toBe(LOCK);
    device.send(codec12Frame(TYPE_REPLY, LOCKED));
    expect(await endOfCommand(fixture.gateway, id)).toMatchObject({
      status: 'COMPLETED',
      guard: { ...GUARD, maxRecordAgeSeconds: 120, notAfter: null },
    });
    const [attempt, ...more] = await attemptsOf(id);
    expect(more).toEqual([]);
    expect(attempt!.guardFacts).toMatchObject({ speedKmh: 5, ignition: 'off' });
    expect(Object.keys(attempt!.guardFacts!).sort()).toEqual(['ignition', 'recordAgeSeconds', 'recordTime', 'speedKmh']);
    const refusals = await fixture.database.query('select from tbl_iot_command_logs where imei = $1', [imei]);
    expect(refusals).toHaveLength(1);
  });

  it('goes by device time, not by the order in which records arrive', async () => {
    const { imei, device } = await fixture.newDevice();
    await drive(device, { speed: 0, ageMs: 10_000 });
    await drive(device, { speed: 80, ageMs: 20_000 });
    await fixture.post(imei, LOCK, { guard: GUARD });
    expect(await device.command()).toBe(LOCK);
    await drive(device, { speed: 80, ageMs: 9_000 });
    await refused(imei, 'getinfo');
  });

  it('needs a fresh record: not an old one, not one of a clock that is ahead, not one without a fix', async () => {
    const { imei, device } = await fixture.newDevice();
    await drive(device, { ageMs: 130_000 });
    expect((await refused(imei)).error).toMatch(/newest record is 13\d[.\d]* s old, at most 120 s are allowed$/);
    await fixture.post(imei, 'getver', { guard: { ...GUARD, maxRecordAgeSeconds: 200 } });
    expect(await device.command()).toBe('getver');
    await drive(device, { satellites: 0 });
    expect((await refused(imei)).error).toContain('the newest record has no fix');
    await drive(device, { ageMs: -150_000 });
    expect((await refused(imei)).error).toMatch(/the newest record is 1[45]\d[.\d]* s in the future/);
  });

  it('comes back by its Idempotency-Key after its guard has stopped to be met', async () => {
    const { imei, device } = await fixture.newDevice();
    await drive(device, {});
    const request = { imei, command: LOCK, guard: GUARD };
    const key = { 'idempotency-key': 'guarded' };
    const first = await fixture.gateway.post<{ commandLogId: string }>('command', request, key);
    expect(await device.command()).toBe(LOCK);
    await drive(device, { speed: 90 });
    const again = await fixture.gateway.post<{ commandLogId: string }>(
      'command',
      { ...request, guard: { ...GUARD, notAfter: null } },
      key,
    );
    expect([again.status, again.body.commandLogId]).toEqual([200, first.body.commandLogId]);
    const other = await fixture.gateway.post('command', { ...request, guard: { maxSpeedKmh: 6 } }, key);
    expect([other.status, other.body.code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
  });

  it.each([
    [{}, 'guard must contain at least one condition'],
    ['slow', 'guard must be an object'],
    [[GUARD], 'guard must be an object'],
    [{ maxSpeed: 5 }, 'maxSpeed is not a parameter or field of this request'],
    [{ maxSpeedKmh: -1 }, 'guard.maxSpeedKmh must be at least 0'],
    [{ maxSpeedKmh: 1_001 }, 'guard.maxSpeedKmh must be at most 1000'],
    [{ maxSpeedKmh: 1.5 }, 'guard.maxSpeedKmh must be a whole number'],
    [{ ignition: true }, 'guard.ignition must be on or off'],
    [{ maxRecordAgeSeconds: 0 }, 'guard.maxRecordAgeSeconds must be at least 1'],
    [{ maxRecordAgeSeconds: 86_401 }, 'guard.maxRecordAgeSeconds must be at most 86400'],
    [{ notAfter: 'soon' }, 'notAfter must be a time in ISO 8601'],
  ])('is refused as %j', async (guard, reason) => {
    const { status, body } = await fixture.gateway.post('command', { imei: fixture.newImei(), command: LOCK, guard });
    expect([status, body.error]).toEqual([400, expect.stringContaining(reason)]);
  });

  it('takes the greatest values, and null in place of nothing', async () => {
    for (const guard of [
      { maxSpeedKmh: 1_000, maxRecordAgeSeconds: 86_400, notAfter: Date.now() + 60_000, ignition: null },
      null,
    ]) {
      const { status } = await fixture.gateway.post('command', { imei: fixture.newImei(), command: LOCK, guard, mode: 'queue' });
      expect(status).toBe(202);
    }
  });
});

describe('a guarded command that waits', () => {
  it('is written as soon as a record meets its guard, and holds up no other command of its reply shape', async () => {
    const { imei, device } = await fixture.newDevice();
    await drive(device, { speed: 70 });
    const id = await fixture.post(imei, LOCK, { guard: GUARD, mode: 'queue' });
    await fixture.post(imei, 'setdigout ?1');
    expect(await device.command()).toBe('setdigout ?1');
    device.send(codec12Frame(TYPE_REPLY, 'DOUT1:IGNORED DOUT2:1 Timeout:INFINITY'));
    await drive(device, { speed: 71 });
    await drive(device, { speed: 3, ignition: 'on' });
    await roundTrip(fixture.gateway, imei, device);
    expect(await getCommand(fixture.gateway, id)).toMatchObject({ status: 'PENDING', attempts: 0 });
    await drive(device, { speed: 3 });
    expect(await device.command()).toBe(LOCK);
    device.send(codec12Frame(TYPE_REPLY, LOCKED));
    await endOfCommand(fixture.gateway, id);
    expect((await attemptsOf(id))[0]!.guardFacts).toMatchObject({ speedKmh: 3, ignition: 'off' });
  });

  it('is written after the login of its device, on the first record that meets it', async () => {
    const imei = fixture.newImei();
    const id = await fixture.post(imei, LOCK, { guard: GUARD, mode: 'queue' });
    const device = await FakeDevice.logIn(fixture.gateway.devicePort, imei);
    await drive(device, { speed: 50 });
    await drive(device, { speed: 0 });
    expect(await device.command()).toBe(LOCK);
    device.send(codec12Frame(TYPE_REPLY, LOCKED));
    await endOfCommand(fixture.gateway, id);
  });

  it('is written by the instance that has the device, whichever one has accepted it', async () => {
    const imei = fixture.newImei();
    const device = await FakeDevice.logIn(second.devicePort, imei);
    await drive(device, { speed: 50 });
    await refused(imei);
    const id = await fixture.post(imei, LOCK, { guard: GUARD, mode: 'queue' });
    await drive(device, { speed: 0 });
    expect(await device.command()).toBe(LOCK);
    device.send(codec12Frame(TYPE_REPLY, LOCKED));
    await endOfCommand(fixture.gateway, id);
    await fixture.post(imei, LOCK, { guard: GUARD });
    expect(await device.command()).toBe(LOCK);
  });

  it('fails with the reason guard when its time is over: its ttl or notAfter', async () => {
    const { imei, device } = await fixture.newDevice();
    await drive(device, { speed: 70 });
    const notAfter = new Date(Date.now() + 1_000).toISOString();
    const ids = [
      await fixture.post(imei, LOCK, { guard: GUARD, mode: 'queue', ttlSeconds: 1 }),
      await fixture.post(imei, 'getio', { guard: { ...GUARD, notAfter }, mode: 'queue' }),
    ];
    for (const id of ids) {
      expect(await endOfCommand(fixture.gateway, id)).toMatchObject({ status: 'FAILED', reason: 'guard', attempts: 0 });
      expect(await attemptsOf(id)).toEqual([]);
    }
    const failures = (await fixture.events(imei)).map(({ type, body }) => [type, body.command_log_id, body.reason]);
    expect(failures.sort()).toEqual(ids.map((id) => ['command.failed', id, 'guard']).sort());
    expect(device.pendingBytes).toBe(0);
  });

  it('fails with the reason expired when its guard was met and its device was away', async () => {
    const { imei, device } = await fixture.newDevice();
    await drive(device, { speed: 0 });
    device.close();
    await waitFor(async () => (await fixture.gateway.get(`devices/${imei}`)).status === 404, { what: 'the device to be gone' });
    const id = await fixture.post(imei, LOCK, { guard: GUARD, mode: 'queue', ttlSeconds: 1 });
    expect(await endOfCommand(fixture.gateway, id)).toMatchObject({ status: 'FAILED', reason: 'expired' });
  });
});

describe('a guarded command whose guard stops to be met', () => {
  it('is not written after the acknowledgement of a record that forbids it, although it was accepted before', async () => {
    const { imei, device } = await fixture.newDevice();
    await drive(device, { speed: 0 });
    const moving = recordsFrame([recordOf({ speed: 80 })]);
    device.send(moving.subarray(0, 20));
    await waitFor(async () => (await fixture.gateway.get('stats')).status === 200, { what: 'the first half to be read' });
    const id = await fixture.post(imei, LOCK, { guard: GUARD, timeoutSeconds: 20 });
    device.send(moving.subarray(20));
    expect(await device.acknowledgement()).toBe(1);
    await roundTrip(fixture.gateway, imei, device);
    expect(await getCommand(fixture.gateway, id)).toMatchObject({ status: 'PENDING', attempts: 0 });
    await drive(device, { speed: 0 });
    expect(await device.command()).toBe(LOCK);
    device.send(codec12Frame(TYPE_REPLY, LOCKED));
    await endOfCommand(fixture.gateway, id);
  });

  it('is not written again, and ends as unconfirmed', async () => {
    const { imei, device } = await fixture.newDevice();
    await drive(device, { speed: 0 });
    const id = await fixture.post(imei, LOCK, { guard: GUARD, maxRetry: 1 });
    expect(await device.command()).toBe(LOCK);
    await drive(device, { speed: 30 });
    expect(await endOfCommand(fixture.gateway, id)).toMatchObject({ status: 'FAILED', reason: 'unconfirmed', attempts: 1 });
    expect(device.pendingBytes).toBe(0);
  });

  it('is written again when a later record meets it', async () => {
    const { imei, device } = await fixture.newDevice();
    await drive(device, { speed: 0 });
    const id = await fixture.post(imei, LOCK, { guard: GUARD, maxRetry: 1, mode: 'queue', ttlSeconds: 60 });
    expect(await device.command()).toBe(LOCK);
    await drive(device, { speed: 30 });
    await waitFor(
      async () => {
        const rows = await fixture.database.query(
          'select from tbl_iot_command_logs where command_log_id = $1 and not in_flight and attempts = 1',
          [id],
        );
        return rows.length === 1;
      },
      { what: 'the first attempt to time out' },
    );
    await drive(device, { speed: 2 });
    expect(await device.command()).toBe(LOCK);
    device.send(codec12Frame(TYPE_REPLY, LOCKED));
    await commandBecomes(fixture.gateway, id, { status: 'COMPLETED', attempts: 2 });
    expect((await attemptsOf(id)).map(({ guardFacts }) => guardFacts?.speedKmh)).toEqual([0, 2]);
  });

  it('is never written while records of both kinds arrive without a pause, except on one that allows it', async () => {
    const { imei, device } = await fixture.newDevice();
    await drive(device, { speed: 90 });
    const start = Date.now();
    let newest = 0;
    let written = 0;
    for (let round = 0; round < 60; round++) {
      const id = await fixture.post(imei, `readio ${round}`, { guard: { maxSpeedKmh: 5 }, mode: 'queue', maxRetry: 0 });
      // Device times of their own, so that each record is newer than the one before.
      device.send(recordsFrame([{ timestampMs: start + ++newest, speed: 0, satellites: 9 }]));
      device.send(recordsFrame([{ timestampMs: start + ++newest, speed: 90, satellites: 9 }]));
      let acknowledged = 0;
      while (acknowledged < 2) {
        const head = await device.take(4);
        if (head.readUInt32BE(0) === 1) {
          acknowledged++;
          continue;
        }
        // A command: it may only come between the two acknowledgements.
        const length = (await device.take(4)).readUInt32BE(0);
        await device.take(length + 4);
        written++;
        expect({ round, acknowledged }).toEqual({ round, acknowledged: 1 });
      }
      // Refused where it was written.
      await fixture.gateway.post(`commands/${id}/cancel`, {});
    }
    expect(device.pendingBytes).toBe(0);
    expect(written).toBeLessThanOrEqual(60);
  });
});

describe('a catalogue entry with a guard', () => {
  it('guards every command of it, together with the guard of the request', async () => {
    const { imei, device } = await fixture.newDevice();
    await drive(device, { speed: 4, ignition: 'on' });
    expect((await refused(imei, 'immobilise 7', {})).facts).toMatchObject({ speedKmh: 4 });
    await drive(device, { speed: 3, ignition: 'on' });
    await refused(imei, 'immobilise 7', { guard: { ignition: 'off' } });
    const id = await fixture.post(imei, 'immobilise 7', { guard: { maxSpeedKmh: 100, ignition: 'on' } });
    expect(await device.command()).toBe('immobilise 7');
    expect(await getCommand(fixture.gateway, id)).toMatchObject({
      guard: { maxSpeedKmh: 3, ignition: 'on', maxRecordAgeSeconds: 60, notAfter: null },
    });
  });

  it('is shown with it', async () => {
    const { commands } = await fixture.gateway.client.commands.catalogue();
    expect(commands.find(({ command }) => command === 'immobilise')?.guard).toEqual({
      maxSpeedKmh: 3,
      ignition: null,
      maxRecordAgeSeconds: 60,
      notAfter: null,
    });
    expect(commands.find(({ command }) => command === 'getinfo')?.guard).toBeNull();
  });
});
