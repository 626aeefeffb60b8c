import { type CDPSession } from 'playwright-core';
import { recordsPacket, UdpDevice } from '../support/udp-device.js';
import { waitFor } from '../support/wait-for.js';
import { ConsoleFixture } from './support/console-fixture.js';
import { imeiOf, registerFleet } from './support/large-fleet.js';

const DEVICES = 10_000;
/** A record of each device per round: those of ten minutes, of devices that send one per minute, as fast as the gateway takes them. */
const ROUNDS = 10;
/** The first rounds fill rings and caches. */
const WARM_UP_ROUNDS = 3;
const BURST = 250;
const MAX_GROWTH_BYTES = 6_000_000;
const MAX_NODES = 3_000;
const TEST_MS = 400_000;

let fixture: ConsoleFixture;
let sender: UdpDevice;

beforeAll(async () => {
  fixture = await ConsoleFixture.start({
    env: { EVENT_FEED_ENABLED: 'true', BROKER_UDP_PORT: '0', BROKER_UDP_MAX_DATAGRAMS_PER_SECOND: '0' },
  });
  const [, port] = await fixture.gateway.process.waitForLine(/Devices send by UDP to port (\d+)/);
  sender = await UdpDevice.open(Number(port));
  await registerFleet(fixture.gateway, DEVICES);
});

afterAll(async () => {
  sender.close();
  await fixture.closePages().finally(() => fixture.stop());
});

/** One record of each device, a little further on than in the round before. */
async function sendRound(round: number): Promise<void> {
  for (let first = 0; first < DEVICES; first += BURST) {
    const before = sender.answers.length;
    for (let index = first; index < first + BURST; index++) {
      const place = { longitude: 100_000_000 + index * 10_000 + round * 3_000, latitude: 500_000_000 + (index % 100) * 50_000 };
      const record = { timestampMs: Date.now(), satellites: 9, speed: (index + round) % 120, ...place };
      sender.send(recordsPacket(imeiOf(index), [record], { packetId: index }));
    }
    await waitFor(() => sender.answers.length >= before + BURST, { timeoutMs: 60_000, what: 'the answers of a burst' });
  }
}

interface Usage {
  readonly heapBytes: number;
  readonly nodes: number;
}

async function usageOf(cdp: CDPSession): Promise<Usage> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const valueOf = (wanted: string): number => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
  return { heapBytes: valueOf('JSHeapUsedSize'), nodes: valueOf('Nodes') };
}

it(
  `holds no more memory after the records of ten minutes of ${DEVICES} devices`,
  async () => {
    const tab = await fixture.open();
    const cdp = await tab.page.context().newCDPSession(tab.page);
    await cdp.send('Performance.enable');
    await tab.openSignedIn('/');
    await tab.page.getByText(`${DEVICES.toLocaleString('en')} devices`, { exact: true }).waitFor();
    await tab.page.getByRole('complementary', { name: 'Account' }).getByText('Live').waitFor();
    await tab.page.evaluate('globalThis.isSamePage = true');
    const last = imeiOf(DEVICES - 1);
    await tab.page.getByLabel('IMEI or name').fill(last);
    await tab.page.getByRole('button', { name: `Van ${DEVICES - 1}` }).click();
    const speed = tab.page.locator('.fact', { hasText: 'Speed' }).getByRole('definition');
    let warm: Usage | null = null;
    for (let round = 0; round < ROUNDS; round++) {
      await sendRound(round);
      // The stream has reached the tab with the last record of the round.
      await speed.getByText(`${(DEVICES - 1 + round) % 120} km/h`).waitFor({ timeout: 60_000 });
      warm = round + 1 === WARM_UP_ROUNDS ? await usageOf(cdp) : warm;
    }
    const end = await usageOf(cdp);
    const growth = end.heapBytes - warm!.heapBytes;
    console.info(
      `Heap of the tab: ${mb(warm!.heapBytes)} after ${WARM_UP_ROUNDS} rounds, ${mb(end.heapBytes)} after ${ROUNDS}; ${end.nodes} nodes`,
    );
    expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
    expect(end.nodes).toBeLessThan(MAX_NODES);
    expect(await tab.page.evaluate('globalThis.isSamePage')).toBe(true);
  },
  TEST_MS,
);

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
