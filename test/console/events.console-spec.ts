import { FakeDevice } from '../support/fake-device.js';
import { waitFor } from '../support/wait-for.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { VIEWS } from './support/console-browser.js';
import { ConsoleFixture } from './support/console-fixture.js';

const IMEI = '356307042441013';
const OTHER_IMEI = '356307042441021';
const BROKEN = 'the host is being repaired';

let receiver: WebhookReceiver;
let fixture: ConsoleFixture;
const devices: FakeDevice[] = [];

beforeAll(async () => {
  receiver = await WebhookReceiver.start();
  receiver.reply = ({ body }) => (body.imei === OTHER_IMEI ? { status: 503, body: BROKEN } : { status: 200, body: 'ok' });
  fixture = await ConsoleFixture.start({
    env: { NOTIFICATION_URL: receiver.url, WEBHOOK_EVENTS: 'device.connected,device.disconnected' },
  });
  for (const imei of [IMEI, OTHER_IMEI]) {
    devices.push(await FakeDevice.logIn(fixture.gateway.devicePort, imei));
  }
  await waitFor(() => receiver.received.length >= 2);
});

afterEach(() => fixture.closePages());

afterAll(async () => {
  devices.forEach((device) => device.close());
  await fixture.stop();
  await receiver.close();
});

describe.each(VIEWS)('at $width px, $theme', (view) => {
  it('the log of events shows what the host was told, and breaks no rule of accessibility', async () => {
    const tab = await fixture.open(view);
    await tab.openSignedIn('/events');
    const events = tab.page.getByRole('table', { name: 'Events' });
    await events.getByText('Delivered', { exact: true }).waitFor();
    await events.getByText('Waiting', { exact: true }).waitFor();
    await events.getByRole('link', { name: OTHER_IMEI }).first().waitFor();
    await tab.screenshot('events');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
  });

  it('the page of an event shows each attempt with the answer of the host', async () => {
    const tab = await fixture.open(view);
    await tab.openSignedIn(`/events?imei=${OTHER_IMEI}`);
    await tab.page.getByRole('link', { name: 'device.connected' }).click();
    const attempts = tab.page.getByRole('list', { name: 'Attempts' });
    await attempts.getByText('Answered 503').first().waitFor();
    await attempts.getByText(BROKEN).first().waitFor();
    await tab.page.getByLabel('Body of the event').getByText(OTHER_IMEI).waitFor();
    await tab.screenshot('event');
    expect(await tab.axe()).toEqual([]);
    expect(await tab.scrollsSideways()).toBe(false);
  });
});

it('keeps the filters in the address, and shows them after a reload', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/events');
  const events = tab.page.getByRole('table', { name: 'Events' });
  await events.getByText('Delivered', { exact: true }).waitFor();
  await tab.page.getByLabel('Webhook', { exact: true }).selectOption({ label: 'Waiting' });
  await tab.page.getByLabel('IMEI of a device').pressSequentially(OTHER_IMEI);
  await events.getByText('Delivered', { exact: true }).waitFor({ state: 'detached' });
  expect(new URL(tab.page.url()).search).toBe(`?state=pending&imei=${OTHER_IMEI}`);
  await tab.page.reload();
  await events.getByText('Waiting', { exact: true }).waitFor();
  expect(await tab.page.getByLabel('IMEI of a device').inputValue()).toBe(OTHER_IMEI);
  await tab.page.getByLabel('Event', { exact: true }).selectOption('command.failed');
  await tab.page.getByText('No event matches').waitFor();
});

it('replays a webhook, which the host then receives again with the same id', async () => {
  const delivered = receiver.accepted[0]!;
  const tab = await fixture.open();
  await tab.openSignedIn(`/events/${delivered.id}`);
  const attempts = tab.page.getByRole('list', { name: 'Attempts' });
  await attempts.getByText('Answered 200').waitFor();
  await tab.page.getByRole('button', { name: 'Replay', exact: true }).click();
  await tab.page.getByText('The event waits to be delivered again').waitFor();
  await waitFor(() => receiver.accepted.filter(({ id }) => id === delivered.id).length === 2);
  await attempts.getByText('Answered 200').nth(1).waitFor();
});

it('offers no replay to a key that may only read', async () => {
  const { body } = await fixture.gateway.post<{ secret: string }>('keys', { name: 'reader', scopes: ['read'] });
  const tab = await fixture.open();
  await tab.openSignedIn(`/events/${receiver.accepted[0]!.id}`, body.secret);
  await tab.page.getByRole('list', { name: 'Attempts' }).waitFor();
  expect(await tab.page.getByRole('button', { name: 'Replay', exact: true }).count()).toBe(0);
});

it('an event that does not exist is not found', async () => {
  const tab = await fixture.open();
  await tab.openSignedIn('/events/evt_00000000-0000-0000-0000-000000000000');
  await tab.page.getByText('Not found').waitFor();
});
