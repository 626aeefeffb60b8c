import { FakeDevice } from '../support/fake-device.js';
import { waitFor } from '../support/wait-for.js';
import { recordsFrame, type TestRecord } from '../support/frames.js';
import { type ConsolePage, VIEWS } from './support/console-browser.js';
import { ConsoleFixture } from './support/console-fixture.js';

const SIMULATED = '350612000000008';
const LIVE_DEVICE = '350612070000083';
const BANNED_DEVICE = '350612070000091';
const UNHEARD_DEVICE = '350612070000109';
/** AVL ids. */
const OUTPUT_1 = 179;
const EXTERNAL_VOLTAGE = 66;

let fixture: ConsoleFixture;

beforeAll(async () => {
  fixture = await ConsoleFixture.start({ env: { EVENT_FEED_ENABLED: 'true' }, devices: 3 });
});

afterEach(() => fixture.closePages());

afterAll(() => fixture.stop());

function record(speed: number, io: TestRecord['io'] = []): Buffer {
  return recordsFrame([{ timestampMs: Date.now(), longitude: 252_000_000, latitude: 546_000_000, satellites: 9, speed, io }]);
}

/** The value of a term in a part of the screen. */
function fact(tab: ConsolePage, panel: string, term: string) {
  return tab.page.getByRole('region', { name: panel }).locator('.fact', { hasText: term }).getByRole('definition');
}

/** Without offsets and text. */
const hexOfDump = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.slice(6, 6 + 3 * 16).replaceAll(' ', ''))
    .join('');

const drawnOfTrack = (tab: ConsolePage, layer: string): Promise<number> =>
  tab.page.evaluate<number>(`document.querySelector('.track-map-canvas')?.trackMap?.drawn('${layer}').length ?? 0`);

it('is live: records, the connection and its end are shown as they happen', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn(`/devices/${LIVE_DEVICE}`);
  await tab.page.getByText('Nothing is known of this device').waitFor();
  await tab.page.getByText('The gateway knows of no earlier connection').waitFor();
  await tab.page.getByRole('complementary', { name: 'Account' }).getByText('Live').waitFor();
  const device = await FakeDevice.logIn(fixture.gateway.devicePort, LIVE_DEVICE);
  await fact(tab, 'Connection', 'Address').getByText('127.0.0.1').waitFor();
  await device.exchange(record(42, [{ id: EXTERNAL_VOLTAGE, width: 2, value: 12_843 }]));
  await fact(tab, 'Newest record', 'Speed').getByText('42 km/h').waitFor();
  const elements = tab.page.getByRole('table', { name: 'IO elements' });
  await elements
    .getByRole('row', { name: /^External Voltage/ })
    .getByText('12.843 V')
    .waitFor();
  await device.exchange(record(57, [{ id: EXTERNAL_VOLTAGE, width: 2, value: 12_001 }]));
  await fact(tab, 'Newest record', 'Speed').getByText('57 km/h').waitFor();
  await tab.page.getByRole('img', { name: /External 12\.00 V/ }).waitFor();
  const timeline = tab.page.getByRole('list', { name: 'Timeline' });
  await timeline.getByText('57 km/h, 9 satellites').waitFor();
  await timeline.getByText('Logged in').waitFor();
  device.close();
  await timeline.getByText('Connection ended').waitFor();
  await tab.page.getByText('Its last connection ended').waitFor();
});

it('an action is sent with its facts in view, and is confirmed by the reply', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn(`/devices/${SIMULATED}`);
  const form = tab.page.getByRole('form', { name: 'Send a command' });
  await form.getByRole('region', { name: 'The device now' }).getByText(/s old/).waitFor();
  await form.getByLabel('Command', { exact: true }).selectOption('output1-on');
  await form.getByLabel('To confirm').fill(SIMULATED.slice(-4));
  await form.getByRole('button', { name: 'Send' }).click();
  const sent = tab.page.getByRole('region', { name: 'The command that was sent' });
  await sent.getByText('Confirmed by reply').waitFor();
  await tab.page.getByRole('table', { name: 'Recent commands' }).getByText('Confirmed by reply').waitFor();
});

it('an action is confirmed by telemetry when the device says nothing', async () => {
  const imei = '350612070000117';
  const device = await FakeDevice.logIn(fixture.gateway.devicePort, imei);
  await device.exchange(record(0, [{ id: OUTPUT_1, width: 1, value: 0 }]));
  const tab = await fixture.open();
  await tab.openSignedIn(`/devices/${imei}`);
  const form = tab.page.getByRole('form', { name: 'Send a command' });
  await form.getByLabel('Command', { exact: true }).selectOption('output1-on');
  await form.getByLabel('To confirm').fill(imei.slice(-4));
  await form.getByRole('button', { name: 'Send' }).click();
  expect(await device.command()).toBe('setdigout 1?');
  const sent = tab.page.getByRole('region', { name: 'The command that was sent' });
  await sent.getByText('Waiting for the answer').waitFor();
  await device.exchange(record(0, [{ id: OUTPUT_1, width: 1, value: 1 }]));
  await sent.getByText('Confirmed by telemetry').first().waitFor();
  device.close();
});

it('a ban needs the last digits of the IMEI, and closes the connection; it ends in the same way', async () => {
  const device = await FakeDevice.logIn(fixture.gateway.devicePort, BANNED_DEVICE);
  const tab = await fixture.open();
  await tab.openSignedIn(`/devices/${BANNED_DEVICE}`);
  const main = tab.page.getByRole('main');
  await main.getByText('Connected', { exact: true }).waitFor();
  await main.getByRole('button', { name: 'Ban', exact: true }).click();
  const dialog = tab.page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('stolen');
  await dialog.getByLabel('To confirm').fill('1234');
  await dialog.getByRole('button', { name: 'Ban', exact: true }).click();
  await dialog.getByText('are not these').waitFor();
  expect(await tab.axe()).toEqual([]);
  expect(device.isClosed).toBe(false);
  await dialog.getByLabel('To confirm').fill(BANNED_DEVICE.slice(-4));
  await dialog.getByRole('button', { name: 'Ban', exact: true }).click();
  await device.closed();
  await main.getByText('Not connected', { exact: true }).first().waitFor();
  await main.getByText('Reason of the ban: stolen').waitFor();
  await tab.page.getByRole('region', { name: 'Findings' }).getByText('BANNED').waitFor();
  await main.getByRole('button', { name: 'End the ban' }).click();
  await dialog.getByLabel('To confirm').fill(BANNED_DEVICE.slice(-4));
  await dialog.getByRole('button', { name: 'End the ban' }).click();
  await main.getByText('Registered', { exact: true }).waitFor();
});

it('its bytes are shown as they happen while the trace is on, and are in the log of the gateway', async () => {
  const imei = '350612070000125';
  const device = await FakeDevice.logIn(fixture.gateway.devicePort, imei);
  const tab = await fixture.open();
  await tab.openSignedIn(`/devices/${imei}`);
  const trace = tab.page.getByRole('region', { name: 'Hex trace' });
  await trace.getByRole('button', { name: 'Trace in hex' }).click();
  await trace.getByText('No byte yet').waitFor();
  const frame = record(33);
  await device.exchange(frame);
  const bytes = trace.getByRole('list', { name: 'Bytes' });
  await bytes.getByText('← to the device').waitFor();
  const shown = (await bytes.locator('pre').allTextContents()).map(hexOfDump);
  expect(shown).toEqual(['00000001', frame.toString('hex')]);
  await fixture.gateway.process.waitForLine(new RegExp(`${imei} in .*${frame.toString('hex')}`));
  await tab.screenshot('device-trace');
  expect(await tab.axe()).toEqual([]);
  await trace.getByRole('button', { name: 'Pause' }).click();
  await device.exchange(record(34));
  await trace.getByRole('button', { name: 'Continue' }).click();
  await bytes.getByText('← to the device').nth(1).waitFor();
  await trace.getByRole('button', { name: 'Stop the trace' }).click();
  await trace.getByRole('button', { name: 'Trace in hex' }).waitFor();
  expect(await bytes.getByRole('listitem').count()).toBe(4);
  await trace.getByRole('button', { name: 'Clear' }).click();
  await bytes.waitFor({ state: 'detached' });
  device.close();
});

it('its way is drawn on a map, and grows with each record', async () => {
  const imei = '350612070000133';
  const device = await FakeDevice.logIn(fixture.gateway.devicePort, imei);
  const start = Date.now() - 60_000;
  const at = (index: number): TestRecord => ({
    timestampMs: start + index * 1_000,
    longitude: 252_000_000 + index * 10_000,
    latitude: 546_000_000,
    satellites: index === 2 ? 0 : 9,
  });
  await device.exchange(recordsFrame([0, 1, 2, 3].map(at)));
  const tab = await fixture.open();
  await tab.openSignedIn(`/devices/${imei}`);
  const track = tab.page.getByRole('region', { name: 'Track' });
  await track.getByText('3 positions').waitFor();
  await waitFor(async () => (await drawnOfTrack(tab, 'track-line')) > 0 && (await drawnOfTrack(tab, 'track-end')) === 2);
  await device.exchange(recordsFrame([at(4)]));
  await track.getByText('4 positions').waitFor();
  device.close();
});

it('a key that may only read is offered nothing that changes', async () => {
  const { body } = await fixture.gateway.post<{ secret: string }>('keys', { name: 'device-reader', scopes: ['read'] });
  const tab = await fixture.open();
  await tab.openSignedIn(`/devices/${SIMULATED}`, body.secret);
  await fact(tab, 'Newest record', 'Speed').waitFor();
  for (const name of ['Ban', 'Register', 'Trace in hex', 'Send']) {
    expect(await tab.page.getByRole('button', { name, exact: true }).count()).toBe(0);
  }
});

it('what is no IMEI says so', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/devices/123');
  await tab.page.getByText('Not an IMEI').waitFor();
});

describe.each(VIEWS)('at $width pixels, $theme', (view) => {
  it('a device breaks no rule of accessibility', async () => {
    const tab = await fixture.open(view);
    await tab.openSignedIn(`/devices/${SIMULATED}`);
    await tab.page.getByRole('img', { name: /^Speed over time/ }).waitFor();
    await tab.page.getByRole('table', { name: 'IO elements' }).getByText('External Voltage', { exact: true }).waitFor();
    await tab.page.getByRole('list', { name: 'Timeline' }).getByText('Logged in').waitFor();
    await tab.screenshot('device');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
  });

  it('so does one that has never connected', async () => {
    const tab = await fixture.open(view);
    await tab.openSignedIn(`/devices/${UNHEARD_DEVICE}`);
    await tab.page.getByText('Nothing has happened yet').waitFor();
    await tab.page.getByText('No command yet').waitFor();
    await tab.screenshot('device-never-connected');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
  });
});
