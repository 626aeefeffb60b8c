import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { NodeProcess } from '../support/node-process.js';
import { waitFor } from '../support/wait-for.js';
import { type ConsolePage } from './support/console-browser.js';
import { ConsoleFixture } from './support/console-fixture.js';
import { drawn } from './support/fleet-map.js';

/** The pictures of README.md and docs/: the console with simulated devices in towns around the Baltic. */

const FOLDER = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
const SIMULATOR = fileURLToPath(new URL('../../dist/src/simulator/main.js', import.meta.url));
const SIZE = { width: 1280, height: 800 };
/** For tracks and charts that show something. */
const DRIVE_MS = Number(process.env.DRIVE_SECONDS ?? 240) * 1_000;

interface Town {
  readonly name: string;
  readonly centre: string;
  readonly devices: number;
}

const TOWNS: readonly Town[] = [
  { name: 'Vilnius', centre: '54.6858,25.2877', devices: 12 },
  { name: 'Riga', centre: '56.9496,24.1052', devices: 9 },
  { name: 'Tallinn', centre: '59.4370,24.7536', devices: 6 },
  { name: 'Warsaw', centre: '52.2297,21.0122', devices: 14 },
  { name: 'Stockholm', centre: '59.3293,18.0686', devices: 7 },
  { name: 'Copenhagen', centre: '55.6761,12.5683', devices: 8 },
  { name: 'Berlin', centre: '52.5200,13.4050', devices: 11 },
  { name: 'Gdansk', centre: '54.3520,18.6466', devices: 5 },
  { name: 'Klaipeda', centre: '55.7033,21.1443', devices: 1 },
];
const DEVICES = TOWNS.reduce((sum, { devices }) => sum + devices, 0);
/** The first digits of the IMEIs of a town. */
const prefixOf = (town: number): string => `3506121${town}`;

let fixture: ConsoleFixture;
let simulators: readonly NodeProcess[];
/** By name. */
const imeis = new Map<string, string>();

beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
  fixture = await ConsoleFixture.start({ env: { EVENT_FEED_ENABLED: 'true', DEFAULT_COMMAND_TTL_SECONDS: '600' } });
  simulators = TOWNS.map(({ centre, devices }, town) => simulate(town, centre, devices));
  await waitFor(async () => (await connected()).length === DEVICES, { timeoutMs: 60_000 });
  const all = [...(await connected())].sort();
  const devices = TOWNS.flatMap(({ name }, town) =>
    all
      .filter((imei) => imei.startsWith(prefixOf(town)))
      .map((imei, index) => ({ imei, name: `${name} ${String(index + 1).padStart(2, '0')}` })),
  );
  devices.forEach(({ imei, name }) => imeis.set(name, imei));
  await fixture.gateway.post('registered-devices', { devices });
  await delay(DRIVE_MS);
}, DRIVE_MS + 300_000);

afterAll(async () => {
  await Promise.all(simulators.map((simulator) => simulator.kill('SIGTERM')));
  await fixture.stop();
});

function simulate(town: number, centre: string, devices: number): NodeProcess {
  const imeiBase = prefixOf(town).padEnd(15, '0');
  const options = {
    port: fixture.gateway.devicePort,
    devices,
    centre,
    interval: 1,
    records: 1,
    seed: town + 1,
    'imei-base': imeiBase,
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  return new NodeProcess({ args: [SIMULATOR, '--quiet', ...args] });
}

async function connected(): Promise<readonly string[]> {
  const { body } = await fixture.gateway.get<{ devices: readonly { imei: string }[] }>('devices');
  return body.devices.map(({ imei }) => imei);
}

describe.each(['light', 'dark'] as const)('%s', (theme) => {
  const open = async (path: string): Promise<ConsolePage> => {
    const tab = await fixture.open({ ...SIZE, theme });
    await tab.openSignedIn(path);
    await tab.page.getByText('Live', { exact: true }).filter({ visible: true }).first().waitFor();
    return tab;
  };

  const take = async ({ page }: ConsolePage, name: string): Promise<void> => {
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(FOLDER, `${name}-${theme}.png`) });
  };

  afterEach(() => fixture.closePages());

  it('the fleet', async () => {
    const tab = await open('/');
    await waitFor(async () => (await drawn(tab.page)).devices === DEVICES, { timeoutMs: 30_000 });
    // For MapLibre to fade the numbers in.
    await delay(1_500);
    await take(tab, 'fleet');
  });

  it('one device', async () => {
    const tab = await open(`/devices/${imeis.get('Vilnius 01')}`);
    await waitFor(
      () => tab.page.evaluate<boolean>("document.querySelector('.track-map-canvas')?.trackMap?.isComplete === true"),
      { timeoutMs: 30_000 },
    );
    await tab.page.getByRole('img', { name: /^Speed over time/ }).waitFor();
    await delay(1_000);
    await take(tab, 'device');
  });

  it('a command that telemetry or the reply has confirmed', async () => {
    const imei = imeis.get('Riga 03')!;
    const body = { imei, action: 'output1-on' };
    const { body: answer } = await fixture.gateway.post<{ commandLogId: string }>('command', body);
    const tab = await open(`/commands/${answer.commandLogId}`);
    await tab.page
      .getByText(/Confirmed by/)
      .first()
      .waitFor();
    await take(tab, 'command');
  });

  it('a first device', async () => {
    const tab = await open('/connect');
    await tab.page.getByText(`${DEVICES} devices are connected.`).waitFor();
    await take(tab, 'connect');
  });
});
