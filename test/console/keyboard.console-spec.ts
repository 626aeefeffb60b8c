import { type ConsolePage } from './support/console-browser.js';
import { ConsoleFixture } from './support/console-fixture.js';

const SIMULATED = '350612000000008';
const MAX_STEPS = 400;

/** What can be operated: everything of it has to be reached by Tab. Of a list of tabs only the current one, the others by arrow keys. */
const OPERABLE =
  'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), summary, [tabindex="0"]';

let fixture: ConsoleFixture;

beforeAll(async () => {
  fixture = await ConsoleFixture.start({ env: { EVENT_FEED_ENABLED: 'true' }, devices: 2 });
});

afterEach(() => fixture.closePages());

afterAll(() => fixture.stop());

interface Reached {
  readonly isBody: boolean;
  readonly hasIndicator: boolean;
  readonly name: string;
}

/** Marks the element that has the focus. */
const noteFocus = (tab: ConsolePage): Promise<Reached> =>
  tab.page.evaluate<Reached>(`(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    element.dataset.reached = 'yes';
    return {
      isBody: element === document.body,
      hasIndicator: (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none',
      name: element.outerHTML.slice(0, 160),
    };
  })()`);

const notReached = (tab: ConsolePage): Promise<string[]> =>
  tab.page.evaluate<string[]>(`[...document.querySelectorAll('${OPERABLE}')]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.tabIndex >= 0 && element.dataset.reached !== 'yes')
    .map((element) => element.outerHTML.slice(0, 160))`);

it.each([
  ['/', 'Fleet'],
  ['/devices', 'Devices'],
  [`/devices/${SIMULATED}`, SIMULATED],
  ['/commands', 'Commands'],
  ['/events', 'Events'],
  ['/access', 'Access'],
  ['/system', 'System'],
  ['/connect', 'Connect a device'],
])('everything on %s is reached by Tab, is seen to have the focus, and lets it pass', async (path, heading) => {
  const tab = await fixture.open();
  await tab.openSignedIn(path);
  await tab.page.getByRole('heading', { level: 1, name: heading }).waitFor();
  await tab.page.getByRole('complementary', { name: 'Account' }).getByText('Live').waitFor();
  await tab.page.locator('.loading').first().waitFor({ state: 'detached' });
  const withoutIndicator: string[] = [];
  let steps = 0;
  // Lists change while the keyboard passes through them: round by round until nothing is left.
  for (let left = await notReached(tab); left.length > 0 && steps < MAX_STEPS; steps++) {
    await tab.page.keyboard.press('Tab');
    const { isBody, hasIndicator, name } = await noteFocus(tab);
    if (!hasIndicator && !isBody) {
      withoutIndicator.push(name);
    }
    left = await notReached(tab);
  }
  expect(await notReached(tab)).toEqual([]);
  expect(withoutIndicator).toEqual([]);
  await tab.page.keyboard.press('Shift+Tab');
  expect((await noteFocus(tab)).name).not.toBe('');
});

it('a command is sent with the keyboard alone', async () => {
  const tab = await fixture.open();
  const { keyboard } = tab.page;
  await tab.openSignedIn('/commands');
  await tab.page.getByRole('button', { name: 'Send a command' }).focus();
  await keyboard.press('Enter');
  const dialog = tab.page.getByRole('dialog');
  await dialog.waitFor();
  await keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  // The focus returns to where it was.
  expect(await tab.page.evaluate('document.activeElement.textContent')).toBe('Send a command');
});
