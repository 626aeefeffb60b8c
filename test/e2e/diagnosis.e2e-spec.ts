import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { type FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { tryLogin } from '../support/logins.js';
import { waitFor } from '../support/wait-for.js';

const BEHIND_BALANCER = { BROKER_PROXY_PROTOCOL: 'on', BROKER_PROXY_TRUSTED: '127.0.0.0/8' };
const ADDRESS = '198.51.100.7';
const DAY_MS = 86_400_000;
const WRITTEN_WITHIN_MS = 30_000;

interface Diagnosis {
  connectedSince: string | null;
  likelyCauses: { code: string; text: string }[];
  log: { kind: string; detail: Record<string, unknown> }[];
  records: { looked: number; leastClockOffsetSeconds: number | null; withoutFix: number; atZero: number };
  commands: { unconfirmed: number; unansweredAttempts: number };
}

let database: TestDatabase;
let gateway: Gateway;
let serial = 0;

function newImei(): string {
  return String(358_500_000_000_000 + serial++);
}

async function logIn(imei: string, address = ADDRESS): Promise<FakeDevice> {
  const { accepted, device } = await tryLogin(gateway.devicePort, imei, address);
  expect(accepted).toBe(true);
  return device;
}

async function diagnose(imei: string, from = gateway): Promise<Diagnosis> {
  const { status, body } = await from.get<Diagnosis>(`devices/${imei}/diagnosis`);
  expect(status).toBe(200);
  return body;
}

/** The diagnosis as soon as it holds this. */
async function diagnosisWith(imei: string, holds: (diagnosis: Diagnosis) => boolean, from = gateway): Promise<Diagnosis> {
  return waitFor(
    async () => {
      const diagnosis = await diagnose(imei, from);
      return holds(diagnosis) && diagnosis;
    },
    { timeoutMs: WRITTEN_WITHIN_MS, what: 'the diagnosis' },
  );
}

function codesOf({ likelyCauses }: Diagnosis): string[] {
  return likelyCauses.map(({ code }) => code);
}

function countOf({ log }: Diagnosis, kind: string): number {
  return log.filter((entry) => entry.kind === kind).reduce((total, { detail }) => total + Number(detail.count ?? 1), 0);
}

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url, {
    ...BEHIND_BALANCER,
    IOT_COMMAND_TIMEOUT: '1',
    DEFAULT_MAX_IOT_COMMAND_RETRY: '0',
  });
});

afterAll(async () => {
  await gateway.kill();
  await database.drop();
});

describe('the diagnosis of a device', () => {
  it('says that nothing is wrong when nothing is, and who is connected', async () => {
    const imei = newImei();
    const device = await logIn(imei);
    expect(await device.exchange(recordsFrame([{ satellites: 9, speed: 1 }]))).toBe(1);
    const diagnosis = await diagnosisWith(imei, (found) => countOf(found, 'login') === 1);
    expect(diagnosis).toMatchObject({ likelyCauses: [], records: { looked: 1, withoutFix: 0 } });
    expect(diagnosis.connectedSince).not.toBeNull();
    device.close();
    await diagnosisWith(imei, ({ log }) => log.some(({ kind, detail }) => kind === 'closed' && detail.reason === 'peer'));
  });

  it('counts frames with a wrong CRC', async () => {
    const imei = newImei();
    for (let number = 0; number < 3; number++) {
      const device = await logIn(imei);
      const bytes = recordsFrame([{ satellites: 9, speed: number }]);
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 0xff, bytes.length - 1);
      device.send(bytes);
      await device.closed();
      device.close();
    }
    const diagnosis = await diagnosisWith(imei, (found) => countOf(found, 'rejected_frames') === 3);
    expect(codesOf(diagnosis)).toEqual(['DAMAGED_FRAMES']);
  });

  it('counts records that came again', async () => {
    const imei = newImei();
    const device = await logIn(imei);
    const bytes = recordsFrame([
      { satellites: 9, speed: 1 },
      { satellites: 9, speed: 2 },
    ]);
    expect(await device.exchange(bytes)).toBe(2);
    expect(await device.exchange(bytes)).toBe(2);
    device.close();
    const diagnosis = await diagnosisWith(imei, (found) => countOf(found, 'resent_records') === 2);
    expect(codesOf(diagnosis)).toEqual(['ACKNOWLEDGEMENTS_LOST']);
  });

  it('sees a clock that is days ahead, and records without a fix', async () => {
    const imei = newImei();
    const device = await logIn(imei);
    const timestampMs = Date.now() + 5 * DAY_MS + 60_000;
    expect(await device.exchange(recordsFrame([{ timestampMs, satellites: 0 }]))).toBe(1);
    device.close();
    const diagnosis = await diagnose(imei);
    expect(codesOf(diagnosis)).toEqual(['CLOCK_AHEAD', 'NO_FIX']);
    expect(diagnosis.likelyCauses[0]?.text).toContain('5 days');
    expect(diagnosis.records).toMatchObject({ looked: 1, withoutFix: 1, atZero: 1 });
  });

  it.each<[string, { id: number; value: number }[], boolean]>([
    ['GNSS asleep', [{ id: 69, value: 3 }], true],
    ['GNSS off', [{ id: 69, value: 0 }], true],
    ['static navigation', [{ id: 69, value: 4 }], true],
    ['deep sleep', [{ id: 200, value: 2 }], true],
    [
      'both',
      [
        { id: 69, value: 3 },
        { id: 200, value: 1 },
      ],
      true,
    ],
    [
      'no fix',
      [
        { id: 69, value: 2 },
        { id: 200, value: 0 },
      ],
      false,
    ],
    ['neither', [], false],
  ])('counts a record without satellites as without fix unless 69 and 200 explain it: %s', async (_what, io, explained) => {
    const imei = newImei();
    const device = await logIn(imei);
    expect(await device.exchange(recordsFrame([{ satellites: 0, io }]))).toBe(1);
    device.close();
    const diagnosis = await diagnose(imei);
    expect(codesOf(diagnosis)).toEqual(explained ? [] : ['NO_FIX']);
    expect(diagnosis.records).toMatchObject({ looked: 1, gnssOff: explained ? 1 : 0, withoutFix: explained ? 0 : 1 });
  });

  it('sees that the address changes', async () => {
    const imei = newImei();
    for (const address of [ADDRESS, '203.0.113.9']) {
      (await logIn(imei, address)).close();
    }
    const diagnosis = await diagnosisWith(imei, (found) => countOf(found, 'login') === 2);
    expect(codesOf(diagnosis)).toEqual(['CHANGING_ADDRESS']);
  });

  it('reports why logins are refused: banned, outside of the pinned ranges', async () => {
    const [banned, pinned] = [newImei(), newImei()];
    await gateway.post(`registered-devices/${banned}/ban`, {});
    await gateway.change('PUT', `registered-devices/${pinned}`, { allowedRanges: ['203.0.113.0/24'] });
    for (const [imei, code] of [
      [banned, 'BANNED'],
      [pinned, 'OUTSIDE_PINNED_RANGES'],
    ] as const) {
      expect((await tryLogin(gateway.devicePort, imei, ADDRESS)).accepted).toBe(false);
      expect(codesOf(await diagnosisWith(imei, (found) => countOf(found, 'refused') === 1))).toEqual([code]);
    }
  });

  it('reports that a device is not registered', async () => {
    const closed = await Gateway.start(database.url, { DEVICE_ADMISSION: 'registered' });
    try {
      const imei = newImei();
      expect((await tryLogin(closed.devicePort, imei)).accepted).toBe(false);
      await diagnosisWith(imei, (found) => codesOf(found).includes('NOT_REGISTERED'), closed);
    } finally {
      await closed.kill();
    }
  });

  it('sees commands that are never answered while records come', async () => {
    const imei = newImei();
    const device = await logIn(imei);
    expect(await device.exchange(recordsFrame([{ satellites: 9, speed: 1 }]))).toBe(1);
    expect((await gateway.post('command', { imei, command: 'getver' })).status).toBe(200);
    expect(await device.command(WRITTEN_WITHIN_MS)).toBe('getver');
    const diagnosis = await diagnosisWith(imei, ({ commands }) => commands.unconfirmed === 1);
    expect(codesOf(diagnosis)).toEqual(['COMMANDS_UNANSWERED']);
    device.close();
  });
});
