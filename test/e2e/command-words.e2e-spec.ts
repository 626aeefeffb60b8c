import { commandBecomes, endOfCommand, getCommand, roundTrip } from '../support/command-client.js';
import { CommandFixture } from '../support/command-fixture.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame } from '../support/frames.js';
import { type Gateway } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';

const REPLY = 6;
const UNKNOWN_WORDS = 'Reading supported: 7 of 9';

let fixture: CommandFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await CommandFixture.start(358_500_000_000_000);
  gateway = fixture.gateway;
});

afterAll(() => fixture.stop());

describe('an answer in words that no pattern knows', () => {
  it('is not asked for again: the command keeps the words and ends as unrecognised', async () => {
    const { imei, device } = await fixture.newDevice();
    const id = await fixture.post(imei, 'getio');
    expect(await device.command()).toBe('getio');
    device.send(codec12Frame(REPLY, UNKNOWN_WORDS));
    await commandBecomes(gateway, id, { deviceState: 'unrecognised' });
    expect(await endOfCommand(gateway, id)).toMatchObject({
      status: 'FAILED',
      reason: 'unrecognised',
      response: UNKNOWN_WORDS,
      attempts: 1,
    });
    expect(await fixture.events(imei)).toMatchObject([
      { type: 'command.failed', body: { command_log_id: id, reason: 'unrecognised', response: UNKNOWN_WORDS } },
    ]);
    expect(device.pendingBytes).toBe(0);
    expect(await fixture.messages(imei)).toEqual([]);
    expect(await gateway.client.commands.list({ imei, reason: 'unrecognised' }).all()).toHaveLength(1);

    device.send(codec12Frame(REPLY, 'DI1:1 DI2:0'));
    expect(await commandBecomes(gateway, id, { status: 'COMPLETED' })).toMatchObject({ late: true, response: 'DI1:1 DI2:0' });
    expect((await gateway.client.commands.get(id)).attempts).toMatchObject([
      { result: 'confirmed', reply: `${UNKNOWN_WORDS}\nDI1:1 DI2:0` },
    ]);
    device.close();
  });

  it('is replaced by a better one; further unknown words are messages of the device', async () => {
    const { imei, device } = await fixture.newDevice();
    const id = await fixture.post(imei, 'getio', { timeoutSeconds: 30 });
    await device.command();
    device.send(codec12Frame(REPLY, UNKNOWN_WORDS));
    await commandBecomes(gateway, id, { deviceState: 'unrecognised', response: UNKNOWN_WORDS });
    device.send(codec12Frame(REPLY, 'and more of it'));
    await waitFor(async () => (await fixture.messages(imei)).length === 1, { what: 'the message' });
    expect(await getCommand(gateway, id)).toMatchObject({ response: UNKNOWN_WORDS, deviceState: 'unrecognised' });
    device.send(codec12Frame(REPLY, 'DI1:1 DI2:0'));
    expect(await endOfCommand(gateway, id)).toMatchObject({ status: 'COMPLETED', late: false, deviceState: null });
    device.close();
  });

  it('is not written again by a new connection', async () => {
    const { imei, device } = await fixture.newDevice();
    const id = await fixture.post(imei, 'getio', { timeoutSeconds: 2 });
    await device.command();
    device.send(codec12Frame(REPLY, UNKNOWN_WORDS));
    await commandBecomes(gateway, id, { deviceState: 'unrecognised' });
    device.close();
    const back = await FakeDevice.logIn(gateway.devicePort, imei);
    await roundTrip(gateway, imei, back);
    expect(await endOfCommand(gateway, id)).toMatchObject({ reason: 'unrecognised', attempts: 1 });
    expect(back.pendingBytes).toBe(0);
    back.close();
  });

  it('counts as none from a device that forwards its serial port: there the retry goes on', async () => {
    const { imei, device } = await fixture.newDevice();
    device.send(codec12Frame(REPLY, 'serial line 1'));
    await waitFor(async () => (await fixture.messages(imei)).length === 1, { what: 'the message' });
    const id = await fixture.post(imei, 'getio', { maxRetry: 1 });
    expect(await device.command()).toBe('getio');
    device.send(codec12Frame(REPLY, 'serial line 2'));
    expect(await device.command()).toBe('getio');
    device.send(codec12Frame(REPLY, 'serial line 3'));
    expect(await endOfCommand(gateway, id)).toMatchObject({ reason: 'unconfirmed', response: null, attempts: 2 });
    await waitFor(async () => (await fixture.messages(imei)).length === 3, { what: 'all messages' });
    device.close();
  });

  it('is an answer again an hour after the last text of the serial port', async () => {
    const { imei, device } = await fixture.newDevice();
    device.send(codec12Frame(REPLY, 'serial line 1'));
    await waitFor(async () => (await fixture.messages(imei)).length === 1, { what: 'the message' });
    await fixture.database.query(
      `update tbl_iot_device_messages set received_at = received_at - interval '61 minutes' where imei = $1`,
      [imei],
    );
    const id = await fixture.post(imei, 'getio');
    await device.command();
    device.send(codec12Frame(REPLY, UNKNOWN_WORDS));
    expect(await endOfCommand(gateway, id)).toMatchObject({ reason: 'unrecognised', attempts: 1 });
    device.close();
  });
});

describe('an empty reply', () => {
  it.each([
    ['without a byte', Buffer.from('00000000000000080c01060000000001000033d1', 'hex')],
    ['of a line end', codec12Frame(REPLY, '\r\n')],
    ['of a NUL', codec12Frame(REPLY, '\0')],
  ])('%s completes the one command that can be meant', async (_what, frame) => {
    const { imei, device } = await fixture.newDevice();
    const id = await fixture.post(imei, 'scandtc', { timeoutSeconds: 30 });
    expect(await device.command()).toBe('scandtc');
    device.send(frame);
    expect(await endOfCommand(gateway, id)).toMatchObject({ status: 'COMPLETED', response: '', attempts: 1 });
    device.close();
  });
});

describe('after a raw command that timed out', () => {
  it('the next one does not take its late answer while the first can still be answered', async () => {
    const { imei, device } = await fixture.newDevice();
    const first = await fixture.post(imei, 'custom one', { timeoutSeconds: 2, maxRetry: 0 });
    expect(await device.command()).toBe('custom one');
    const second = await fixture.post(imei, 'custom two', { timeoutSeconds: 30 });
    expect(await device.command()).toBe('custom two');
    expect(await endOfCommand(gateway, first)).toMatchObject({ reason: 'unconfirmed' });
    device.send(codec12Frame(REPLY, 'one is done'));
    await roundTrip(gateway, imei, device);
    expect(await getCommand(gateway, second)).toMatchObject({ status: 'PENDING' });
    device.close();
  });
});
