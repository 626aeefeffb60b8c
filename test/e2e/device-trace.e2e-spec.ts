import { FakeDevice } from '../support/fake-device.js';
import { login, recordsFrame } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const TRACED = '356307042441013';
const OTHER = '356307042441021';
const PATH = `log/devices/${TRACED}`;
const LARGE_FRAME_RECORDS = 60;

interface Chunk {
  readonly instance: string;
  readonly number: number;
  readonly at: string;
  readonly direction: 'in' | 'out';
  readonly size: number;
  readonly hex: string;
  readonly remoteAddress: string;
}

interface TracedBytes {
  readonly trace: { readonly traced: boolean };
  readonly chunks: readonly Chunk[];
}

let database: TestDatabase;
let gateways: readonly [Gateway, Gateway];
const devices: FakeDevice[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  gateways = await Promise.all([Gateway.start(database.url), Gateway.start(database.url)]);
});

afterEach(async () => {
  devices.splice(0).forEach((device) => device.close());
  await gateways[0].change('DELETE', PATH);
  await waitFor(async () => !(await read(gateways[1])).trace.traced);
});

afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await database.drop();
});

const read = async (gateway: Gateway): Promise<TracedBytes> => (await gateway.get<TracedBytes>(`${PATH}/bytes`)).body;

const hexOf = (chunks: readonly Chunk[], wanted: 'in' | 'out'): string =>
  chunks
    .filter(({ direction }) => direction === wanted)
    .map(({ hex }) => hex)
    .join('');

async function traceAndLogIn(): Promise<FakeDevice> {
  await gateways[0].change('PUT', PATH, {});
  await waitFor(async () => (await read(gateways[1])).trace.traced);
  const device = await FakeDevice.logIn(gateways[0].devicePort, TRACED);
  devices.push(device);
  return device;
}

it('shows the bytes of a traced device, at the instance that holds its connection and at the others', async () => {
  const device = await traceAndLogIn();
  const other = await FakeDevice.logIn(gateways[0].devicePort, OTHER);
  devices.push(other);
  const frame = recordsFrame([{ speed: 3 }]);
  expect(await device.exchange(frame)).toBe(1);
  expect(await other.exchange(recordsFrame([{ speed: 4 }]))).toBe(1);
  const sent = Buffer.concat([login(TRACED), frame]).toString('hex');
  for (const gateway of gateways) {
    await waitFor(async () => hexOf((await read(gateway)).chunks, 'out') === '0100000001');
    const { chunks } = await read(gateway);
    expect(hexOf(chunks, 'in')).toBe(sent);
    expect(chunks.every(({ size, hex }) => size === hex.length / 2)).toBe(true);
    expect(new Set(chunks.map(({ instance }) => instance)).size).toBe(1);
    expect(chunks.map(({ number }) => number)).toEqual(chunks.map((_, index) => (chunks[0]?.number ?? 0) + index));
  }
});

it('keeps 200 chunks at most, and 1,536 bytes of each', async () => {
  const device = await traceAndLogIn();
  const large = recordsFrame(Array.from({ length: LARGE_FRAME_RECORDS }, () => ({ speed: 5 })));
  expect(large.length).toBeGreaterThan(1_536);
  expect(await device.exchange(large)).toBe(LARGE_FRAME_RECORDS);
  const received = (await read(gateways[0])).chunks.filter(({ direction }) => direction === 'in');
  expect(received.reduce((sum, { size }) => sum + size, 0)).toBe(login(TRACED).length + large.length);
  expect(Math.max(...received.map(({ hex }) => hex.length))).toBeLessThanOrEqual(2 * 1_536);
  const frame = recordsFrame([{ speed: 6 }]);
  for (let sent = 0; sent < 120; sent++) {
    expect(await device.exchange(frame)).toBe(1);
  }
  const { chunks } = await read(gateways[0]);
  expect(chunks.length).toBeLessThanOrEqual(200);
  expect(chunks.length).toBeGreaterThan(100);
  expect(chunks.reduce((sum, { hex }) => sum + hex.length / 2, 0)).toBeLessThanOrEqual(32_768);
  expect(chunks.at(-1)).toMatchObject({ direction: 'out', hex: '00000001' });
  await waitFor(async () => (await read(gateways[1])).chunks.at(-1)?.number === chunks.at(-1)?.number);
});

it('forgets them when the trace ends', async () => {
  const device = await traceAndLogIn();
  await device.exchange(recordsFrame([{}]));
  expect((await read(gateways[0])).chunks.length).toBeGreaterThan(0);
  await gateways[0].change('DELETE', PATH);
  for (const gateway of gateways) {
    await waitFor(async () => !(await read(gateway)).trace.traced);
    expect((await read(gateway)).chunks).toEqual([]);
  }
});

it('wants the scope admin: replies to commands can hold passwords', async () => {
  const { body } = await gateways[0].post<{ secret: string }>('keys', { name: 'reader', scopes: ['read', 'command'] });
  expect((await gateways[0].get(`${PATH}/bytes`, { 'x-api-key': body.secret })).status).toBe(403);
});
