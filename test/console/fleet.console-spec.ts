import { fileURLToPath } from 'node:url';
import { type Page } from 'playwright-core';
import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { waitFor } from '../support/wait-for.js';
import { VIEWS } from './support/console-browser.js';
import { ConsoleFixture } from './support/console-fixture.js';
import { drawn, isComplete, isMapPainted } from './support/fleet-map.js';
import { registerFleet, servePositions, shortestMs, slowestInteractionMs, watchInteractions } from './support/large-fleet.js';

const DEVICES = 3;
const LARGE_FLEET = 10_000;
/** Above it people notice that they wait. */
const MAX_INTERACTION_MS = 200;

let fixture: ConsoleFixture;

beforeAll(async () => {
  fixture = await ConsoleFixture.start({ devices: DEVICES, env: { EVENT_FEED_ENABLED: 'true' } });
  await waitFor(async () => (await fixture.gateway.get<{ count: number }>('telemetry/latest')).body.count === DEVICES);
});

afterEach(() => fixture.closePages());

afterAll(() => fixture.stop());

/** Imei of the device that the list names first. */
const firstImei = async (page: Page): Promise<string> =>
  (await page.getByRole('table', { name: 'Devices' }).getByRole('button').first().textContent()) ?? '';

describe.each(VIEWS)('at $width px, $theme', (view) => {
  it('draws the simulated devices over outlines of countries, and breaks no rule of accessibility', async () => {
    const tab = await fixture.open(view);
    await tab.openSignedIn('/');
    await tab.page.getByText(`${DEVICES} devices`, { exact: true }).waitFor();
    await waitFor(async () => (await drawn(tab.page)).devices === DEVICES);
    expect(await isMapPainted(tab.page)).toBe(true);
    await tab.screenshot('fleet');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
  });

  it('shows a card of the device that was chosen, also after a reload', async () => {
    const tab = await fixture.open(view);
    await tab.openSignedIn('/');
    await tab.page.getByText(`${DEVICES} devices`, { exact: true }).waitFor();
    const imei = await firstImei(tab.page);
    await tab.page.getByRole('button', { name: imei, exact: true }).click();
    const card = tab.page.getByRole('region', { name: `Device ${imei}` });
    await card.getByText('km/h').waitFor();
    await tab.page.reload();
    await card.getByText('km/h').waitFor();
    await waitFor(async () => (await drawn(tab.page)).imeis.includes(imei));
    await tab.screenshot('fleet-card');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
  });
});

it('moves the devices as the stream reports their records, without reading them again', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/');
  await tab.page.getByText(`${DEVICES} devices`, { exact: true }).waitFor();
  const imei = await firstImei(tab.page);
  await tab.page.getByRole('button', { name: imei, exact: true }).click();
  const card = tab.page.getByRole('region', { name: `Device ${imei}` });
  const newest = card.locator('.fact', { hasText: 'Newest record' }).locator('time');
  const before = await newest.getAttribute('datetime');
  const asked: string[] = [];
  tab.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await waitFor(async () => (await newest.getAttribute('datetime')) !== before, { timeoutMs: 30_000 });
  expect(asked).not.toContain('/api/v1/telemetry/latest');
});

describe('a record without satellites', () => {
  const IMEI_OF = { searching: '350612070000207', parked: '350612070000215' };
  /** AVL id 69. */
  const STATUS = { searching: 2, parked: 3 };
  const STATE = { searching: 'No fix', parked: 'Connected' };
  let other: ConsoleFixture;
  const devices = new Map<string, FakeDevice>();

  beforeAll(async () => {
    other = await ConsoleFixture.start({ env: { EVENT_FEED_ENABLED: 'true' } });
    for (const what of ['searching', 'parked'] as const) {
      devices.set(IMEI_OF[what], await FakeDevice.logIn(other.gateway.devicePort, IMEI_OF[what]));
      await send(IMEI_OF[what], STATUS[what]);
    }
    await waitFor(async () => (await other.gateway.get<{ count: number }>('telemetry/latest')).body.count === 2);
  });

  afterAll(async () => {
    devices.forEach((device) => device.close());
    await other.closePages();
    await other.stop();
  });

  async function send(imei: string, status: number): Promise<void> {
    const io = [{ id: 69, value: status }] as const;
    const record = { timestampMs: Date.now(), longitude: 252_000_000, latitude: 546_000_000, satellites: 0, io };
    expect(await devices.get(imei)?.exchange(recordsFrame([record]))).toBe(1);
  }

  it.each(['/', '/devices'])(
    'is a problem, and not while the GNSS receiver is off: in %s, as read and by the stream',
    async (path) => {
      await send(IMEI_OF.searching, STATUS.searching);
      await send(IMEI_OF.parked, STATUS.parked);
      const tab = await other.open();
      await tab.openSignedIn(path);
      await tab.page.getByRole('complementary', { name: 'Account' }).getByText('Live').waitFor();
      const shows = (imei: string, state: string): Promise<void> =>
        tab.page.getByRole('row').filter({ hasText: imei }).getByText(state, { exact: true }).waitFor();
      await shows(IMEI_OF.searching, STATE.searching);
      await shows(IMEI_OF.parked, STATE.parked);
      await send(IMEI_OF.searching, STATUS.parked);
      await send(IMEI_OF.parked, STATUS.searching);
      await shows(IMEI_OF.searching, STATE.parked);
      await shows(IMEI_OF.parked, STATE.searching);
    },
  );
});

it('finds a device by its IMEI and flies to it, by keyboard', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/');
  await tab.page.getByText(`${DEVICES} devices`, { exact: true }).waitFor();
  const imei = await firstImei(tab.page);
  await tab.page.getByLabel('IMEI or name').focus();
  await tab.page.keyboard.type(imei);
  await tab.page.getByText(`1 of ${DEVICES} devices`).waitFor();
  await tab.page.keyboard.press('Enter');
  await tab.page.getByRole('region', { name: `Device ${imei}` }).waitFor();
  await waitFor(async () => (await drawn(tab.page)).imeis.includes(imei));
});

it(`answers within ${MAX_INTERACTION_MS} ms with ${LARGE_FLEET} devices`, async () => {
  await registerFleet(fixture.gateway, LARGE_FLEET);
  const tab = await fixture.open();
  await servePositions(tab.page, LARGE_FLEET);
  await tab.openSignedIn('/');
  await tab.page.getByText(`${(LARGE_FLEET + DEVICES).toLocaleString('en')} devices`, { exact: true }).waitFor();
  await waitFor(async () => (await drawn(tab.page)).devices > LARGE_FLEET / 2);
  await waitFor(() => isComplete(tab.page), { timeoutMs: 30_000 });
  await tab.screenshot('fleet-10000');
  const slowestMs = await shortestMs(MAX_INTERACTION_MS, async () => {
    await watchInteractions(tab.page);
    await tab.page.getByLabel('IMEI or name').pressSequentially('Van 4711');
    await tab.page.getByText('1 of 10,003 devices').waitFor();
    await tab.page.getByRole('button', { name: 'Van 4711', exact: true }).click();
    await tab.page.getByRole('region', { name: 'Device Van 4711' }).waitFor();
    await tab.page.getByRole('button', { name: 'Close' }).click();
    await tab.page.getByLabel('State').selectOption('offline');
    const ms = await slowestInteractionMs(tab.page);
    await tab.page.getByLabel('State').selectOption('');
    await tab.page.getByLabel('IMEI or name').fill('');
    return ms;
  });
  console.info(`Slowest of the interactions with ${LARGE_FLEET} devices: ${slowestMs} ms`);
  expect(slowestMs).toBeLessThan(MAX_INTERACTION_MS);
});

it('shows the streets of CONSOLE_MAP_FILE, to who is signed in', async () => {
  const streets = fileURLToPath(new URL('../fixtures/streets.pmtiles', import.meta.url));
  const other = await ConsoleFixture.start({ devices: 1, env: { CONSOLE_MAP_FILE: streets } });
  expect((await fetch(`${other.gateway.apiUrl}/console/map.pmtiles`)).status).toBe(401);
  const tab = await other.open();
  await tab.openSignedIn('/');
  await waitFor(async () => (await drawn(tab.page)).streets > 0, { timeoutMs: 30_000 });
  await other.closePages();
  await other.stop();
});
