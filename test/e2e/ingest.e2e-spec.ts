import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { FakeDevice } from '../support/fake-device.js';
import { CODEC_8, frame, recordBytes, recordsField, recordsFrame, uint, type TestRecord } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';

let database: TestDatabase;
let gateway: Gateway;
let serial = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url);
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

/** A device no other test knows. */
function newImei(): string {
  return String(356_307_042_000_000 + serial++);
}

async function logIn(imei: string): Promise<FakeDevice> {
  return FakeDevice.logIn(gateway.devicePort, imei);
}

interface Row {
  iot_timestamp: Date;
  [column: string]: unknown;
}

async function rowsOf(imei: string): Promise<Row[]> {
  return database.query<Row>('select * from tbl_iot_telemetry_data where iot_imei = $1 order by iot_timestamp, record_hash', [
    imei,
  ]);
}

async function send(imei: string, records: TestRecord[], codec?: number): Promise<Row[]> {
  const device = await logIn(imei);
  expect(await device.exchange(recordsFrame(records, codec === undefined ? {} : { codec }))).toBe(records.length);
  device.close();
  return rowsOf(imei);
}

describe('a TFT100 sends records', () => {
  it('finds every field in its column when it is acknowledged', async () => {
    const imei = newImei();
    const timestampMs = Date.now() - 5_000;
    const [row] = await send(imei, [
      {
        timestampMs,
        priority: 1,
        longitude: 252_797_001,
        latitude: 546_872_305,
        altitude: 112,
        angle: 271,
        satellites: 11,
        speed: 23,
        eventIoId: 240,
        io: [
          { id: 240, value: 1 },
          { id: 21, value: 4 },
          { id: 113, value: 85 },
          { id: 66, width: 2, value: 48_231 },
          { id: 17, width: 2, value: 0xffd8 },
          { id: 16, width: 4, value: 4_294_967_295 },
          { id: 11, width: 8, value: 893_700_218n },
          { id: 387, value: Buffer.from('+54.6872+025.2797+112.000/') },
          { id: 331, value: Buffer.from('00ff10', 'hex') },
          { id: 25, width: 2, value: 0xff9c },
          { id: 78, width: 8, value: 18_446_744_073_709_551_615n },
        ],
      },
    ]);
    expect(row).toMatchObject({
      iot_imei: imei,
      iot_timestamp: new Date(timestampMs),
      priority: 1,
      longitude: '25.2797001',
      latitude: '54.6872305',
      altitude: 112,
      angle: 271,
      satellites: 11,
      speed: 23,
      event_io_id: 240,
      movement: 1,
      gsm_signal: 4,
      internal_battery_percent: 85,
      external_voltage: 48_231,
      x_axis: -40,
      total_odometer: '4294967295',
      iccid1: '893700218',
      iso6709_coordinates: '+54.6872+025.2797+112.000/',
      io: { 331: '00ff10', 25: -100, 78: '18446744073709551615' },
      iccid2: null,
      sleep_mode: null,
    });
  });

  it('keeps zero as zero, and leaves io empty when nothing is left over', async () => {
    const [row] = await send(newImei(), [{ io: [{ id: 240, value: 0 }] }]);
    expect(row).toMatchObject({ latitude: '0.0000000', longitude: '0.0000000', speed: 0, movement: 0, io: null });
  });

  it('may speak codec 8 as well', async () => {
    const [row] = await send(newImei(), [{ speed: 7, io: [{ id: 66, width: 2, value: 12_000 }] }], CODEC_8);
    expect(row).toMatchObject({ speed: 7, external_voltage: 12_000 });
  });

  it('may speak codec 8 with a 16-byte group, whose values are kept as hex', async () => {
    const imei = newImei();
    const device = await logIn(imei);
    const now = Date.now();
    // Fixed part, event 0, N total 2, one element of a byte, none of 2, 4 and 8, one of 16: id 200.
    const record = (time: number): Buffer =>
      Buffer.concat([uint(time, 8), Buffer.alloc(16), Buffer.from('000201f001000000' + `01c8${'0a'.repeat(16)}`, 'hex')]);
    const bytes = frame(Buffer.concat([Buffer.of(8, 2), record(now), record(now + 1), Buffer.of(2)]));
    expect(await device.exchange(bytes)).toBe(2);
    expect(await rowsOf(imei)).toMatchObject(
      [now, now + 1].map((time) => ({
        iot_timestamp: new Date(time),
        movement: 1,
        sleep_mode: null,
        io: { 200: '0a'.repeat(16) },
      })),
    );
    device.close();
  });

  it('is stored once and acknowledged both times when it sends a frame twice', async () => {
    const imei = newImei();
    const device = await logIn(imei);
    const bytes = recordsFrame([{ timestampMs: Date.now() }, { timestampMs: Date.now() - 1 }]);
    expect(await device.exchange(bytes)).toBe(2);
    expect(await device.exchange(bytes)).toBe(2);
    expect(await rowsOf(imei)).toHaveLength(2);
    device.close();
  });

  it('is stored once when it sends old records again together with newer ones', async () => {
    const imei = newImei();
    const device = await logIn(imei);
    const now = Date.now();
    const old = [
      { timestampMs: now, speed: 1 },
      { timestampMs: now + 1, speed: 2 },
    ];
    expect(await device.exchange(recordsFrame(old))).toBe(2);
    expect(await device.exchange(recordsFrame([...old, { timestampMs: now + 2, speed: 3 }]))).toBe(3);
    expect(await device.exchange(recordsFrame([{ timestampMs: now + 3, speed: 4 }, ...old].reverse()))).toBe(3);
    expect((await rowsOf(imei)).map(({ speed }) => speed)).toEqual([1, 2, 3, 4]);
    device.close();
  });

  it('has two different records of one millisecond stored as two', async () => {
    const timestampMs = Date.now();
    expect(
      await send(newImei(), [
        { timestampMs, speed: 1 },
        { timestampMs, speed: 2 },
      ]),
    ).toHaveLength(2);
  });

  it('is stored once when the same records come by two connections at the same time', async () => {
    const now = Date.now();
    for (let round = 0; round < 20; round++) {
      const imei = newImei();
      const bytes = recordsFrame(Array.from({ length: 10 }, (_, index) => ({ timestampMs: now + index })));
      const first = await logIn(imei);
      first.send(bytes);
      const second = await logIn(imei);
      expect(await second.exchange(bytes)).toBe(10);
      expect(await rowsOf(imei)).toHaveLength(10);
      second.close();
      first.close();
    }
  });

  it('may send 255 records in one frame', async () => {
    const now = Date.now();
    expect(
      await send(
        newImei(),
        Array.from({ length: 255 }, (_, index) => ({ timestampMs: now + index })),
      ),
    ).toHaveLength(255);
  });
});

describe('hostile values', () => {
  const hostile: [name: string, record: TestRecord, row: Record<string, unknown>][] = [
    ['speed 65535', { speed: 65_535 }, { speed: 65_535 }],
    ['angle 65535', { angle: 65_535 }, { angle: 65_535 }],
    [
      'id 113 four bytes wide',
      { io: [{ id: 113, width: 4, value: 4_000_000_000 }] },
      { internal_battery_percent: null, io: { 113: 4_000_000_000 } },
    ],
    [
      'id 113 four bytes wide with a value that fits',
      { io: [{ id: 113, width: 4, value: 99 }] },
      { internal_battery_percent: 99, io: { widths: { 113: 4 } } },
    ],
    [
      'id 16 eight bytes wide',
      { io: [{ id: 16, width: 8, value: 2n ** 63n }] },
      { total_odometer: null, io: { 16: '9223372036854775808' } },
    ],
    [
      'a number as variable-length bytes',
      { io: [{ id: 66, value: Buffer.from('beef', 'hex') }] },
      { external_voltage: null, io: { 66: 'beef' } },
    ],
    ['NUL in 387', { io: [{ id: 387, value: Buffer.from('+54\0') }] }, { iso6709_coordinates: '2b353400' }],
    [
      'bytes that are not text in 387',
      { io: [{ id: 387, value: Buffer.from([0xff, 0xfe, 0x80]) }] },
      { iso6709_coordinates: 'fffe80' },
    ],
    ['387 of no length', { io: [{ id: 387, value: Buffer.alloc(0) }] }, { iso6709_coordinates: '' }],
    ['387 as a number', { io: [{ id: 387, width: 4, value: 7 }] }, { iso6709_coordinates: null, io: { 387: 7 } }],
    [
      'the largest 8-byte values',
      {
        io: [
          { id: 11, width: 8, value: 2n ** 64n - 1n },
          { id: 14, width: 8, value: 2n ** 53n + 1n },
        ],
      },
      { iccid1: '18446744073709551615', iccid2: '9007199254740993' },
    ],
    [
      'an 8-byte value above 2^53 without a column',
      { io: [{ id: 65_535, width: 8, value: 2n ** 53n + 1n }] },
      { io: { 65535: '9007199254740993' } },
    ],
    [
      'an id twice',
      {
        io: [
          { id: 21, value: 1 },
          { id: 21, value: 5 },
        ],
      },
      { gsm_signal: 5, io: { 21: [1, 5] } },
    ],
    [
      'an id without a column twice, in two widths',
      {
        io: [
          { id: 25, width: 2, value: 1 },
          { id: 25, width: 4, value: 2 },
        ],
      },
      { io: { 25: [1, 2], widths: { 25: [2, 4] } } },
    ],
    ['an iButton four bytes wide', { io: [{ id: 78, width: 4, value: 7 }] }, { io: { 78: '7' } }],
    ['timestamp 0', { timestampMs: 0 }, { iot_timestamp: new Date(0) }],
    [
      'timestamp 2^64-1',
      { timestampMs: 2n ** 64n - 1n },
      { iot_timestamp: new Date('9999-12-31T23:59:59.999Z'), io: { timestamp: '18446744073709551615' } },
    ],
    [
      'the greatest timestamp PostgreSQL could not take',
      { timestampMs: 10n ** 16n },
      { iot_timestamp: new Date('9999-12-31T23:59:59.999Z'), io: { timestamp: '10000000000000000' } },
    ],
    ['0/0 coordinates', { latitude: 0, longitude: 0, satellites: 0 }, { latitude: '0.0000000', longitude: '0.0000000' }],
    [
      'negative coordinates',
      { latitude: -337_654_321, longitude: -704_567_891, altitude: -32_768 },
      { latitude: '-33.7654321', longitude: '-70.4567891', altitude: -32_768 },
    ],
    [
      'coordinates beyond the Earth',
      { latitude: -2_147_483_648, longitude: 2_147_483_647 },
      { latitude: '-214.7483648', longitude: '214.7483647' },
    ],
    ['a coordinate of one ten-millionth', { latitude: 1, longitude: -1 }, { latitude: '0.0000001', longitude: '-0.0000001' }],
    [
      'priority 255 and event id 65535',
      { priority: 255, eventIoId: 65_535, satellites: 255 },
      { priority: 255, event_io_id: 65_535, satellites: 255 },
    ],
  ];

  it.each(hostile)('%s is stored as it is', async (_name, record, expected) => {
    const [row] = await send(newImei(), [record]);
    expect(row).toMatchObject(expected);
  });

  it('do not disturb their neighbours of the same moment', async () => {
    const devices = await Promise.all(
      [...hostile, ...hostile].map(async ([, record], index) => {
        const imei = newImei();
        const good = { timestampMs: Date.now(), speed: 33 };
        return { imei, device: await logIn(imei), bytes: recordsFrame(index % 2 ? [good, record] : [record, good]) };
      }),
    );
    const counts = await Promise.all(devices.map(({ device, bytes }) => device.exchange(bytes)));
    expect(new Set(counts)).toEqual(new Set([2]));
    for (const { imei, device } of devices) {
      expect(await rowsOf(imei)).toHaveLength(2);
      device.close();
    }
  });

  it('that the database refuses go to quarantine, byte for byte, and everything beside them is stored', async () => {
    await database.query('alter table tbl_iot_telemetry_data add constraint no_4242 check (speed <> 4242)');
    const now = Date.now();
    const refused: TestRecord = { timestampMs: now + 3, speed: 4242 };
    const devices = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const imei = newImei();
        const records = Array.from({ length: 7 }, (_unused, place): TestRecord =>
          index === 5 && place === 3 ? refused : { timestampMs: now + place, speed: place },
        );
        return { imei, device: await logIn(imei), bytes: recordsFrame(records), kept: index === 5 ? 6 : 7 };
      }),
    );
    expect(await Promise.all(devices.map(({ device, bytes }) => device.exchange(bytes)))).toEqual(devices.map(() => 7));
    for (const { imei, kept } of devices) {
      expect(await rowsOf(imei)).toHaveLength(kept);
    }
    const quarantine = await database.query('select scope, code, raw from tbl_iot_telemetry_quarantine where iot_imei = $1', [
      devices[5]?.imei,
    ]);
    expect(quarantine).toEqual([{ scope: 'record', code: 'ROW_REFUSED', raw: recordBytes(refused) }]);
    await database.query('alter table tbl_iot_telemetry_data drop constraint no_4242');
    devices.forEach(({ device }) => device.close());
  });
});

describe('frames that can not be accepted', () => {
  function damaged(): Buffer {
    const bytes = recordsFrame([{ timestampMs: Date.now() }]);
    bytes[bytes.length - 1]! ^= 0x01;
    return bytes;
  }

  async function rejectedSoFar(code: string): Promise<number> {
    return (await gateway.stats<{ rejected: Record<string, number> }>('transport')).rejected[code] ?? 0;
  }

  it.each([
    ['a bad CRC', () => damaged(), 'BAD_CRC'],
    ['an absurd length', () => Buffer.concat([uint(0, 4), uint(0x7fff_ffff, 4)]), 'BAD_LENGTH'],
  ])('with %s are not stored, not acknowledged, counted, and close the connection', async (_name, bytes, code) => {
    const imei = newImei();
    const before = await rejectedSoFar(code);
    const device = await logIn(imei);
    device.send(bytes());
    expect(await device.closed()).toHaveLength(0);
    expect(await rowsOf(imei)).toEqual([]);
    expect(await rejectedSoFar(code)).toBe(before + 1);
  });

  it('do not block a device indefinitely: a damaged frame goes to quarantine and is acknowledged at the third time', async () => {
    const imei = newImei();
    const bytes = damaged();
    for (let attempt = 0; attempt < 2; attempt++) {
      const device = await logIn(imei);
      device.send(bytes);
      expect(await device.closed()).toHaveLength(0);
    }
    const device = await logIn(imei);
    expect(await device.exchange(bytes)).toBe(1);
    const quarantine = await database.query<{ raw: Buffer }>('select raw from tbl_iot_telemetry_quarantine where iot_imei = $1', [
      imei,
    ]);
    expect(quarantine).toEqual([{ raw: bytes }]);
    expect(await device.exchange(recordsFrame([{ speed: 1 }, { speed: 2 }]))).toBe(2);
    expect(await rowsOf(imei)).toHaveLength(2);
    device.close();
  });

  const CODEC_7 = `000000000000003f0703${'01'.repeat(60)}030000f4f0`;

  it.each<[string, Buffer, number, string]>([
    ['a body that makes no sense', frame(Buffer.from('8e046e6f7420616e792072656373' + '04', 'hex')), 4, 'TRUNCATED'],
    [
      'bytes behind its records',
      frame(Buffer.concat([recordsField([{}]).subarray(0, -1), Buffer.of(0, 1)])),
      1,
      'TRAILING_BYTES',
    ],
    ['counts that differ', recordsFrame([{}, {}], { count2: 3 }), 2, 'COUNT_MISMATCH'],
    ['an unknown codec', Buffer.from(CODEC_7, 'hex'), 3, 'UNSUPPORTED_CODEC'],
  ])(
    'with a good CRC and %s go to quarantine at the first time and are acknowledged, and the connection stays',
    async (_what, bytes, count, code) => {
      const imei = newImei();
      const device = await logIn(imei);
      for (let attempt = 0; attempt < 6; attempt++) {
        expect(await device.exchange(bytes)).toBe(count);
      }
      expect(await device.exchange(recordsFrame([{}]))).toBe(1);
      const quarantine = await database.query(
        'select scope, code, raw, occurrences from tbl_iot_telemetry_quarantine where iot_imei = $1',
        [imei],
      );
      expect(quarantine).toEqual([{ scope: 'frame', code, raw: bytes, occurrences: '6' }]);
      device.close();
    },
  );

  it.each([0x0c, 0x0d, 0x0e, 0x0f])(
    'that are messages go to quarantine too and are not acknowledged, and the connection stays: codec %i',
    async (codec) => {
      const imei = newImei();
      const device = await logIn(imei);
      device.send(frame(Buffer.concat([uint(codec, 1), Buffer.from('017700000000', 'hex'), uint(1, 1)])));
      // The next answer is the acknowledgement of the records behind it.
      expect(await device.exchange(recordsFrame([{}, {}]))).toBe(2);
      const quarantine = await database.query('select scope, code from tbl_iot_telemetry_quarantine where iot_imei = $1', [imei]);
      expect(quarantine).toEqual([{ scope: 'frame', code: 'UNSUPPORTED_MESSAGE_TYPE' }]);
      device.close();
    },
  );
});
