import { API_KEY } from '../support/gateway.js';
import { ConsoleFixture } from './support/console-fixture.js';

let fixture: ConsoleFixture;

beforeAll(async () => {
  fixture = await ConsoleFixture.start();
});

afterEach(() => fixture.closePages());

afterAll(() => fixture.stop());

describe('signing in', () => {
  it('is refused with a wrong key, in words, and goes on with a right one to the address that was asked for', async () => {
    const tab = await fixture.open();
    await tab.goto('/system?from=a-link');
    await tab.signIn('a wrong key, as long as you like');
    await tab.page.getByText('This key is unknown, revoked or expired').waitFor();
    await tab.signIn();
    await tab.page.getByRole('heading', { level: 1, name: 'System' }).waitFor();
    expect(tab.page.url()).toMatch(/\/console\/system\?from=a-link$/);
  });

  it('without a key asks for one, and sends nothing', async () => {
    const tab = await fixture.open();
    await tab.goto();
    await tab.page.getByRole('button', { name: 'Sign in' }).waitFor();
    const sent: string[] = [];
    tab.page.on('request', (request) => sent.push(request.method()));
    await tab.page.getByRole('button', { name: 'Sign in' }).click();
    await tab.page.getByText('Enter a key').waitFor();
    expect(sent).toEqual([]);
  });

  it('leaves the key nowhere in the browser, and the cookie to no script', async () => {
    const tab = await fixture.open();
    await tab.openSignedIn();
    const [cookie] = await tab.page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    const seen = await tab.page.evaluate<string>(
      'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML])',
    );
    expect(seen).not.toContain(API_KEY);
    expect(seen).not.toContain(cookie!.value);
  });

  it('lasts over a reload, in another tab of the browser too, until it is signed out', async () => {
    const tab = await fixture.open();
    await tab.openSignedIn('/system');
    await tab.page.reload();
    await tab.page.getByRole('heading', { level: 1, name: 'System' }).waitFor();
    await tab.page.getByRole('complementary').getByRole('button', { name: 'Sign out' }).click();
    await tab.page.getByRole('heading', { name: 'Sign in to the IoT gateway' }).waitFor();
    await tab.page.reload();
    await tab.page.getByRole('heading', { name: 'Sign in to the IoT gateway' }).waitFor();
    expect(await tab.page.context().cookies()).toEqual([]);
  });

  it('has to be done again when the key was revoked, and the page says so', async () => {
    const { body } = await fixture.gateway.post<{ secret: string; key: { keyId: string } }>('keys', {
      name: 'revoked-meanwhile',
      scopes: ['read'],
    });
    const tab = await fixture.open();
    await tab.openSignedIn('/system', body.secret);
    await fixture.gateway.change('DELETE', `keys/${body.key.keyId}`);
    await tab.page.getByText('Your session has ended').waitFor();
  });

  it('with a key that may not read offers no screen that reads, and says why', async () => {
    const { body } = await fixture.gateway.post<{ secret: string }>('keys', { name: 'commands-only', scopes: ['command'] });
    const tab = await fixture.open();
    await tab.openSignedIn('/system', body.secret);
    await tab.page.getByText('This key may not see this').waitFor();
    expect(await tab.page.getByRole('navigation').getByRole('link', { name: 'System' }).count()).toBe(0);
  });
});
