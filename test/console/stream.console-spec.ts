import { ConsoleFixture } from './support/console-fixture.js';

let fixture: ConsoleFixture;

afterEach(() => fixture.closePages());

describe('with events recorded', () => {
  beforeAll(async () => {
    fixture = await ConsoleFixture.start({ env: { EVENT_FEED_ENABLED: 'true' } });
  });

  afterAll(() => fixture.stop());

  it('the shell says that the console is live, also after a lost connection and a reload, by one stream', async () => {
    const tab = await fixture.open();
    const streams: string[] = [];
    tab.page.on('request', (request) => request.url().includes('/api/v1/stream') && streams.push(request.url()));
    await tab.openSignedIn('/system');
    const account = tab.page.getByRole('complementary', { name: 'Account' });
    await account.getByText('Live').waitFor();
    expect(streams).toHaveLength(1);
    await tab.page.context().setOffline(true);
    await account.getByText(/Reconnecting|Gateway does not answer/).waitFor();
    await tab.page.context().setOffline(false);
    await account.getByText('Live').waitFor();
    await tab.page.reload();
    await account.getByText('Live').waitFor();
  });

  it('signing out closes the stream', async () => {
    const tab = await fixture.open();
    await tab.openSignedIn('/system');
    const account = tab.page.getByRole('complementary', { name: 'Account' });
    await account.getByText('Live').waitFor();
    const closed = tab.page.waitForEvent('requestfailed', (request) => request.url().includes('/api/v1/stream'));
    await account.getByRole('button', { name: 'Sign out' }).click();
    await closed;
  });
});

describe('with no events recorded', () => {
  beforeAll(async () => {
    fixture = await ConsoleFixture.start();
  });

  afterAll(() => fixture.stop());

  it('the shell says that the console is not live, and screens go on to read', async () => {
    const tab = await fixture.open();
    await tab.openSignedIn('/system');
    await tab.page.getByRole('complementary', { name: 'Account' }).getByText('Connected, not live').waitFor();
    await tab.page.getByRole('table', { name: 'Instances' }).getByText('This one').waitFor();
  });
});
