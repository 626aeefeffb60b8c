import { VIEWS } from './support/console-browser.js';
import { ConsoleFixture } from './support/console-fixture.js';

let fixture: ConsoleFixture;

beforeAll(async () => {
  fixture = await ConsoleFixture.start();
  await fixture.gateway.post('keys', { name: 'host-application', scopes: ['read', 'command'] });
});

afterEach(() => fixture.closePages());

afterAll(() => fixture.stop());

describe.each(VIEWS)('at $width px, $theme', (view) => {
  it('keys, the dialog that makes one, and the audit break no rule of accessibility', async () => {
    const tab = await fixture.open(view);
    await tab.openSignedIn('/access');
    await tab.page.getByRole('table', { name: 'Keys' }).getByText('host-application').waitFor();
    await tab.screenshot('access-keys');
    expect(await tab.axe()).toEqual([]);
    await tab.page.getByRole('button', { name: 'Create a key' }).click();
    await tab.page.getByRole('dialog', { name: 'Create a key' }).waitFor();
    await tab.screenshot('access-create');
    expect(await tab.axe()).toEqual([]);
    await tab.page.keyboard.press('Escape');
    await tab.page.getByRole('tab', { name: 'Audit' }).click();
    await tab.page.getByRole('table', { name: 'Audit' }).getByText('key.created').first().waitFor();
    await tab.screenshot('access-audit');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
  });
});

it('makes a key with the keyboard alone, shows it once, and revokes it', async () => {
  const tab = await fixture.open();
  const { page } = tab;
  await tab.openSignedIn('/access');
  await page.getByRole('table', { name: 'Keys' }).waitFor();
  await page.getByRole('button', { name: 'Create a key' }).press('Enter');
  await page.getByRole('dialog', { name: 'Create a key' }).waitFor();
  await page.keyboard.type('workshop');
  await page.getByRole('checkbox', { name: 'command gives' }).press('Space');
  await page.getByLabel('Name').press('Enter');
  const made = page.getByRole('dialog', { name: 'Key workshop' });
  const secret = (await made.getByRole('code').textContent()) ?? '';
  expect((await fixture.gateway.get('devices', { 'x-api-key': secret })).status).toBe(200);
  await made.getByRole('button', { name: 'I have stored it' }).press('Enter');
  await page.getByRole('button', { name: 'Revoke workshop' }).waitFor();
  expect(await page.content()).not.toContain(secret);
  await page.getByRole('button', { name: 'Revoke workshop' }).press('Enter');
  await page
    .getByRole('dialog', { name: 'Revoke workshop?' })
    .getByRole('button', { name: 'Revoke', exact: true })
    .press('Enter');
  await page.getByRole('row', { name: 'workshop' }).getByText('Revoked').waitFor();
  expect((await fixture.gateway.get('devices', { 'x-api-key': secret })).status).toBe(401);
});

it('says why a key can not be made', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/access');
  await tab.page.getByRole('button', { name: 'Create a key' }).click();
  await tab.page.getByLabel('Name').fill('host-application');
  await tab.page.getByRole('button', { name: 'Create', exact: true }).click();
  await tab.page.getByRole('alert').getByText('host-application').waitFor();
});

it('keeps the filters of the audit in the address', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/access?tab=audit&action=key.created');
  const audit = tab.page.getByRole('table', { name: 'Audit' });
  await audit.getByText('key.created').first().waitFor();
  expect(await audit.getByText('console.signed-in').count()).toBe(0);
  await tab.page.getByLabel('Name of a key').fill('nobody');
  await tab.page.getByText('No entry matches').waitFor();
  expect(new URL(tab.page.url()).searchParams.get('key')).toBe('nobody');
});

it('is not offered to a key that lacks the scope admin', async () => {
  const { body } = await fixture.gateway.post<{ secret: string }>('keys', { name: 'reads', scopes: ['read'] });
  const tab = await fixture.open();
  await tab.openSignedIn('/access', body.secret);
  await tab.page.getByText('This key may not see this').waitFor();
  expect(await tab.page.getByRole('link', { name: 'Access' }).count()).toBe(0);
});
