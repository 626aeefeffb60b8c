import { commandBecomes, endOfCommand, getCommand } from '../support/command-client.js';
import { CommandFixture } from '../support/command-fixture.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame } from '../support/frames.js';
import { type Gateway } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';

const REPLY = 6;
const ON = 'DOUT1:1 Timeout:INFINITY';
const OFF = 'DOUT1:0 Timeout:INFINITY';
const PATIENT = { timeoutSeconds: 30 };
/** Long enough for the second writing's answer to be due, short enough to see a first time-out. */
const IMPATIENT = { timeoutSeconds: 2 };

let fixture: CommandFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await CommandFixture.start(359_000_000_000_000, { IOT_COMMAND_TIMEOUT: '60' });
  gateway = fixture.gateway;
});

afterAll(() => fixture.stop());

const say = (device: FakeDevice, text: string): void => device.send(codec12Frame(REPLY, text));

/** Posts it and waits until it was written to the device twice, then answers once. */
async function writtenTwice(imei: string, device: FakeDevice, command: string, answer: string): Promise<string> {
  const id = await fixture.post(imei, command, IMPATIENT);
  expect([await device.command(), await device.command()]).toEqual([command, command]);
  say(device, answer);
  expect(await endOfCommand(gateway, id)).toMatchObject({ status: 'COMPLETED', attempts: 2 });
  return id;
}

async function becomesMessage(imei: string, text: string, count = 1): Promise<void> {
  await waitFor(
    async () => {
      const messages = await fixture.database.query('select from tbl_iot_device_messages where imei = $1 and text = $2', [
        imei,
        text,
      ]);
      return messages.length === count;
    },
    { what: `${count} messages "${text}"` },
  );
}

describe('the second answer to a command that was written twice', () => {
  it('completes no other raw command', async () => {
    const { imei, device } = await fixture.newDevice();
    await writtenTwice(imei, device, 'custom one', 'done one');
    const next = await fixture.post(imei, 'custom two', PATIENT);
    expect(await device.command()).toBe('custom two');
    say(device, 'done one');
    await becomesMessage(imei, 'done one');
    expect(await getCommand(gateway, next)).toMatchObject({ status: 'PENDING' });
    // Nothing is owed any more.
    say(device, 'done two');
    expect(await endOfCommand(gateway, next)).toMatchObject({ status: 'COMPLETED', response: 'done two', attempts: 1 });
    device.close();
  });

  it('is taken for it while nothing else is in flight, and then the next raw command has its own words', async () => {
    const { imei, device } = await fixture.newDevice();
    await writtenTwice(imei, device, 'custom one', 'done one');
    say(device, 'done one');
    await becomesMessage(imei, 'done one');
    const next = await fixture.post(imei, 'custom two', PATIENT);
    expect(await device.command()).toBe('custom two');
    say(device, 'done two');
    expect(await endOfCommand(gateway, next)).toMatchObject({ status: 'COMPLETED', response: 'done two' });
    device.close();
  });

  it('is not the answer to a catalogued command in unknown words', async () => {
    const { imei, device } = await fixture.newDevice();
    await writtenTwice(imei, device, 'custom one', 'done one');
    const next = await fixture.post(imei, 'getinfo', PATIENT);
    expect(await device.command()).toBe('getinfo');
    say(device, 'done one');
    await becomesMessage(imei, 'done one');
    expect(await getCommand(gateway, next)).toMatchObject({ status: 'PENDING', deviceState: null });
    device.close();
  });

  it('does not complete an older one that was never answered', async () => {
    const { imei, device } = await fixture.newDevice();
    const lost = await fixture.post(imei, 'setdigout 1', { timeoutSeconds: 1, maxRetry: 0 });
    await device.command();
    expect(await endOfCommand(gateway, lost)).toMatchObject({ reason: 'unconfirmed' });
    const off = await fixture.post(imei, 'setdigout 0', PATIENT);
    await device.command();
    say(device, OFF);
    await endOfCommand(gateway, off);
    await writtenTwice(imei, device, 'setdigout 1', ON);
    say(device, ON);
    await becomesMessage(imei, ON);
    expect(await getCommand(gateway, lost)).toMatchObject({ status: 'FAILED', reason: 'unconfirmed' });
    device.close();
  });

  it('belongs to the same command too when that one was posted twice', async () => {
    const { imei, device } = await fixture.newDevice();
    const first = await fixture.post(imei, 'custom one', PATIENT);
    await device.command();
    const second = await fixture.post(imei, 'custom one', PATIENT);
    await device.command();
    say(device, 'done one');
    expect(await endOfCommand(gateway, second)).toMatchObject({ status: 'COMPLETED' });
    expect(await getCommand(gateway, first)).toMatchObject({ reason: 'superseded' });
    const next = await fixture.post(imei, 'custom two', PATIENT);
    await device.command();
    say(device, 'done one');
    await becomesMessage(imei, 'done one');
    expect(await getCommand(gateway, next)).toMatchObject({ status: 'PENDING' });
    device.close();
  });

  it('does not come by another connection: there the next raw command has its own words', async () => {
    const { imei, device } = await fixture.newDevice();
    const id = await fixture.post(imei, 'custom one', PATIENT);
    await device.command();
    device.close();
    const back = await FakeDevice.logIn(gateway.devicePort, imei);
    expect(await back.command()).toBe('custom one');
    say(back, 'done one');
    expect(await endOfCommand(gateway, id)).toMatchObject({ status: 'COMPLETED', attempts: 2 });
    const next = await fixture.post(imei, 'custom two', PATIENT);
    await back.command();
    say(back, 'done two');
    expect(await endOfCommand(gateway, next)).toMatchObject({ status: 'COMPLETED', attempts: 1 });
    back.close();
  });
});

describe('on, off, on, none of them answered', () => {
  it('"on" confirms the first, "off" the second, and "on" the third', async () => {
    const { imei, device } = await fixture.newDevice();
    const ids: string[] = [];
    for (const level of [1, 0, 1]) {
      ids.push(await fixture.post(imei, `setdigout ${level}`, PATIENT));
      await device.command();
    }
    const [on, off, onAgain] = ids as [string, string, string];
    say(device, ON);
    expect(await commandBecomes(gateway, on, { status: 'COMPLETED' })).toMatchObject({ late: true });
    expect(await getCommand(gateway, onAgain)).toMatchObject({ status: 'PENDING' });
    say(device, OFF);
    expect(await commandBecomes(gateway, off, { status: 'COMPLETED' })).toMatchObject({ late: true });
    say(device, ON);
    expect(await endOfCommand(gateway, onAgain)).toMatchObject({ status: 'COMPLETED', late: false, attempts: 1 });
    device.close();
  });

  it('"on" confirms the third when the others went to another connection', async () => {
    const { imei, device } = await fixture.newDevice();
    for (const level of [1, 0]) {
      await fixture.post(imei, `setdigout ${level}`, PATIENT);
      await device.command();
    }
    device.close();
    const back = await FakeDevice.logIn(gateway.devicePort, imei);
    expect(await back.command()).toBe('setdigout 0');
    say(back, OFF);
    const onAgain = await fixture.post(imei, 'setdigout 1', PATIENT);
    expect(await back.command()).toBe('setdigout 1');
    say(back, ON);
    expect(await endOfCommand(gateway, onAgain)).toMatchObject({ status: 'COMPLETED' });
    back.close();
  });
});

describe('an empty line of a serial port that the device forwards', () => {
  it('confirms nothing', async () => {
    const { imei, device } = await fixture.newDevice();
    say(device, 'a scale says 12.5 kg');
    await becomesMessage(imei, 'a scale says 12.5 kg');
    const id = await fixture.post(imei, 'scandtc', PATIENT);
    await device.command();
    say(device, '\r\n');
    await becomesMessage(imei, '');
    expect(await getCommand(gateway, id)).toMatchObject({ status: 'PENDING' });
    device.close();
  });

  it('is an answer when all that came before was a late answer', async () => {
    const { imei, device } = await fixture.newDevice();
    say(device, ON);
    await becomesMessage(imei, ON);
    const id = await fixture.post(imei, 'scandtc', PATIENT);
    await device.command();
    say(device, '\r\n');
    expect(await endOfCommand(gateway, id)).toMatchObject({ status: 'COMPLETED' });
    device.close();
  });
});
