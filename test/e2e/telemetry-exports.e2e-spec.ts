import { get, type IncomingMessage } from 'node:http';
import { API_KEY, Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const IMEI = '356307042441013';
const LONG = '356307042441014';
const UNKNOWN = '356307042441999';
const LONG_RECORDS = 100_000;
const DAY = '2026-03-01';

let database: TestDatabase;
let gateway: Gateway;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url, { TELEMETRY_MAX_EXPORTS: '2' });
  const columns =
    'iot_imei, iot_timestamp, record_hash, timestamp, latitude, longitude, altitude, angle, satellites, speed, priority, event_io_id';
  await database.query(
    `insert into tbl_iot_telemetry_data (${columns}, external_voltage, iso6709_coordinates, io) values
       ($1, '${DAY}T00:00:00Z', 1, '${DAY}T00:00:01Z', 54.6872, 25.2797001, 112, 90, 9, 42, 0, 0, 12843, '+5441-02516/', '{"72": 851}'),
       ($1, '${DAY}T00:05:00Z', 2, '${DAY}T00:05:01Z', 0.0000001, -0.5, -3, 90, 5, 0, 1, 0, null, '=1+1,"x"', null),
       ($1, '${DAY}T00:06:00Z', 3, '${DAY}T00:06:01Z', 0, 0, 0, 0, 0, 0, 0, 0, null, null, null),
       ($1, '${DAY}T02:00:00Z', 4, '${DAY}T02:00:01Z', 54.7, 25.3, 100, 0, 7, 10, 0, 0, null, null, null),
       ($1, '2026-03-02T00:00:00Z', 5, '2026-03-02T00:00:01Z', 54.8, 25.4, 100, 0, 7, 10, 0, 0, null, null, null)`,
    [IMEI],
  );
  await database.query(
    `insert into tbl_iot_telemetry_data (${columns}, external_voltage)
     select $1, timestamptz '${DAY}' + i * interval '1 second', i, now(), 54, 25, 0, 0, 9, 0, 0, 0, i % 100 from generate_series(1, ${LONG_RECORDS}) i`,
    [LONG],
  );
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

const fetchAs = (path: string, accept: string, method = 'GET'): Promise<Response> =>
  fetch(`${gateway.apiUrl}/api/v1/${path}`, { method, headers: { 'x-api-key': API_KEY, accept } });

/** An export of which nothing is read. */
function openExport(of: Gateway = gateway): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-api-key': API_KEY, accept: 'text/csv' };
    get(`${of.apiUrl}/api/v1/devices/${LONG}/telemetry`, { headers, agent: false }, resolve).once('error', reject);
  });
}

/** Reads an export to its end. */
function outcomeOf(response: IncomingMessage): Promise<'complete' | 'broken'> {
  return new Promise((resolve) => {
    response.on('data', () => undefined);
    response.once('end', () => resolve('complete'));
    response.once('error', () => resolve('broken'));
  });
}

describe('a device history', () => {
  it('is CSV with a header row, quotes, and no text that a spreadsheet would run', async () => {
    const response = await fetchAs(`devices/${IMEI}/telemetry?order=oldest`, 'text/csv');
    expect([response.status, response.headers.get('content-type'), response.headers.get('vary')]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
      'accept',
    ]);
    const lines = (await response.text()).split('\r\n');
    expect(lines).toHaveLength(7);
    expect(lines[0]).toMatch(
      /^iotTimestamp,timestamp,latitude,longitude,altitude,angle,satellites,speed,priority,eventIoId,generationType,internal_battery_voltage,.*,io$/,
    );
    expect(lines[1]).toContain(`${DAY}T00:00:00.000Z,${DAY}T00:00:01.000Z,54.6872,25.2797001,112,90,9,42,0,0,,`);
    expect(lines[1]).toContain(',12843,');
    expect(lines[1]).toContain(',+5441-02516/,');
    expect(lines[1]).toMatch(/,"\{""72"": 851\}"$/);
    expect(lines[2]).toContain(`,"'=1+1,""x""",`);
    expect(lines[2]).toContain(',0.0000001,-0.5,');
    const scaled = await (await fetchAs(`devices/${IMEI}/telemetry?order=oldest&view=scaled`, 'text/csv')).text();
    expect(scaled.split('\r\n')[1]).toContain(',12.843,');
    expect(scaled.split('\r\n')[1]).toContain('""value"":85.1');
  });

  it('is GeoJSON with points, and without geometry where there is no fix', async () => {
    const response = await fetchAs(`devices/${IMEI}/telemetry?order=oldest&to=2026-03-02`, 'application/geo+json');
    expect(response.headers.get('content-type')).toContain('application/geo+json');
    const { type, features } = (await response.json()) as {
      type: string;
      features: { geometry: unknown; properties: unknown }[];
    };
    expect([type, features.length]).toEqual(['FeatureCollection', 4]);
    expect(features[0]).toEqual({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [25.2797001, 54.6872, 112] },
      properties: expect.objectContaining({ iotTimestamp: `${DAY}T00:00:00.000Z`, speed: 42, io: { 72: 851 } }) as unknown,
    });
    expect(features[2]?.geometry).toBeNull();
  });

  it('is GPX for one day, oldest first, with a segment for each part without a gap', async () => {
    const response = await fetchAs(`devices/${IMEI}/telemetry/gpx?date=${DAY}`, '*/*');
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${IMEI}-${DAY}.gpx"`);
    const gpx = await response.text();
    expect(gpx).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<gpx version="1.1" creator="[^"]+" xmlns="http:\/\/www.topografix.com\/GPX\/1\/1"/,
    );
    expect(gpx.match(/<trkpt /g)).toHaveLength(3);
    expect(gpx.match(/<trkseg>/g)).toHaveLength(2);
    expect(gpx.match(/<\/trkseg>/g)).toHaveLength(2);
    expect(gpx).toContain(
      `<trkpt lat="54.6872" lon="25.2797001"><ele>112</ele><time>${DAY}T00:00:00.000Z</time><sat>9</sat></trkpt>`,
    );
    expect(gpx).toContain('<trkpt lat="0.0000001" lon="-0.5">');
    expect((await fetchAs(`devices/${IMEI}/telemetry/gpx?date=2026-02-30`, '*/*')).status).toBe(400);
    for (const date of ['0001-01-01', '9999-12-31']) {
      expect((await fetchAs(`devices/${IMEI}/telemetry/gpx?date=${date}`, '*/*')).status).toBe(200);
    }
  });

  it('has every record of a long range once, in both orders', async () => {
    for (const order of ['oldest', 'newest']) {
      const text = await (await fetchAs(`devices/${LONG}/telemetry?order=${order}`, 'text/csv')).text();
      const times = text
        .trimEnd()
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(',')[0]);
      expect([times.length, new Set(times).size]).toEqual([LONG_RECORDS, LONG_RECORDS]);
      expect(times).toEqual(order === 'oldest' ? [...times].sort() : [...times].sort().reverse());
    }
  });

  it('stays JSON for who accepts anything, and is refused to who accepts nothing of it', async () => {
    expect((await fetchAs(`devices/${IMEI}/telemetry`, '*/*')).headers.get('content-type')).toContain('application/json');
    const refused = await fetchAs(`devices/${IMEI}/telemetry`, 'text/html');
    expect([refused.status, await refused.json()]).toEqual([406, expect.objectContaining({ code: 'NOT_ACCEPTABLE' })]);
    expect((await fetchAs(`devices/${IMEI}/telemetry?limit=5`, 'text/csv')).status).toBe(400);
    expect((await fetchAs(`devices/${UNKNOWN}/telemetry`, 'text/csv')).status).toBe(404);
    expect((await fetchAs(`devices/${UNKNOWN}/telemetry/gpx?date=${DAY}`, '*/*')).status).toBe(404);
  });
});

describe('exports in progress', () => {
  it('are limited, and end when the client goes away', async () => {
    const open = [await openExport(), await openExport()];
    const refused = await fetchAs(`devices/${LONG}/telemetry`, 'text/csv');
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([
      503,
      '5',
      expect.objectContaining({ code: 'TOO_MANY_EXPORTS' }),
    ]);
    expect((await fetchAs(`devices/${LONG}/telemetry`, '*/*')).status).toBe(200);
    open.forEach((response) => response.destroy());
    await waitFor(async () => (await fetchAs(`devices/${IMEI}/telemetry`, 'text/csv')).status === 200, {
      what: 'an export to end',
    });
    // Requests that are refused, have no records, or want no body leave none behind.
    for (let count = 0; count < 5; count++) {
      expect((await fetchAs(`devices/${UNKNOWN}/telemetry`, 'text/csv')).status).toBe(404);
      expect((await fetchAs(`devices/${LONG}/telemetry`, 'text/csv', 'HEAD')).status).toBe(200);
    }
    expect((await fetchAs(`devices/${IMEI}/telemetry`, 'text/csv')).status).toBe(200);
  });

  it('end when the client goes away before the answer', async () => {
    for (let count = 0; count < 10; count++) {
      const headers = { 'x-api-key': API_KEY, accept: 'text/csv' };
      const request = get(`${gateway.apiUrl}/api/v1/devices/${LONG}/telemetry`, { headers, agent: false });
      await new Promise<void>((resolve) =>
        request.once('error', () => resolve()).once('finish', () => setImmediate(() => request.destroy(new Error('gone')))),
      );
    }
    await waitFor(
      async () => {
        const answers = await Promise.all([1, 2].map(() => fetchAs(`devices/${IMEI}/telemetry`, 'text/csv')));
        return answers.every(({ status }) => status === 200);
      },
      { what: 'both exports to be possible' },
    );
  });

  it('break the connection when the gateway stops, and do not hold up the stop', async () => {
    const own = await Gateway.start(database.url);
    const response = await openExport(own);
    const outcome = outcomeOf(response);
    const { code } = await own.stop();
    expect([code, await outcome]).toEqual([0, 'broken']);
  });

  it('break the connection when the database fails in the middle', async () => {
    const response = await openExport();
    await database.query('alter table tbl_iot_telemetry_data rename to tbl_iot_telemetry_gone');
    try {
      expect(await outcomeOf(response)).toBe('broken');
    } finally {
      await database.query('alter table tbl_iot_telemetry_gone rename to tbl_iot_telemetry_data');
    }
  });
});

describe('the newest records of many devices', () => {
  interface List {
    readonly count: number;
    readonly records: readonly (Record<string, unknown> & { readonly imei: string })[];
    readonly missing: readonly string[];
    readonly nextCursor: string | null;
  }

  beforeAll(async () => {
    await database.query(
      `insert into tbl_iot_telemetry_device_days (iot_imei, days) select distinct iot_imei, '{[20513,20515)}'::int4multirange from tbl_iot_telemetry_data
       on conflict (iot_imei) do update set days = tbl_iot_telemetry_device_days.days + excluded.days`,
    );
    await database.query(
      `insert into tbl_iot_telemetry_latest select distinct on (iot_imei) * from tbl_iot_telemetry_data order by iot_imei, iot_timestamp desc`,
    );
  });

  it('are those of the devices that are named, as each has it alone', async () => {
    const { body } = await gateway.get<List>(`telemetry/latest?imeis=${LONG},${UNKNOWN},${IMEI}`);
    expect([body.count, body.missing, body.nextCursor]).toEqual([2, [UNKNOWN], null]);
    const { telemetry } = gateway.client;
    const records = await telemetry.latestOfMany({ imeis: `${LONG},${UNKNOWN},${IMEI}` }).all();
    expect(records.map(({ imei }) => imei)).toEqual([IMEI, LONG]);
    for (const { imei, ...record } of records) {
      expect(record).toEqual(await telemetry.latest(imei));
    }
    const [position] = await telemetry.latestOfMany({ imeis: IMEI, view: 'position' }).all();
    expect(position).toMatchObject({ imei: IMEI, latitude: 54.8 });
    expect(position?.attributes).toEqual({});
    expect(position).not.toHaveProperty('io');
  });

  it('are listed page by page', async () => {
    const pages = gateway.client.telemetry.latestOfMany({ limit: 1 });
    expect(await pages.page()).toMatchObject({ items: [{ imei: IMEI }], nextCursor: IMEI });
    expect(await pages.page(IMEI)).toMatchObject({ items: [{ imei: LONG }], nextCursor: null });
    expect((await pages.all()).map(({ imei }) => imei)).toEqual([IMEI, LONG]);
  });

  it('are all there, in order, when they are more than one read takes', async () => {
    const stored = Array.from({ length: 600 }, (_, index) => String(356_307_060_000_000 + index));
    const unknown = stored.map((imei) => String(Number(imei) + 1_000)).slice(0, 300);
    await database.query(
      `insert into tbl_iot_telemetry_latest (iot_imei, iot_timestamp, record_hash, timestamp, latitude, longitude, altitude, angle, satellites, speed, priority, event_io_id)
       select imei, now() - interval '1 hour', 1, now(), 0, 0, 0, 0, 0, 0, 0, 0 from unnest($1::text[]) imei`,
      [stored],
    );
    const named = await gateway.get<List>(`telemetry/latest?view=position&imeis=${[...unknown, ...stored].join(',')}`);
    expect(named.body.records.map(({ imei }) => imei)).toEqual(stored);
    expect([named.body.missing, named.body.nextCursor]).toEqual([unknown, null]);
    const first = await gateway.get<List>('telemetry/latest?view=position&limit=400&cursor=356307059999999');
    const second = await gateway.get<List>(`telemetry/latest?view=position&limit=400&cursor=${first.body.nextCursor}`);
    expect([...first.body.records, ...second.body.records].map(({ imei }) => imei)).toEqual(stored);
    expect([first.body.nextCursor, second.body.nextCursor]).toEqual([stored[399], null]);
  });

  it('takes 1,000 IMEIs, and not one more', async () => {
    const imeis = Array.from({ length: 1_001 }, (_, index) => String(356_307_050_000_000 + index));
    const most = await gateway.get<List>(`telemetry/latest?imeis=${imeis.slice(1).join(',')}`);
    expect([most.status, most.body.missing.length]).toEqual([200, 1_000]);
    expect((await gateway.get(`telemetry/latest?imeis=${imeis.join(',')}`)).status).toBe(400);
  });
});
