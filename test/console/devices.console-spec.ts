import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { VIEWS } from './support/console-browser.js';
import { ConsoleFixture } from './support/console-fixture.js';
import { shortestMs } from './support/large-fleet.js';

/** How long a key press or a scroll may take until it is drawn. */
const MAX_INTERACTION_MS = 200;
const LATE_DEVICE = '350612070000018';
const BANNED_DEVICE = '350612070000026';
/** Neither connected nor registered: its records are all that is known of it. */
const GONE_DEVICE = '350612070000042';

let fixture: ConsoleFixture;

beforeAll(async () => {
  fixture = await ConsoleFixture.start({ env: { EVENT_FEED_ENABLED: 'true' }, devices: 12 });
  await fixture.gateway.post(`registered-devices/${BANNED_DEVICE}/ban`, { reason: 'stolen' });
  await fixture.gateway.change('PUT', `registered-devices/${LATE_DEVICE}`, { name: 'Van 12' });
  const gone = await FakeDevice.logIn(fixture.gateway.devicePort, GONE_DEVICE);
  await gone.exchange(
    recordsFrame([{ timestampMs: Date.now(), longitude: 252_000_000, latitude: 546_000_000, satellites: 9, speed: 33 }]),
  );
  gone.close();
});

afterEach(() => fixture.closePages());

afterAll(() => fixture.stop());

describe.each(VIEWS)('at $width pixels, $theme', (view) => {
  it('lists devices with their state, live, and breaks no rule of accessibility', async () => {
    const tab = await fixture.open(view);
    await tab.openSignedIn('/devices');
    const table = tab.page.getByRole('table', { name: 'Devices' });
    await table.getByText('Connected', { exact: true }).nth(11).waitFor();
    await table.getByRole('row').filter({ hasText: BANNED_DEVICE }).getByText('Banned').waitFor();
    await tab.screenshot('devices');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
  });
});

it('a device that logs in and leaves is shown so without a reload', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn(`/devices?q=${LATE_DEVICE}`);
  const row = tab.page.getByRole('row').filter({ hasText: LATE_DEVICE });
  await row.getByText('Not connected').waitFor();
  const device = await FakeDevice.logIn(fixture.gateway.devicePort, LATE_DEVICE);
  await row.getByText('Connected', { exact: true }).waitFor();
  device.close();
  await row.getByText('Not connected').waitFor();
});

it('a device of which there are only records is listed with the newest', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn(`/devices?q=${GONE_DEVICE}`);
  const row = tab.page.getByRole('row').filter({ hasText: GONE_DEVICE });
  await row.getByText('33 km/h').waitFor();
  await row.getByText('Not connected').waitFor();
});

it('search and state stand in the address, and what fits nothing says so', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/devices');
  await tab.page.getByLabel('Search by IMEI or name').fill('van');
  await tab.page.getByText('1 of 15 devices').waitFor();
  await tab.page.getByRole('link', { name: LATE_DEVICE }).waitFor();
  await tab.page.getByRole('button', { name: /^Banned/ }).click();
  await tab.page.getByText('No device fits').waitFor();
  expect(tab.page.url()).toMatch(/\/console\/devices\?q=van&state=banned$/);
  await tab.page.reload();
  await tab.page.getByText('No device fits').waitFor();
  await tab.page.getByRole('button', { name: 'Show all devices' }).click();
  await tab.page.getByText('15 devices').waitFor();
});

it('registers a device', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/devices?q=Lorry');
  await tab.page.getByRole('button', { name: 'Register a device' }).click();
  const dialog = tab.page.getByRole('dialog', { name: 'Register a device' });
  await dialog.getByLabel('IMEI').fill('123');
  await dialog.getByLabel('Name').fill('Lorry 7');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('An IMEI has 15 digits').waitFor();
  await dialog.getByLabel('IMEI').fill('350612070000034');
  expect(await tab.axe()).toEqual([]);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await tab.page.getByRole('row').filter({ hasText: 'Lorry 7' }).waitFor();
  await fixture.gateway.change('DELETE', 'registered-devices/350612070000034');
});

it('a key that may only read is offered no change', async () => {
  const { body } = await fixture.gateway.post<{ secret: string }>('keys', { name: 'reader', scopes: ['read'] });
  const tab = await fixture.open();
  await tab.openSignedIn('/devices', body.secret);
  await tab.page.getByRole('table', { name: 'Devices' }).waitFor();
  expect(await tab.page.getByRole('button', { name: 'Register a device' }).count()).toBe(0);
});

it('10,000 devices stay fluid: a search and a scroll are drawn within 200 ms, by few rows', async () => {
  for (let thousand = 0; thousand < 10; thousand++) {
    const devices = Array.from({ length: 1_000 }, (_, n) => ({ imei: String(350612080000000 + thousand * 1_000 + n) }));
    await fixture.gateway.post('registered-devices', { devices });
  }
  const tab = await fixture.open();
  await tab.openSignedIn('/devices');
  await tab.page.getByText(/^10,0\d\d devices$/).waitFor();
  const table = tab.page.getByRole('table', { name: 'Devices' });
  expect(await table.getByRole('row').count()).toBeLessThan(80);
  const drawnAfter = (action: string): Promise<number> =>
    tab.page.evaluate<number>(`new Promise((resolve) => {
      const start = performance.now();
      ${action};
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start)));
    })`);
  const drawnMs = await shortestMs(MAX_INTERACTION_MS, async () => {
    const typed = await drawnAfter(`
      const field = document.querySelector('input[type=search]');
      field.value = '35061208000999';
      field.dispatchEvent(new InputEvent('input', { bubbles: true }))`);
    await tab.page.getByText(/^10 of 10,0\d\d devices$/).waitFor();
    await tab.page.getByLabel('Search by IMEI or name').fill('');
    await tab.page.getByText(/^10,0\d\d devices$/).waitFor();
    const scrolled = await drawnAfter(`document.querySelector('.table-virtual').scrollTop = 200000`);
    await drawnAfter(`document.querySelector('.table-virtual').scrollTop = 0`);
    return Math.max(typed, scrolled);
  });
  expect(drawnMs).toBeLessThan(MAX_INTERACTION_MS);
});
