import { FakeDevice } from '../support/fake-device.js';
import { frame, recordBytes, recordsField, recordsFrame, uint } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

interface Entry {
  readonly quarantineId: string;
  readonly imei: string;
  readonly reason: string;
  readonly rawHex: string;
  readonly occurrences: number;
}

interface Page {
  readonly count: number;
  readonly entries: Entry[];
  readonly nextCursor: string | null;
}

interface Retried {
  readonly read: number;
  readonly moved: number;
  readonly recordsStored: number;
  readonly duplicates: number;
  readonly remaining: { quarantineId: string; imei: string; reason: string; detail: string }[];
  readonly nextCursor: string | null;
}

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

function newImei(): string {
  return String(356_307_042_100_000 + serial++);
}

/** A row as an older version has left it that could not decode these bytes. */
async function quarantined(imei: string, raw: Buffer, scope: 'frame' | 'record' = 'frame'): Promise<string> {
  const [row] = await database.query<{ id: string }>(
    `insert into tbl_iot_telemetry_quarantine (iot_imei, remote_address, scope, code, detail, raw)
     values ($1, '198.51.100.7', $2, 'TRUNCATED', 'of an older version', $3) returning quarantine_id::text as id`,
    [imei, scope, raw],
  );
  return row?.id ?? '';
}

/** The CRC is right, the body ends too early. */
function undecodable(): Buffer {
  return frame(Buffer.concat([recordsField([{ speed: 1 }]).subarray(0, 20), uint(1, 1)]));
}

async function list(query: string): Promise<Page> {
  const { status, body } = await gateway.get<Page>(`quarantine?${query}`);
  expect(status).toBe(200);
  return body;
}

async function retry(body: Record<string, unknown>): Promise<Retried> {
  const answer = await gateway.post<Retried>('quarantine/retry', body);
  expect(answer.status).toBe(200);
  return answer.body;
}

async function speedsOf(imei: string): Promise<number[]> {
  const rows = await database.query<{ speed: number }>(
    'select speed from tbl_iot_telemetry_data where iot_imei = $1 order by speed',
    [imei],
  );
  return rows.map(({ speed }) => speed);
}

describe('the quarantine over REST', () => {
  it('shows a frame of a device with its bytes in hex, by itself and in the list', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    const bytes = undecodable();
    expect(await device.exchange(bytes)).toBe(1);
    expect(await device.exchange(bytes)).toBe(1);
    device.close();
    const { count, entries, nextCursor } = await list(`imei=${imei}`);
    expect([count, nextCursor]).toEqual([1, null]);
    expect(entries).toMatchObject([
      { imei, reason: 'TRUNCATED', scope: 'frame', occurrences: 2, remoteAddress: '127.0.0.1', rawHex: bytes.toString('hex') },
    ]);
    const one = await gateway.get(`quarantine/${entries[0]?.quarantineId}`);
    expect(one.body).toEqual({ success: true, entry: entries[0] });
    expect(await gateway.get('quarantine/999999999')).toMatchObject({
      status: 404,
      body: { code: 'QUARANTINE_ENTRY_NOT_FOUND' },
    });
  });

  it('filters by reason and time, and pages newest first', async () => {
    const imei = newImei();
    const ids: string[] = [];
    for (let speed = 0; speed < 5; speed++) {
      ids.unshift(await quarantined(imei, recordsFrame([{ speed }])));
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await list(`imei=${imei}&reason=TRUNCATED&limit=2${cursor}`);
      expect(page.count).toBeLessThanOrEqual(2);
      seen.push(...page.entries.map(({ quarantineId }) => quarantineId));
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(ids);
    expect((await list(`imei=${imei}&reason=BAD_CRC`)).count).toBe(0);
    expect((await list(`imei=${imei}&from=${Date.now() + 60_000}`)).count).toBe(0);
    expect((await list(`imei=${imei}&to=${Date.now() + 60_000}`)).count).toBe(5);
  });

  it('ends a page when its bytes reach 1 MiB, and goes on from there', async () => {
    const imei = newImei();
    for (let number = 0; number < 5; number++) {
      await quarantined(imei, Buffer.alloc(400_000, number));
    }
    const first = await list(`imei=${imei}`);
    const second = await list(`imei=${imei}&cursor=${first.nextCursor}`);
    expect([first.count, second.count, second.nextCursor]).toEqual([3, 2, null]);
  });

  it.each(['imei=1', 'reason=lower', 'from=yesterday', 'cursor=x', 'limit=0', 'limit=1001', 'nonsense=1'])(
    'refuses the query %s',
    async (query) => {
      expect((await gateway.get(`quarantine?${query}`)).status).toBe(400);
    },
  );

  it('is read with the scope read, and retried with the scope admin only', async () => {
    const { body } = await gateway.post<{ secret: string }>('keys', { name: 'reader', scopes: ['read'] });
    const headers = { 'x-api-key': body.secret };
    expect((await gateway.get('quarantine', headers)).status).toBe(200);
    expect((await gateway.post('quarantine/retry', {}, headers)).status).toBe(403);
  });
});

describe('a retry of the quarantine', () => {
  it('moves what can be decoded now to the stored records, and is in the audit', async () => {
    const imei = newImei();
    const timestampMs = Date.now() - 3_600_000;
    await quarantined(
      imei,
      recordsFrame([
        { speed: 1, timestampMs },
        { speed: 2, timestampMs: timestampMs + 1 },
      ]),
    );
    const stays = await quarantined(imei, undecodable());
    const result = await retry({ imei });
    expect(result).toMatchObject({ read: 2, moved: 1, recordsStored: 2, duplicates: 0, nextCursor: null });
    expect(result.remaining).toEqual([
      { quarantineId: stays, imei, reason: 'TRUNCATED', detail: expect.stringMatching(/./) as string },
    ]);
    expect(await speedsOf(imei)).toEqual([1, 2]);
    expect((await list(`imei=${imei}`)).entries.map(({ quarantineId }) => quarantineId)).toEqual([stays]);
    expect((await gateway.client.telemetry.latest(imei)).speed).toBe(2);
    expect(await gateway.client.audit.list({ action: 'quarantine.retried', imei }).all()).toMatchObject([
      { details: { read: 2, moved: 1, recordsStored: 2 } },
    ]);
  });

  it('moves nothing without its audit entry', async () => {
    const imei = newImei();
    const id = await quarantined(imei, recordsFrame([{ speed: 3, timestampMs: Date.now() - 1_000 }]));
    await database.query(
      `create function refuse_entry() returns trigger language plpgsql as $$ begin raise exception 'no entry'; end $$`,
    );
    await database.query(
      `create trigger refuse_entry before insert on tbl_iot_audit for each row execute function refuse_entry()`,
    );
    expect((await gateway.post('quarantine/retry', { imei })).status).toBe(500);
    await database.query('drop trigger refuse_entry on tbl_iot_audit');
    expect((await list(`imei=${imei}`)).entries.map(({ quarantineId }) => quarantineId)).toEqual([id]);
    expect(await retry({ imei })).toMatchObject({ moved: 1, recordsStored: 1 });
    expect(await speedsOf(imei)).toEqual([3]);
  });

  it('stores nothing twice that the device has brought itself meanwhile', async () => {
    const imei = newImei();
    const bytes = recordsFrame([{ speed: 7, timestampMs: Date.now() - 1_000 }]);
    await quarantined(imei, bytes);
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    expect(await device.exchange(bytes)).toBe(1);
    device.close();
    expect(await retry({ imei })).toMatchObject({ read: 1, moved: 1, recordsStored: 0, duplicates: 1 });
    expect(await speedsOf(imei)).toEqual([7]);
    expect((await list(`imei=${imei}`)).count).toBe(0);
  });

  it('keeps a record that the database refuses again, and moves its neighbours', async () => {
    const imei = newImei();
    const good = await quarantined(imei, recordBytes({ speed: 3 }), 'record');
    await database.query(
      `alter table tbl_iot_telemetry_data add constraint refuses_speed_4 check (iot_imei <> '${imei}' or speed <> 4)`,
    );
    const refused = await quarantined(imei, recordBytes({ speed: 4 }, 0x08), 'record');
    const other = await quarantined(imei, recordBytes({ speed: 5 }), 'record');
    const result = await retry({ imei });
    expect(result).toMatchObject({ read: 3, moved: 2, recordsStored: 2 });
    expect(result.remaining).toMatchObject([{ quarantineId: refused, reason: 'ROW_REFUSED' }]);
    expect(await speedsOf(imei)).toEqual([3, 5]);
    expect([good, other]).not.toContain((await list(`imei=${imei}`)).entries[0]?.quarantineId);
  });

  it('goes on behind entries that cannot be decoded', async () => {
    const imei = newImei();
    const device = await FakeDevice.logIn(gateway.devicePort, imei);
    for (let number = 0; number < 3; number++) {
      const bytes = frame(Buffer.concat([recordsField([{ speed: 1 }]).subarray(0, 20), uint(number, 4), uint(1, 1)]));
      expect(await device.exchange(bytes)).toBe(1);
    }
    device.close();
    await quarantined(imei, recordsFrame([{ speed: 8 }]));
    const first = await retry({ imei, limit: 3 });
    expect(first).toMatchObject({ read: 3, moved: 0 });
    expect(await retry({ imei, limit: 3, cursor: first.nextCursor })).toMatchObject({ read: 1, moved: 1, nextCursor: null });
  });

  it('takes null for a field that is not given', async () => {
    const imei = newImei();
    const id = await quarantined(imei, undecodable());
    const given = await retry({ imei, reason: null, from: null, to: null, limit: null, cursor: null });
    expect(given).toMatchObject({ read: 1, remaining: [{ quarantineId: id }], nextCursor: null });
  });

  it('moves each entry once when four retries run at the same time', async () => {
    const imei = newImei();
    const timestampMs = Date.now() - 3_600_000;
    for (let number = 0; number < 200; number++) {
      await quarantined(imei, recordsFrame([{ speed: number, timestampMs: timestampMs + number }]));
    }
    let moved = 0;
    let recordsStored = 0;
    let duplicates = 0;
    for (let rounds = 0; rounds < 10 && moved < 200; rounds++) {
      const results = await Promise.all(Array.from({ length: 4 }, () => retry({ imei, limit: 200 })));
      for (const result of results) {
        moved += result.moved;
        recordsStored += result.recordsStored;
        duplicates += result.duplicates;
      }
    }
    expect({ moved, recordsStored, duplicates }).toEqual({ moved: 200, recordsStored: 200, duplicates: 0 });
    expect(await speedsOf(imei)).toEqual(Array.from({ length: 200 }, (_, number) => number));
    expect((await list(`imei=${imei}`)).count).toBe(0);
  });

  it('takes a request without a body, and refuses a bad one', async () => {
    const response = await fetch(`${gateway.apiUrl}/api/v1/quarantine/retry`, {
      method: 'POST',
      headers: { 'x-api-key': API_KEY },
    });
    expect(response.status).toBe(200);
    await response.body?.cancel();
    for (const body of [{ limit: 0 }, { limit: 1_001 }, { imei: '1' }, { nonsense: 1 }]) {
      expect((await gateway.post('quarantine/retry', body)).status).toBe(400);
    }
  });
});
