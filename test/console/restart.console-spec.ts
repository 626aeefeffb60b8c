import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { waitFor } from '../support/wait-for.js';
import { ConsoleFixture } from './support/console-fixture.js';

const IMEI = '356307042441013';

let fixture: ConsoleFixture;

beforeEach(async () => {
  fixture = await ConsoleFixture.start({ env: { EVENT_FEED_ENABLED: 'true' } });
});

afterEach(async () => {
  await fixture.closePages().finally(() => fixture.stop());
});

it.each(['kill', 'stop'] as const)('recovers without a reload when the gateway is restarted in mid-stream (%s)', async (end) => {
  const tab = await fixture.open();
  await tab.openSignedIn(`/devices/${IMEI}`);
  const account = tab.page.getByRole('complementary', { name: 'Account' });
  await account.getByText('Live').waitFor();
  const before = await FakeDevice.logIn(fixture.gateway.devicePort, IMEI);
  await before.exchange(recordsFrame([{ timestampMs: Date.now(), satellites: 9, speed: 41 }]));
  const timeline = tab.page.getByRole('list', { name: 'Timeline' });
  await timeline.getByText('41 km/h').waitFor();
  // A browser that is still loading the map has nothing to load it from.
  await waitFor(() => tab.page.evaluate<boolean>("document.querySelector('.track-map-canvas')?.trackMap?.isComplete === true"));
  await tab.page.evaluate('globalThis.isSamePage = true');
  await fixture.gateway[end]();
  await account.getByText(/Reconnecting|Gateway does not answer/).waitFor();
  await fixture.startGatewayAgain();
  // What happens before the stream is open again is not missed either.
  const after = await FakeDevice.logIn(fixture.gateway.devicePort, IMEI);
  await after.exchange(recordsFrame([{ timestampMs: Date.now(), satellites: 9, speed: 42 }]));
  await timeline.getByText('42 km/h').waitFor();
  await account.getByText('Live').waitFor();
  await after.exchange(recordsFrame([{ timestampMs: Date.now(), satellites: 9, speed: 43 }]));
  await timeline.getByText('43 km/h').waitFor();
  expect(await tab.page.evaluate('globalThis.isSamePage')).toBe(true);
  before.close();
  after.close();
});
