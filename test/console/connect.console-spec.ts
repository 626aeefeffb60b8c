import { connect, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { writeTestCertificate } from '../support/test-certificate.js';
import { waitFor } from '../support/wait-for.js';
import { VIEWS } from './support/console-browser.js';
import { ConsoleFixture } from './support/console-fixture.js';

const IMEI = '356307042441013';
const UNKNOWN = '356307042441021';
const BANNED = '356307042441039';
const SIMULATED = '350612000000008';
/** The beginning of a TLS ClientHello. */
const TLS_HELLO = Buffer.from('16030100f8010000f40303', 'hex');

let folder: string;
let fixture: ConsoleFixture;
let tlsPort: number;
/** Of a test with a gateway of its own, where no device has to be registered. */
let open: ConsoleFixture | null = null;
const sockets: Socket[] = [];
const devices: FakeDevice[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iot-broker-connect-'));
  const { certificateFile, keyFile } = await writeTestCertificate(folder, 'connect');
  fixture = await ConsoleFixture.start({
    env: {
      DEVICE_ADMISSION: 'registered',
      BROKER_TLS_PORT: '0',
      BROKER_TLS_CERT_FILE: certificateFile,
      BROKER_TLS_KEY_FILE: keyFile,
    },
  });
  const [, port] = await fixture.gateway.process.waitForLine(/Devices with TLS connect to port (\d+)/);
  tlsPort = Number(port);
  await fixture.gateway.change('PUT', `registered-devices/${IMEI}`, {});
  await fixture.gateway.change('PUT', `registered-devices/${BANNED}`, {});
  await fixture.gateway.post(`registered-devices/${BANNED}/ban`, { reason: 'stolen' });
});

afterEach(async () => {
  await fixture.closePages();
  try {
    await open?.closePages();
  } finally {
    await open?.stop();
  }
  open = null;
  sockets.splice(0).forEach((socket) => socket.destroy());
  devices.splice(0).forEach((device) => device.close());
});

afterAll(async () => {
  await fixture.stop();
  rmSync(folder, { recursive: true });
});

function send(bytes: Buffer | string, port = fixture.gateway.devicePort): void {
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
  socket.on('error', () => undefined);
  sockets.push(socket);
}

function loginOf(imei: string): Buffer {
  return Buffer.concat([Buffer.from([0, imei.length]), Buffer.from(imei)]);
}

async function sendBadChecksum(): Promise<void> {
  const device = await FakeDevice.logIn(fixture.gateway.devicePort, IMEI);
  devices.push(device);
  const frame = recordsFrame([{}]);
  frame.writeUInt8(frame.readUInt8(frame.length - 1) ^ 1, frame.length - 1);
  device.send(frame);
}

/** An attempt of each kind, what the page says of it, and the hint. */
const ATTEMPTS: readonly (readonly [attempt: () => unknown, title: string, hint: string])[] = [
  [() => send(TLS_HELLO), 'TLS on the port without TLS', 'Set parameter 2020 to 0'],
  [() => send(loginOf(IMEI), tlsPort), 'No TLS on the TLS port', 'Set parameter 2020 to 1'],
  [() => send('GET / HTTP/1.1\r\n\r\n'), 'An HTTP request on a device port', 'A browser, a health check or a scanner'],
  [() => send('SSH-2.0-OpenSSH_9.2\r\n'), 'The first bytes are not a login', 'Another program'],
  [() => send(loginOf('35630704244101')), 'A login without an IMEI of 15 digits', 'not a Teltonika device'],
  [sendBadChecksum, 'A frame with a wrong checksum', 'Bytes were changed on the way'],
  [() => send(loginOf(UNKNOWN)), 'Refused: not registered', `Register ${UNKNOWN}`],
  [() => send(loginOf(BANNED)), 'Refused: banned', 'Lift the ban'],
];

it('shows each kind of attempt as it happens, with its own outcome and a hint', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/connect');
  await tab.page.getByText('Listening').waitFor();
  await tab.page.getByText('No device is connected.').waitFor();
  for (const [index, [attempt, title, hint]] of ATTEMPTS.entries()) {
    await attempt();
    const entry = tab.page.getByRole('list', { name: 'Attempts' }).getByRole('listitem').filter({ hasText: title });
    await entry.getByText(hint).waitFor();
    const failed = tab.page.getByRole('list', { name: 'Attempts' }).getByRole('listitem').filter({ hasNotText: 'logged in' });
    expect(await failed.count()).toBe(index + 1);
  }
  await tab.screenshot('connect-attempts');
  const repeated = tab.page.getByRole('listitem').filter({ hasText: 'An HTTP request on a device port' });
  send('GET / HTTP/1.1\r\n\r\n');
  await repeated.getByText('2 times since').waitFor();
});

describe.each(VIEWS)('at $width px, $theme', (view) => {
  it('says how a device is pointed here, also that it is connected, and breaks no rule of accessibility', async () => {
    const tab = await fixture.open(view);
    await tab.openSignedIn('/connect');
    const sms = tab.page.getByLabel('Text of the SMS');
    expect(await sms.textContent()).toBe(`  setparam 2004:127.0.0.1;2005:${fixture.gateway.devicePort};2006:0;2020:0`);
    // The first read has been made: who logs in from now on is new.
    await tab.page.getByText('No device is connected.').waitFor();
    devices.push(await FakeDevice.logIn(fixture.gateway.devicePort, IMEI));
    await tab.page.getByText(`${IMEI} logged in`).first().waitFor();
    await tab.page.getByText('One device is connected.').waitFor();
    await tab.screenshot('connect');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
    await tab.page.getByRole('link', { name: 'See the fleet on the map' }).click();
    await tab.page.getByRole('heading', { name: 'Fleet' }).waitFor();
  });
});

it('fills in the address that devices reach', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/connect');
  await tab.page.getByLabel('Address that devices reach').fill('iot.example.com');
  await tab.page.getByLabel('Text of the SMS').getByText('2004:iot.example.com;').waitFor();
});

it('one button runs simulated devices, another one stops them', async () => {
  open = await ConsoleFixture.start();
  const { gateway } = open;
  const tab = await open.open();
  await tab.openSignedIn('/connect');
  await tab.page.getByRole('button', { name: 'Run the simulator' }).click();
  await tab.page.getByText('20 simulated devices').waitFor();
  await tab.page.getByText('20 devices are connected.').waitFor();
  await tab.page.getByText(`${SIMULATED} logged in`).waitFor();
  await tab.screenshot('connect-simulator');
  await tab.page.getByRole('button', { name: 'Stop the simulator' }).click();
  await tab.page.getByRole('button', { name: 'Run the simulator' }).waitFor();
  await waitFor(async () => (await gateway.get<{ count: number }>('devices')).body.count === 0);
});

it('does not offer the simulator to a key that may not administrate', async () => {
  const { body } = await fixture.gateway.post<{ secret: string }>('keys', { name: 'reader', scopes: ['read'] });
  const tab = await fixture.open();
  await tab.openSignedIn('/connect', body.secret);
  await tab.page.getByLabel('Text of the SMS').waitFor();
  expect(await tab.page.getByText('Try it without a device').count()).toBe(0);
});
