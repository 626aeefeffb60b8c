import { request } from 'node:http';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame, type TestRecord } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';

const IMEI = '356307042441013';
const UNKNOWN = '356307042449999';

let database: TestDatabase;
let gateway: Gateway;
let device: FakeDevice;

interface RecordBody {
  iotTimestamp: string;
  speed: number;
  attributes?: Record<string, unknown>;
  io?: Record<string, unknown> | null;
  elements?: {
    id: number;
    column: string | null;
    name: string | null;
    raw: unknown;
    value: unknown;
    unit: string | null;
    meaning: string | null;
  }[];
}

interface HistoryBody {
  success: boolean;
  imei: string;
  count: number;
  records: RecordBody[];
  nextCursor: string | null;
}

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url, { IOT_API_KEY: `${API_KEY}, the next key` });
  device = await FakeDevice.logIn(gateway.devicePort, IMEI);
});

afterAll(async () => {
  device.close();
  await gateway.stop();
  await database.drop();
});

const BASE = Date.now() - 3_600_000;
const MINUTE = 60_000;

/** Devices send newest first, and late ones later: the order of arrival is not the order of time. */
beforeAll(async () => {
  const at = (minute: number): TestRecord => ({ timestampMs: BASE + minute * MINUTE, speed: minute });
  for (const minutes of [[5, 4, 3], [9, 8, 7], [2, 1, 0], [6]]) {
    await device.exchange(recordsFrame(minutes.map(at)));
  }
});

async function history(query: string, imei = IMEI): Promise<HistoryBody> {
  const { status, body } = await gateway.get<HistoryBody>(`devices/${imei}/telemetry${query}`);
  expect(status).toBe(200);
  return body;
}

const speeds = ({ records }: HistoryBody): number[] => records.map(({ speed }) => speed);

describe('the key', () => {
  it.each([
    ['no key', {}],
    ['a wrong key', { 'x-api-key': 'wrong' }],
    ['the beginning of the key', { 'x-api-key': API_KEY.slice(0, -1) }],
    ['both keys with their comma', { 'x-api-key': `${API_KEY}, the next key` }],
  ])('is wanted on every route: %s is refused', async (_name, headers: Record<string, string>) => {
    const document = (await (await fetch(`${gateway.apiUrl}/docs-json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/api/'))
      .flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => [method.toUpperCase(), path.replace('{imei}', IMEI).replace('{id}', '1')] as const),
      );
    expect(routes.length).toBeGreaterThanOrEqual(12);
    for (const [method, route] of routes) {
      for (const path of [route, route.replace('/api', '/%61pi')]) {
        const response = await fetch(`${gateway.apiUrl}${path}`, { method, headers });
        const answer = [method, path, response.status, await response.json()];
        expect(answer).toEqual([method, path, 401, { success: false, error: 'Unauthorized', code: 'UNAUTHORIZED' }]);
      }
    }
  });

  it('is wanted also when the request names its target in full', async () => {
    const { port } = new URL(gateway.apiUrl);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request({ port, path: 'http://anything/api/v1/stats' }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(401);
  });

  it.each([API_KEY, 'the next key'])('may be any of several: %s', async (key) => {
    expect((await gateway.get('devices', { 'x-api-key': key })).status).toBe(200);
  });

  it('is not wanted for health and documentation', async () => {
    for (const path of ['healthz', 'readyz', 'docs', 'docs-json']) {
      expect([path, (await fetch(`${gateway.apiUrl}/${path}`)).status]).toEqual([path, 200]);
    }
  });
});

describe('GET devices', () => {
  it('lists who is connected', async () => {
    const { body } = await gateway.get<{ success: boolean; count: number; devices: Record<string, unknown>[] }>('devices');
    expect(body).toMatchObject({ success: true, count: 1, devices: [{ imei: IMEI, remoteAddress: '127.0.0.1', records: 10 }] });
    expect(Date.parse(String(body.devices[0]?.connectedAt))).toBeGreaterThan(Date.now() - 60_000);
  });

  it('shows one device with its remote port', async () => {
    const { status, body } = await gateway.get<{ device: Record<string, unknown> }>(`devices/${IMEI}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      success: true,
      device: { imei: IMEI, remoteAddress: '127.0.0.1', remotePort: device.socket.localPort },
    });
  });

  it('says 404 for a device that is not connected', async () => {
    expect(await gateway.get(`devices/${UNKNOWN}`)).toEqual({
      status: 404,
      body: { success: false, error: 'Device not connected', code: 'DEVICE_NOT_CONNECTED' },
    });
  });

  it.each(['123', '35630704244101X', '3563070424410134', '%27%3B--'])('says 400 for an IMEI like %s', async (imei) => {
    expect(await gateway.get(`devices/${imei}`)).toEqual({
      status: 400,
      body: { success: false, error: 'imei must be 15 digits', code: 'INVALID_INPUT' },
    });
  });
});

describe('GET stats', () => {
  it('counts devices and what they sent', async () => {
    const { body } = await gateway.get('stats');
    expect(body).toMatchObject({
      success: true,
      authenticatedDevices: 1,
      transport: { records: 10, acknowledgements: 4 },
      telemetry: { recordsStored: 10, duplicates: 0 },
    });
    expect(body.uptime).toBeGreaterThan(0);
    expect(body.memoryUsage).toHaveProperty('rss');
  });
});

describe('GET telemetry', () => {
  it('gives records in the order of the device clock, newest first by default', async () => {
    expect(speeds(await history(''))).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(speeds(await history('?order=oldest'))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('keeps to from (included) and to (excluded), as ISO 8601 or Unix milliseconds', async () => {
    const from = new Date(BASE + 3 * MINUTE).toISOString();
    expect(speeds(await history(`?from=${from}&to=${BASE + 6 * MINUTE}`))).toEqual([5, 4, 3]);
  });

  it.each(['newest', 'oldest'])('gives every record once, page by page, %s first', async (order) => {
    const seen: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: HistoryBody = await history(`?limit=3&order=${order}${cursor && `&cursor=${cursor}`}`);
      seen.push(...speeds(page));
      cursor = page.nextCursor;
    }
    const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(seen).toEqual(order === 'newest' ? all.reverse() : all);
  });

  it('keeps its place while newer and older records arrive, also several of one millisecond', async () => {
    const imei = '356307042441020';
    const busy = await FakeDevice.logIn(gateway.devicePort, imei);
    const at = (ms: number, speed: number): TestRecord => ({ timestampMs: BASE + ms, speed });
    await busy.exchange(recordsFrame([at(10, 1), at(10, 2), at(10, 3), at(10, 4), at(20, 5), at(0, 0)]));
    const first = await history('?limit=3', imei);
    await busy.exchange(recordsFrame([at(30, 9), at(21, 8)]));
    const second = await history(`?limit=3&cursor=${first.nextCursor}`, imei);
    expect(second.nextCursor).toBeNull();
    expect([...speeds(first), ...speeds(second)].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    busy.close();
  });

  it('has no next page when the last one is exactly full', async () => {
    expect((await history('?limit=10')).nextCursor).toBeNull();
    expect((await history('?limit=9')).nextCursor).not.toBeNull();
  });

  it('is empty for a connected device without records, and 404 for an unknown one', async () => {
    const fresh = await FakeDevice.logIn(gateway.devicePort, '356307042441030');
    expect(await history('', '356307042441030')).toMatchObject({ count: 0, records: [], nextCursor: null });
    fresh.close();
    expect(await gateway.get(`devices/${UNKNOWN}/telemetry`)).toMatchObject({
      status: 404,
      body: { success: false, code: 'DEVICE_UNKNOWN' },
    });
  });

  it('still knows a device that has left', async () => {
    const gone = await FakeDevice.logIn(gateway.devicePort, '356307042441031');
    await gone.exchange(recordsFrame([{}]));
    gone.close();
    expect(await history('?from=2030-01-01', '356307042441031')).toMatchObject({ count: 0 });
  });

  it.each([
    ['limit=0', 'limit must be at least 1'],
    ['limit=1001', 'limit must be at most 1000'],
    ['limit=ten', 'limit must be a whole number'],
    ['order=sideways', 'order must be newest or oldest'],
    ['view=pretty', 'view must be raw or scaled'],
    ['from=yesterday', 'from must be a time in ISO 8601'],
    ['from=2026-13-45', 'from must be a time in ISO 8601'],
    ['from=2026-11-24&to=2026-11-23', 'from must be before to'],
    ['cursor=%00', 'The query must not hold NUL'],
    ['cursor=bm90IGEgY3Vyc29y', 'cursor must be a nextCursor'],
    ['colour=blue', 'colour is not a parameter or field of this request'],
  ])('says 400 with the reason for %s', async (query, reason) => {
    const { status, body } = await gateway.get<{ error: string }>(`devices/${IMEI}/telemetry?${query}`);
    expect([status, body]).toMatchObject([400, { success: false, code: 'INVALID_INPUT' }]);
    expect(body.error).toContain(reason);
  });

  it('refuses a cursor that was made for the other order', async () => {
    const { nextCursor } = await history('?limit=1&order=newest');
    const { status, body } = await gateway.get<{ error: string }>(
      `devices/${IMEI}/telemetry?limit=1&order=oldest&cursor=${nextCursor}`,
    );
    expect([status, body.error]).toEqual([400, 'cursor was made for order=newest, got order=oldest']);
  });
});

describe('the views of a record', () => {
  const VIEWED = '356307042441040';

  beforeAll(async () => {
    const viewed = await FakeDevice.logIn(gateway.devicePort, VIEWED);
    const io = [
      { id: 66, width: 2, value: 12_843 },
      { id: 240, value: 1 },
      { id: 17, width: 2, value: 0xffd8 },
      { id: 11, width: 8, value: 2n ** 60n + 1n },
      { id: 25, width: 2, value: 0xff9c },
      { id: 65_000, value: 3 },
      { id: 14, width: 8, value: 500_686_954n },
      { id: 26, width: 2, value: 32_767 },
      { id: 78, width: 4, value: 0xabcdef },
      { id: 256, value: Buffer.from('WVWZZZ1JZXW000001') },
      { id: 389, width: 4, value: 123_456 },
    ] as const;
    await viewed.exchange(
      recordsFrame([{ timestampMs: BASE, io, latitude: 546_872_305, longitude: 252_797_001, satellites: 7 }]),
    );
    viewed.close();
  });

  it('raw: values as the device sent them, by column, and the rest by AVL id', async () => {
    const { records } = await history('', VIEWED);
    expect(records[0]).toMatchObject({
      iotTimestamp: new Date(BASE).toISOString(),
      latitude: 54.6872305,
      longitude: 25.2797001,
      satellites: 7,
      attributes: { external_voltage: 12_843, movement: 1, x_axis: -40, iccid1: '1152921504606846977', iccid2: '0500686954' },
      io: { 25: -100, 65000: 3, 78: '11259375', 389: 123_456, widths: { 389: 4 } },
    });
  });

  it('scaled: names, units and multiplied values', async () => {
    const { records } = await history('?view=scaled', VIEWED);
    const byId = new Map(records[0]?.elements?.map((element) => [element.id, element]));
    expect(byId.get(66)).toEqual({
      id: 66,
      column: 'external_voltage',
      name: 'External Voltage',
      raw: 12_843,
      value: 12.843,
      unit: 'V',
      meaning: null,
    });
    expect(byId.get(240)).toMatchObject({ name: 'Movement', value: 1, meaning: 'moving' });
    expect(byId.get(17)).toMatchObject({ value: -0.04, unit: 'G' });
    expect(byId.get(11)).toMatchObject({ raw: '1152921504606846977', value: '1152921504606846977' });
    expect(byId.get(25)).toMatchObject({ column: null, raw: -100, value: -1, unit: '°C' });
    expect(byId.get(65_000)).toMatchObject({ name: null, value: 3, unit: null });
    expect(byId.get(14)).toMatchObject({ raw: '0500686954', value: '0500686954' });
    expect(byId.get(26)).toMatchObject({ raw: 32_767, value: null, meaning: 'sensor not found' });
    expect(byId.get(78)).toMatchObject({ raw: '11259375', value: '0000000000abcdef' });
    expect(byId.get(256)).toMatchObject({ name: 'VIN', value: 'WVWZZZ1JZXW000001' });
    expect(byId.get(389)).toMatchObject({ name: null, value: 123_456, meaning: expect.stringContaining('4 bytes') as string });
  });
});

describe('GET telemetry/latest', () => {
  async function latestSpeed(imei: string): Promise<number> {
    return (await gateway.client.telemetry.latest(imei)).speed;
  }

  it('is the greatest device time, not the last received', async () => {
    expect(await latestSpeed(IMEI)).toBe(9);
  });

  it('is up to date the moment a record is acknowledged, and stays after the device has left', async () => {
    const imei = '356307042441050';
    const mover = await FakeDevice.logIn(gateway.devicePort, imei);
    for (let speed = 1; speed <= 20; speed++) {
      await mover.exchange(
        recordsFrame([
          { timestampMs: BASE + speed, speed },
          { timestampMs: BASE - speed, speed: 1_000 },
        ]),
      );
      expect(await latestSpeed(imei)).toBe(speed);
    }
    mover.close();
    expect(await latestSpeed(imei)).toBe(20);
  });

  it('is not taken over indefinitely by a clock that runs ahead', async () => {
    const imei = '356307042441051';
    const liar = await FakeDevice.logIn(gateway.devicePort, imei);
    await liar.exchange(recordsFrame([{ timestampMs: Date.now() + 400 * 86_400_000, speed: 1 }]));
    expect(await latestSpeed(imei)).toBe(1);
    await liar.exchange(recordsFrame([{ timestampMs: Date.now(), speed: 2 }]));
    expect(await latestSpeed(imei)).toBe(2);
    liar.close();
  });

  it('answers 404 for an unknown device, and another 404 for one without records', async () => {
    expect(await gateway.get(`devices/${UNKNOWN}/telemetry/latest`)).toMatchObject({
      status: 404,
      body: { code: 'DEVICE_UNKNOWN' },
    });
    const fresh = await FakeDevice.logIn(gateway.devicePort, '356307042441052');
    expect(await gateway.get('devices/356307042441052/telemetry/latest')).toMatchObject({
      status: 404,
      body: { code: 'NO_TELEMETRY' },
    });
    fresh.close();
  });
});

describe('the rest', () => {
  it('has the dictionary of IO elements', async () => {
    const { body } = await gateway.get<{ count: number; elements: { id: number }[] }>('io-elements');
    expect(body.count).toBe(body.elements.length);
    expect(body.elements.find(({ id }) => id === 66)).toMatchObject({
      name: 'External Voltage',
      column: 'external_voltage',
      multiplier: 0.001,
      unit: 'V',
    });
  });

  it.each([
    ['a path that can not be decoded', 'devices/%zz'],
    ['a parameter of 1,000 characters', `devices/${'1'.repeat(1_000)}`],
  ])('answers %s with the body of an error', async (_name, path) => {
    const { status, body } = await gateway.get(path);
    expect([status >= 400 && status < 500, body.success, typeof body.error, typeof body.code]).toEqual([
      true,
      false,
      'string',
      'string',
    ]);
  });

  it('answers a route that is not there with the body of an error', async () => {
    expect(await gateway.get('nothing?x=1')).toEqual({
      status: 404,
      body: { success: false, error: 'There is no GET /api/v1/nothing', code: 'ROUTE_NOT_FOUND' },
    });
  });
});
