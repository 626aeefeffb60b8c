import { TcpProxy } from '../support/tcp-proxy.js';
import { ConsoleFixture } from './support/console-fixture.js';

/** No process listens there. */
const CLOSED_PORT = 1;

const SCREENS = [
  '/',
  '/devices',
  '/devices/356307042441013',
  '/commands',
  '/commands/1',
  '/events',
  '/events/1',
  '/access',
  '/connect',
];

let fixture: ConsoleFixture;
let proxy: TcpProxy;
let databasePort: number;

beforeAll(async () => {
  fixture = await ConsoleFixture.start({
    env: { EVENT_FEED_ENABLED: 'true' },
    databaseUrl: async (url) => {
      const target = new URL(url);
      databasePort = Number(target.port);
      proxy = await TcpProxy.to(target.hostname, databasePort);
      target.host = `127.0.0.1:${proxy.port}`;
      return target.href;
    },
  });
});

afterEach(() => fixture.closePages());

afterAll(async () => {
  await fixture.stop();
  await proxy.close();
});

it('without the database the console says so, keeps what it has shown, and recovers by itself', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/system');
  await tab.page.getByRole('table', { name: 'Instances' }).getByText('This one').waitFor();
  proxy.retarget(CLOSED_PORT);
  proxy.reset();
  const account = tab.page.getByRole('complementary', { name: 'Account' });
  await account.getByText('Database unavailable').waitFor();
  await tab.page.getByText('Shown is what was read at').first().waitFor();
  await tab.page.getByText('Not ready').waitFor();
  expect(await tab.page.getByRole('table', { name: 'Instances' }).isVisible()).toBe(true);
  await tab.screenshot('system-stale');
  expect(await tab.axe()).toEqual([]);
  const late = await fixture.open();
  await late.goto('/system');
  await late.page.getByText('Sign in to the IoT gateway').waitFor();
  await late.signIn();
  await late.page.getByText('The database is not available').waitFor();
  proxy.retarget(databasePort);
  await account.getByText('Live', { exact: true }).waitFor();
  await tab.page.getByText('Shown is what was read at').first().waitFor({ state: 'detached' });
});

it('every screen says that the database is not available, and shows its content when it is back', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/system');
  await tab.page.getByRole('table', { name: 'Instances' }).getByText('This one').waitFor();
  // The files of the screens are loaded by now: without the database the pages of a restarted browser are served all the same.
  proxy.retarget(CLOSED_PORT);
  proxy.reset();
  await tab.page.getByRole('complementary', { name: 'Account' }).getByText('Database unavailable').waitFor();
  for (const path of SCREENS) {
    await tab.page.evaluate(`history.pushState(null, '', '/console${path}'); dispatchEvent(new PopStateEvent('popstate'))`);
    await tab.page.getByText('The database is not available').first().waitFor();
    const found = await tab.axe();
    expect([path, found]).toEqual([path, []]);
  }
  proxy.retarget(databasePort);
  for (const path of SCREENS) {
    await tab.page.evaluate(`history.pushState(null, '', '/console${path}'); dispatchEvent(new PopStateEvent('popstate'))`);
    await tab.page.getByRole('heading', { level: 1 }).waitFor();
    await tab.page.getByText('The database is not available').first().waitFor({ state: 'detached' });
  }
});

it('without the gateway the console says so, and recovers by itself when it is back', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/system');
  await tab.page.getByRole('table', { name: 'Instances' }).getByText('This one').waitFor();
  await tab.page.context().setOffline(true);
  const account = tab.page.getByRole('complementary', { name: 'Account' });
  await account.getByText('Gateway does not answer').waitFor();
  await tab.page.context().setOffline(false);
  await account.getByText('Live', { exact: true }).waitFor();
});
