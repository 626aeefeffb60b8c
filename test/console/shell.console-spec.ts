import { VIEWS } from './support/console-browser.js';
import { ConsoleFixture } from './support/console-fixture.js';

let fixture: ConsoleFixture;

beforeAll(async () => {
  fixture = await ConsoleFixture.start({ devices: 3 });
});

afterEach(() => fixture.closePages());

afterAll(() => fixture.stop());

describe.each(VIEWS)('at $width px, $theme', (view) => {
  it('the sign-in and its refusal break no rule of accessibility', async () => {
    const tab = await fixture.open(view);
    await tab.goto();
    await tab.signIn('a wrong key, as long as you like');
    await tab.page.getByText('This key is unknown').waitFor();
    await tab.screenshot('sign-in');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
  });

  it('the system screen shows devices and instances, and breaks no rule of accessibility', async () => {
    const tab = await fixture.open(view);
    await tab.openSignedIn('/system');
    await tab.page.getByRole('term').filter({ hasText: 'Devices connected' }).waitFor();
    const connected = tab.page.locator('.fact', { hasText: 'Devices connected' }).getByRole('definition');
    await connected.filter({ hasText: /^3$/ }).waitFor();
    await tab.page.getByRole('table', { name: 'Instances' }).getByText('This one').waitFor();
    await tab.page.getByRole('table', { name: 'Tables and their size' }).waitFor();
    // Two heartbeats, of which one comes every five seconds.
    await tab.page.locator('.fact', { hasText: 'Records stored' }).getByText('/s').waitFor();
    await tab.screenshot('system');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
  });
});

it('everything works with the keyboard alone', async () => {
  const tab = await fixture.open();
  const { keyboard } = tab.page;
  await tab.goto();
  await tab.page.getByLabel('API key').waitFor();
  await keyboard.type('a key for tests');
  await keyboard.press('Enter');
  await tab.page.getByRole('navigation').waitFor();
  const focused = (): Promise<string> =>
    tab.page.evaluate<string>('document.activeElement.textContent.trim() || document.activeElement.tagName');
  await keyboard.press('Tab');
  expect(await focused()).toBe('Skip to the content');
  await keyboard.press('Enter');
  expect(await tab.page.evaluate('document.activeElement.id')).toBe('main');
  await tab.page.reload();
  await tab.page.getByRole('navigation').waitFor();
  const passed: string[] = [];
  for (let step = 0; step < 12 && passed.at(-1) !== 'Sign out'; step++) {
    await keyboard.press('Tab');
    passed.push(await focused());
  }
  expect(passed).toEqual(expect.arrayContaining(['Skip to the content', 'IoT gateway', 'System', 'Sign out']));
  await keyboard.press('Enter');
  await tab.page.getByRole('heading', { name: 'Sign in to the IoT gateway' }).waitFor();
});

it('copies each call as a command that a shell takes, without a key', async () => {
  const tab = await fixture.open();
  await tab.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await tab.openSignedIn('/system');
  await tab.page.getByRole('button', { name: 'Copy as curl: GET /api/v1/webhooks/status' }).click();
  await tab.page.getByText('The command was copied').waitFor();
  expect(await tab.page.evaluate('navigator.clipboard.readText()')).toBe(
    `curl -sS -H "x-api-key: $IOT_API_KEY" '${fixture.gateway.apiUrl}/api/v1/webhooks/status'`,
  );
});

it('an address that is no screen says so', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/nothing/here');
  await tab.page.getByText('There is no such page').waitFor();
});
