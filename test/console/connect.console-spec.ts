import { connect, type Socket } from 'node:net';
import { FakeDevice } from '../support/fake-device.js';
import { VIEWS } from './support/console-browser.js';
import { ConsoleFixture } from './support/console-fixture.js';

const IMEI = '356307042441013';
const UNKNOWN = '356307042441021';
/** The beginning of a TLS ClientHello. */
const TLS_HELLO = Buffer.from('16030100f8010000f40303', 'hex');

let fixture: ConsoleFixture;
const sockets: Socket[] = [];
const devices: FakeDevice[] = [];

beforeAll(async () => {
  fixture = await ConsoleFixture.start({ env: { DEVICE_ADMISSION: 'registered' } });
  await fixture.gateway.change('PUT', `registered-devices/${IMEI}`, {});
});

afterEach(async () => {
  await fixture.closePages();
  sockets.splice(0).forEach((socket) => socket.destroy());
  devices.splice(0).forEach((device) => device.close());
});

afterAll(() => fixture.stop());

function send(bytes: Buffer): void {
  const socket = connect(fixture.gateway.devicePort, '127.0.0.1', () => socket.write(bytes));
  socket.on('error', () => undefined);
  sockets.push(socket);
}

function loginOf(imei: string): Buffer {
  return Buffer.concat([Buffer.from([0, imei.length]), Buffer.from(imei)]);
}

describe.each(VIEWS)('at $width px, $theme', (view) => {
  it('says how a device is pointed here, and shows what becomes of each attempt as it happens', async () => {
    const tab = await fixture.open(view);
    await tab.openSignedIn('/connect');
    await tab.page.getByText('Listening').waitFor();
    const sms = tab.page.getByLabel('Text of the SMS');
    expect(await sms.textContent()).toBe(`  setparam 2004:127.0.0.1;2005:${fixture.gateway.devicePort};2006:0;2020:0`);
    send(TLS_HELLO);
    send(loginOf(UNKNOWN));
    devices.push(await FakeDevice.logIn(fixture.gateway.devicePort, IMEI));
    const attempts = tab.page.getByRole('list', { name: 'Attempts' });
    await attempts.getByText(`${IMEI} has logged in`).first().waitFor();
    await attempts.getByText(`Refused: ${UNKNOWN} is not registered`).first().waitFor();
    await attempts.getByText('TLS on the port without TLS').first().waitFor();
    await tab.screenshot('connect');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
  });
});

it('fills in the address that devices reach', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/connect');
  await tab.page.getByLabel('Address that devices reach').fill('iot.example.com');
  await tab.page.getByLabel('Text of the SMS').getByText('2004:iot.example.com;').waitFor();
});
