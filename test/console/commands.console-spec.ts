import { FakeDevice } from '../support/fake-device.js';
import { postCommand } from '../support/command-client.js';
import { VIEWS } from './support/console-browser.js';
import { ConsoleFixture } from './support/console-fixture.js';

const SIMULATED = '350612000000008';
const ABSENT = '350612070000067';
const WITHOUT_RECORDS = '350612070000075';

let fixture: ConsoleFixture;

beforeAll(async () => {
  fixture = await ConsoleFixture.start({ env: { EVENT_FEED_ENABLED: 'true' }, devices: 3 });
});

afterEach(() => fixture.closePages());

afterAll(() => fixture.stop());

it('no command yet, and says how to send one', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/commands');
  await tab.page.getByText('No command yet').waitFor();
  expect(await tab.axe()).toEqual([]);
});

it('an action is sent with the last digits of the IMEI, and is confirmed by the reply of the device', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/commands');
  await tab.page.getByRole('button', { name: 'Send a command' }).click();
  const form = tab.page.getByRole('form', { name: 'Send a command' });
  await form.getByLabel('IMEI', { exact: true }).fill(SIMULATED);
  await form.getByLabel('Command', { exact: true }).selectOption('output1-on');
  await form.getByLabel('timeoutSeconds').fill('90000');
  await form.getByText('timeoutSeconds has to be a whole number from 1 to 86400').waitFor();
  await form.getByLabel('timeoutSeconds').fill('60');
  await form.getByLabel('maxSpeedKmh').fill('250');
  const facts = form.getByRole('region', { name: 'The device now' });
  await facts.getByText('at most 250 km/h').waitFor();
  await facts.getByText('at most 2 min').waitFor();
  expect(await facts.getByText('Met', { exact: true }).count()).toBe(2);
  await form.getByRole('button', { name: 'Send' }).click();
  await form.getByText('Type the last four digits of the IMEI to confirm').waitFor();
  await tab.screenshot('send-form');
  expect(await tab.axe()).toEqual([]);
  await form.getByLabel('To confirm').fill(SIMULATED.slice(-4));
  await form.getByRole('button', { name: 'Send' }).click();
  await tab.page.getByRole('list', { name: 'Progress of the command' }).getByText('Confirmed by reply').waitFor();
  expect(tab.page.url()).toMatch(/\/console\/commands\/\d+$/);
  await tab.page.getByText('setdigout 1? 60').first().waitFor();
});

it('is not sent when its conditions do not hold, and says which', async () => {
  const device = await FakeDevice.logIn(fixture.gateway.devicePort, WITHOUT_RECORDS);
  const tab = await fixture.open();
  await tab.openSignedIn('/commands');
  await tab.page.getByRole('button', { name: 'Send a command' }).click();
  const form = tab.page.getByRole('form', { name: 'Send a command' });
  await form.getByLabel('IMEI', { exact: true }).fill(WITHOUT_RECORDS);
  await form.getByLabel('Command', { exact: true }).selectOption('A text of your own');
  await form.getByLabel('Text for the device').fill('getver');
  await form.getByText('Waiting and conditions').click();
  await form.getByLabel('Speed at most').fill('5');
  await form.getByText('Not met').nth(1).waitFor();
  await form.getByRole('button', { name: 'Send' }).click();
  await form.getByText('Not sent: the conditions do not hold').waitFor();
  expect(device.pendingBytes).toBe(0);
  device.close();
});

it('a command that waits is cancelled on its page', async () => {
  const id = await postCommand(fixture.gateway, ABSENT, 'getinfo', { mode: 'queue' });
  const tab = await fixture.open();
  await tab.openSignedIn(`/commands/${id}`);
  await tab.page.getByText('Waits to be sent').waitFor();
  await tab.page.getByRole('button', { name: 'Cancel the command' }).click();
  await tab.page.getByText('Failed: cancelled').waitFor();
  expect(await tab.page.getByRole('button', { name: 'Cancel the command' }).count()).toBe(0);
});

it('filters stand in the address', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/commands');
  const table = tab.page.getByRole('table', { name: 'Commands' });
  await table.getByRole('link', { name: 'output1-on' }).waitFor();
  await tab.page.getByLabel('Failed because').selectOption('cancelled');
  await table.getByRole('link', { name: 'getinfo' }).waitFor();
  expect(await table.getByRole('row').count()).toBe(2);
  expect(tab.page.url()).toMatch(/\/console\/commands\?reason=cancelled&status=FAILED$/);
  await tab.page.getByLabel('IMEI').fill(SIMULATED);
  await tab.page.getByText('No command fits').waitFor();
  await tab.page.reload();
  await tab.page.getByText('No command fits').waitFor();
});

it('a command that does not exist is not found', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/commands/987654');
  await tab.page.getByRole('alert').getByText('Not found').waitFor();
});

it('a key that may only read can not send or cancel', async () => {
  const { body } = await fixture.gateway.post<{ secret: string }>('keys', { name: 'command-reader', scopes: ['read'] });
  const id = await postCommand(fixture.gateway, ABSENT, 'getio', { mode: 'queue' });
  const tab = await fixture.open();
  await tab.openSignedIn(`/commands/${id}`, body.secret);
  await tab.page.getByText('Waits to be sent').waitFor();
  expect(await tab.page.getByRole('button', { name: 'Cancel the command' }).count()).toBe(0);
  await tab.page.getByRole('link', { name: 'Commands' }).first().click();
  await tab.page.getByRole('table', { name: 'Commands' }).waitFor();
  expect(await tab.page.getByRole('button', { name: 'Send a command' }).count()).toBe(0);
});

describe.each(VIEWS)('at $width pixels, $theme', (view) => {
  it('the list and a command break no rule of accessibility', async () => {
    const tab = await fixture.open(view);
    await tab.openSignedIn('/commands');
    const table = tab.page.getByRole('table', { name: 'Commands' });
    await table.getByRole('link', { name: 'output1-on' }).waitFor();
    await table.getByRole('link', { name: SIMULATED }).first().waitFor();
    await tab.screenshot('commands');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
    await tab.page.getByRole('link', { name: 'output1-on' }).click();
    await tab.page.getByRole('list', { name: 'Progress of the command' }).getByText('Confirmed by reply').waitFor();
    await tab.screenshot('command');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
  });
});
