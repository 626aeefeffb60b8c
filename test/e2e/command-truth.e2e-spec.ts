import { commandBecomes, endOfCommand, getCommand, postCommand, roundTrip } from '../support/command-client.js';
import { COMMAND_SETTINGS, CommandFixture } from '../support/command-fixture.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { createTestDatabase } from '../support/test-database.js';

const REPLY = 6;
/** As a device sent it: `DOUT1:ON Timeout:10s Speed threshold:1km/h Speed is above threshold, queued`. */
const SPEED_QUEUED_FRAME = Buffer.from(
  '00000000000000530c01060000004b444f5554313a4f4e2054696d656f75743a313073205370656564207468726573686f6c643a316b6d2f682053706565642069732061626f7665207468726573686f6c642c207175657565640100005fb1',
  'hex',
);
const SPEED_QUEUED = 'DOUT1:ON Timeout:10s Speed threshold:1km/h Speed is above threshold, queued';
const IGNITION_QUEUED = 'DOUT1:1 Timeout:15s IGN ON, QUEUED';

let fixture: CommandFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await CommandFixture.start(357_000_000_000_000);
  gateway = fixture.gateway;
});

afterAll(() => fixture.stop());

/** Waits until the gateway has seen so much time pass: a restart, which no device answers, ends by its time-out. */
async function timePasses(imei: string, device: FakeDevice, seconds: number): Promise<void> {
  const id = await fixture.post(imei, 'cpureset', { timeoutSeconds: seconds });
  expect(await device.command()).toBe('cpureset');
  expect(await endOfCommand(gateway, id)).toMatchObject({ reason: 'unconfirmed' });
}

describe('a command that the device has accepted and postponed', () => {
  it.each([
    ['until it is slower', 'setdigout 1 10 1', SPEED_QUEUED_FRAME, SPEED_QUEUED],
    ['until the ignition is off', 'setigndigout 1 15', codec12Frame(REPLY, IGNITION_QUEUED), IGNITION_QUEUED],
  ])('%s is written once, keeps the words, and completes by a later reply', async (_why, command, frame, words) => {
    const { imei, device } = await fixture.newDevice();
    const id = await fixture.post(imei, command, { metadata: { job: 1 } });
    expect(await device.command()).toBe(command);
    device.send(frame);
    const postponed = await commandBecomes(gateway, id, { deviceState: 'queued' });
    expect(postponed).toMatchObject({ status: 'PENDING', reason: null, response: words, attempts: 1 });
    expect(new Date(postponed.expiresAt).getTime() - Date.now()).toBeGreaterThan(86_000_000);
    // Longer than its time-out.
    await timePasses(imei, device, 2);
    await roundTrip(gateway, imei, device);
    expect(await getCommand(gateway, id)).toMatchObject({ status: 'PENDING', deviceState: 'queued', attempts: 1 });

    device.send(codec12Frame(REPLY, 'DOUT1:1 Timeout:10s'));
    expect(await endOfCommand(gateway, id)).toMatchObject({
      status: 'COMPLETED',
      deviceState: null,
      response: 'DOUT1:1 Timeout:10s',
      late: false,
      attempts: 1,
    });
    const reported = (await fixture.events(imei)).filter(({ body }) => body.command_log_id === id);
    expect(reported).toMatchObject([
      { type: 'command.postponed', body: { imei, command, metadata: { job: 1 }, response: words, attempts: 1 } },
      { type: 'command.completed', body: { response: 'DOUT1:1 Timeout:10s' } },
    ]);
    expect(reported[0]?.body.expires_at).toBe(postponed.expiresAt);
    expect(device.pendingBytes).toBe(0);
    device.close();
  });

  it('gives its slot back, is not written again by a new connection or a new gateway, and can not be cancelled', async () => {
    const own = await createTestDatabase();
    let first = await Gateway.start(own.url, COMMAND_SETTINGS);
    const imei = '357100000000001';
    let device = await FakeDevice.logIn(first.devicePort, imei);
    const id = await postCommand(first, imei, 'setdigout 1 10 1');
    await device.command();
    device.send(SPEED_QUEUED_FRAME);
    await commandBecomes(first, id, { deviceState: 'queued' });

    const other = await postCommand(first, imei, 'setdigout ?1', { timeoutSeconds: 30 });
    expect(await device.command()).toBe('setdigout ?1');
    device.send(codec12Frame(REPLY, 'DOUT1:IGNORED DOUT2:1 Timeout:INFINITY'));
    expect(await endOfCommand(first, other)).toMatchObject({ status: 'COMPLETED' });
    expect(await first.post(`commands/${id}/cancel`, {})).toMatchObject({
      status: 409,
      body: { code: 'NOT_CANCELLABLE', error: expect.stringContaining('the device has accepted it') as string },
    });

    device.close();
    device = await FakeDevice.logIn(first.devicePort, imei);
    const second = await postCommand(first, imei, 'custom one', { timeoutSeconds: 30 });
    expect(await device.command()).toBe('custom one');
    device.send(codec12Frame(REPLY, 'done'));
    await endOfCommand(first, second);
    await first.kill();
    first = await Gateway.start(own.url, COMMAND_SETTINGS);
    device = await FakeDevice.logIn(first.devicePort, imei);
    const third = await postCommand(first, imei, 'custom two', { timeoutSeconds: 30 });
    expect(await device.command()).toBe('custom two');
    device.send(codec12Frame(REPLY, 'done'));
    await endOfCommand(first, third);
    expect(await getCommand(first, id)).toMatchObject({ status: 'PENDING', deviceState: 'queued', attempts: 1 });
    device.close();
    await first.stop();
    await own.drop();
  });

  it('that nothing confirms ends unconfirmed after postponedSeconds, with the words, and not before', async () => {
    const { imei, device } = await fixture.newDevice();
    const id = await fixture.post(imei, 'setdigout 1 10 1', { postponedSeconds: 3 });
    await device.command();
    const answeredAt = Date.now();
    device.send(SPEED_QUEUED_FRAME);
    expect(await endOfCommand(gateway, id)).toMatchObject({ status: 'FAILED', reason: 'unconfirmed', response: SPEED_QUEUED });
    expect(Date.now() - answeredAt).toBeGreaterThan(2_900);
    expect((await fixture.events(imei)).map(({ type, body }) => [type, body.reason, body.response])).toEqual([
      ['command.postponed', undefined, SPEED_QUEUED],
      ['command.failed', 'unconfirmed', SPEED_QUEUED],
    ]);
    device.send(codec12Frame(REPLY, 'DOUT1:1 Timeout:10s'));
    expect(await commandBecomes(gateway, id, { status: 'COMPLETED' })).toMatchObject({ late: true });
    device.close();
  });

  it('is postponed too when the words come after its time-out: it is not written again', async () => {
    const { imei, device } = await fixture.newDevice();
    const busy = await fixture.post(imei, 'setdigout ?1', { timeoutSeconds: 30 });
    expect(await device.command()).toBe('setdigout ?1');
    device.send(codec12Frame(REPLY, 'DOUT1:IGNORED DOUT2:1 Timeout:INFINITY'));
    await endOfCommand(gateway, busy);
    const id = await fixture.post(imei, 'setdigout 1 10 1', { timeoutSeconds: 1 });
    await device.command();
    const slot = await fixture.post(imei, 'setdigout ?0', { timeoutSeconds: 30 });
    expect(await device.command()).toBe('setdigout ?0');
    device.send(SPEED_QUEUED_FRAME);
    await commandBecomes(gateway, id, { deviceState: 'queued' });
    device.send(codec12Frame(REPLY, 'DOUT1:IGNORED DOUT2:0 Timeout:INFINITY'));
    await endOfCommand(gateway, slot);
    await roundTrip(gateway, imei, device);
    expect(await getCommand(gateway, id)).toMatchObject({ status: 'PENDING', attempts: 1 });
    device.close();
  });

  it.each([
    [0, 400],
    [1, 200],
    [2_592_000, 200],
    [2_592_001, 400],
    [1.5, 400],
  ])('takes postponedSeconds of %s: %i', async (postponedSeconds, status) => {
    const { imei, device } = await fixture.newDevice();
    expect((await gateway.post('command', { imei, command: 'getio', postponedSeconds })).status).toBe(status);
    device.close();
  });
});

describe('a newer command for the same output or parameter', () => {
  it('ends the older one that was written, which is never written again; a late reply still completes it', async () => {
    const { imei, device } = await fixture.newDevice();
    const on = await fixture.post(imei, 'setdigout 1');
    expect(await device.command()).toBe('setdigout 1');
    const off = await fixture.post(imei, 'setdigout 0', { timeoutSeconds: 30 });
    expect(await getCommand(gateway, on)).toMatchObject({ status: 'FAILED', reason: 'unconfirmed', supersededBy: off });
    expect(await device.command()).toBe('setdigout 0');
    device.send(codec12Frame(REPLY, 'DOUT1:0 Timeout:INFINITY'));
    expect(await endOfCommand(gateway, off)).toMatchObject({ status: 'COMPLETED', supersededBy: null });
    await timePasses(imei, device, 2);
    await roundTrip(gateway, imei, device);
    expect(device.pendingBytes).toBe(0);
    expect((await fixture.events(imei)).slice(0, 2)).toMatchObject([
      { type: 'command.failed', body: { command_log_id: on, reason: 'unconfirmed', superseded_by: off, attempts: 1 } },
      { type: 'command.completed', body: { command_log_id: off, superseded_by: null } },
    ]);
    device.send(codec12Frame(REPLY, 'DOUT1:1 Timeout:INFINITY'));
    expect(await commandBecomes(gateway, on, { status: 'COMPLETED' })).toMatchObject({ late: true, supersededBy: off });
    device.close();
  });

  it('ends the older one of a parameter, and leaves other outputs and parameters alone', async () => {
    const { imei, device } = await fixture.newDevice();
    const old = await fixture.post(imei, 'setparam 2004:a', { timeoutSeconds: 30 });
    expect(await device.command()).toBe('setparam 2004:a');
    const other = await fixture.post(imei, 'setparam 2005:1', { timeoutSeconds: 30 });
    expect(await getCommand(gateway, old)).toMatchObject({ status: 'PENDING' });
    const fresh = await fixture.post(imei, 'setparam 2001:x;2004:b', { timeoutSeconds: 30 });
    expect(await getCommand(gateway, old)).toMatchObject({ reason: 'unconfirmed', supersededBy: fresh });
    expect(await device.command()).toBe('setparam 2005:1');
    expect(await getCommand(gateway, other)).toMatchObject({ status: 'PENDING', supersededBy: null });
    device.close();
  });

  it('supersedes the older one that was not written, without an event', async () => {
    const imei = fixture.newImei();
    const on = await fixture.post(imei, 'setdigout 1', { mode: 'queue' });
    const off = await fixture.post(imei, 'setdigout 0', { mode: 'queue' });
    expect(await getCommand(gateway, on)).toMatchObject({ reason: 'superseded', supersededBy: off, attempts: 0 });
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    expect(await device.command()).toBe('setdigout 0');
    device.send(codec12Frame(REPLY, 'DOUT1:0 Timeout:INFINITY'));
    await endOfCommand(gateway, off);
    expect((await fixture.events(imei)).map(({ type }) => type)).toEqual(['command.completed']);
    expect(device.pendingBytes).toBe(0);
    device.close();
  });

  it('takes the place of a postponed one', async () => {
    const { imei, device } = await fixture.newDevice();
    const on = await fixture.post(imei, 'setdigout 1 10 1');
    await device.command();
    device.send(SPEED_QUEUED_FRAME);
    await commandBecomes(gateway, on, { deviceState: 'queued' });
    const off = await fixture.post(imei, 'setdigout 0', { timeoutSeconds: 30 });
    expect(await getCommand(gateway, on)).toMatchObject({
      reason: 'unconfirmed',
      supersededBy: off,
      response: SPEED_QUEUED,
      attempts: 1,
    });
    expect(await device.command()).toBe('setdigout 0');
    device.send(codec12Frame(REPLY, 'DOUT1:0 Timeout:INFINITY'));
    expect(await endOfCommand(gateway, off)).toMatchObject({ status: 'COMPLETED' });
    device.close();
  });

  it('is the last on the wire with 1, 0, 1 unanswered', async () => {
    const { imei, device } = await fixture.newDevice();
    const ids: string[] = [];
    const written: string[] = [];
    for (const level of [1, 0, 1]) {
      ids.push(await fixture.post(imei, `setdigout ${level}`, { maxRetry: 1 }));
      written.push(await device.command());
    }
    // Also its retry is its own: nothing of the older ones comes between.
    written.push(await device.command());
    await endOfCommand(gateway, ids[2] ?? '');
    expect(written).toEqual(['setdigout 1', 'setdigout 0', 'setdigout 1', 'setdigout 1']);
    expect(device.pendingBytes).toBe(0);
    const ends = await Promise.all(ids.map((id) => getCommand(gateway, id)));
    expect(ends.map(({ reason, supersededBy }) => [reason, supersededBy])).toEqual([
      ['unconfirmed', ids[1]],
      ['unconfirmed', ids[2]],
      ['unconfirmed', null],
    ]);
    expect(
      (await fixture.events(imei)).filter(({ type }) => type === 'command.failed').map(({ body }) => body.command_log_id),
    ).toEqual(ids);
    device.close();
  });
});
