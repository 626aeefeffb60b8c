import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { FAILURE_BATCH_LOCK } from '../../src/platform/database/advisory-locks.js';
import { appendEvents } from '../support/append-events.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let source: DataSource | null = null;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await source?.destroy();
  source = null;
  await database.drop();
});

async function newSource(): Promise<DataSource> {
  source = await new DataSource({ type: 'postgres', url: database.url, poolSize: 1 }).initialize();
  return source;
}

const MOMENT = '2026-01-02T03:04:05.678Z';
const LATER = '2026-01-03T00:00:00.000Z';

async function events(): Promise<unknown[]> {
  return database.query(
    `select imei, sequence::int as sequence, type, is_open as "isOpen", record_count as records, newest_hash::int as hash
       from tbl_iot_events order by imei, sequence`,
  );
}

async function insertRecord(imei: string, time: string, hash: number, satellites = 7): Promise<void> {
  await database.query(
    `insert into tbl_iot_telemetry_data (iot_imei, iot_timestamp, record_hash, timestamp, angle, speed, event_io_id, altitude, satellites,
                                         priority, latitude, longitude, ignition, iccid1, iccid2, io)
     values ($1, $2, $3, $4, 90, 50, 0, 120, $5, 1, 54.5, 25.25, 1, 8937001234, 123, '{"10": 3}')`,
    [imei, time, hash, MOMENT, satellites],
  );
}

describe('iot_lock_event_sequences', () => {
  it('creates the missing sequences and locks all of them until the transaction ends', async () => {
    await appendEvents(await newSource(), [{ imei: 'a', type: 'command.completed' }]);
    const holder = new Client(database.url);
    await holder.connect();
    await holder.query('begin');
    await holder.query(`select iot_lock_event_sequences('{b,a}')`);
    const wanted = `select from tbl_iot_event_sequences where imei = 'a' for update nowait`;
    await expect(database.query(wanted)).rejects.toThrow('could not obtain lock');
    await holder.query('commit');
    await holder.end();
    await database.query(wanted);
    expect(await database.query('select imei, last_sequence::int as last from tbl_iot_event_sequences order by imei')).toEqual([
      { imei: 'a', last: 1 },
      { imei: 'b', last: 0 },
    ]);
  });
});

describe('iot_append_telemetry', () => {
  const append = (imei: string, records: number, time: string, hash: number, plausible = true): Promise<unknown> =>
    database.query(
      `select iot_append_telemetry(array[$1], array[$2::int], array[now()], array[now()], array[$3::timestamptz], array[$4::bigint], array[$5::boolean], true)`,
      [imei, records, time, hash, plausible],
    );

  it('opens one event for a device and merges later batches into it', async () => {
    await append('a', 2, MOMENT, 1);
    await append('a', 3, LATER, 2);
    await append('b', 1, MOMENT, 3);
    expect(await events()).toEqual([
      { imei: 'a', sequence: 1, type: 'telemetry', isOpen: true, records: 5, hash: 2 },
      { imei: 'b', sequence: 1, type: 'telemetry', isOpen: true, records: 1, hash: 3 },
    ]);
    expect(await database.query('select from tbl_iot_deliveries')).toHaveLength(2);
  });

  it('takes for the newest record the latest plausible one', async () => {
    await append('a', 1, MOMENT, 1);
    await append('a', 1, '2099-01-01T00:00:00Z', 2, false);
    expect(await events()).toMatchObject([{ records: 2, hash: 1 }]);
  });

  it('opens the next event when the last one was closed', async () => {
    await append('a', 1, MOMENT, 1);
    await database.query(`update tbl_iot_events set is_open = false, body = '{}'`);
    await append('a', 1, LATER, 2);
    expect(await events()).toMatchObject([
      { sequence: 1, isOpen: false },
      { sequence: 2, isOpen: true, records: 1 },
    ]);
  });
});

describe('iot_append_telemetry_records', () => {
  it('keeps the key of every record and closes an event that is full', async () => {
    await database.query(
      `select iot_append_telemetry_records('{a,b,a,a}', array[now(), now(), now(), now()], array[$1, $1, $1, $1]::timestamptz[],
                                           '{1,2,3,4}', '{t,t,t,t}', true, 2)`,
      [MOMENT],
    );
    expect(await events()).toEqual([
      { imei: 'a', sequence: 1, type: 'telemetry', isOpen: false, records: 2, hash: 3 },
      { imei: 'a', sequence: 2, type: 'telemetry', isOpen: true, records: 1, hash: 4 },
      { imei: 'b', sequence: 1, type: 'telemetry', isOpen: true, records: 1, hash: 2 },
    ]);
    expect(
      await database.query(
        `select sequence::int as sequence, record_hash::int as hash from tbl_iot_event_records kept join tbl_iot_events event using (event_id)
          where kept.imei = 'a' order by record_hash`,
      ),
    ).toEqual([
      { sequence: 1, hash: 1 },
      { sequence: 1, hash: 3 },
      { sequence: 2, hash: 4 },
    ]);
  });
});

describe('iot_record_gps', () => {
  const gps = async (): Promise<unknown> =>
    (await database.query<{ gps: unknown }>('select iot_record_gps(entry) as gps from tbl_iot_telemetry_data entry'))[0]?.gps;

  it('is the position and whether it has a fix', async () => {
    await insertRecord('a', MOMENT, 1);
    expect(await gps()).toEqual({
      latitude: 54.5,
      longitude: 25.25,
      altitude: 120,
      angle: 90,
      satellites: 7,
      speed: 50,
      fix: true,
    });
  });

  it('has no coordinates when the device has sent 0/0 without a fix', async () => {
    await insertRecord('a', MOMENT, 1, 0);
    expect(await gps()).toMatchObject({ latitude: 54.5, longitude: 25.25, fix: false });
    await database.query('update tbl_iot_telemetry_data set latitude = 0, longitude = 0');
    expect(await gps()).toMatchObject({ latitude: null, longitude: null, fix: false });
  });
});

describe('iot_record_attributes', () => {
  it('are the attribute columns that have a value; an ICCID is text with its leading zeros', async () => {
    await insertRecord('a', MOMENT, 1);
    expect(await database.query('select iot_record_attributes(entry) as attributes from tbl_iot_telemetry_data entry')).toEqual([
      { attributes: { ignition: 1, iccid1: '8937001234', iccid2: '0000000123' } },
    ]);
  });
});

describe('iot_telemetry_body', () => {
  const body = async (): Promise<unknown> =>
    (await database.query<{ body: unknown }>('select iot_telemetry_body(event) as body from tbl_iot_events event'))[0]?.body;
  const append = (): Promise<unknown> =>
    database.query(
      `select iot_append_telemetry_records('{a,a}', array[$1, $1]::timestamptz[], array[$2, $1]::timestamptz[], '{2,1}', '{t,t}', false, 100)`,
      [MOMENT, LATER],
    );

  it('has the newest record and, when their keys are kept, every record in the order of time', async () => {
    await insertRecord('a', MOMENT, 1);
    await insertRecord('a', LATER, 2);
    await append();
    const values = { gps: expect.objectContaining({ speed: 50 }) as object, io: { 10: 3 } };
    expect(await body()).toEqual({
      imei: 'a',
      recordCount: 2,
      latestTimestamp: LATER,
      latestGps: expect.objectContaining({ fix: true }) as object,
      latestAttributes: expect.objectContaining({ ignition: 1 }) as object,
      latestIo: { 10: 3 },
      firstReceivedAt: MOMENT,
      lastReceivedAt: MOMENT,
      records: [
        expect.objectContaining({ timestamp: MOMENT, receivedAt: MOMENT, priority: 1, eventIoId: 0, ...values }),
        expect.objectContaining({ timestamp: LATER, ...values }),
      ],
    });
  });

  it('leaves out the values of records that were deleted', async () => {
    await append();
    expect(await body()).toMatchObject({
      recordCount: 2,
      latestTimestamp: LATER,
      latestGps: null,
      latestAttributes: null,
      latestIo: null,
    });
    expect(await body()).not.toHaveProperty('records');
  });
});

describe('iot_claim_failures', () => {
  const OWNER = '00000000-0000-4000-8000-000000000001';
  const claim = (most: number, collectMs: number): Promise<{ imei: string; batch_id: string | null }[]> =>
    database.query('select * from iot_claim_failures($1, 60, $2, $3)', [OWNER, most, collectMs]);

  beforeEach(async () => {
    await appendEvents(await newSource(), [
      { imei: 'a', type: 'command.failed' },
      { imei: 'b', type: 'command.failed' },
    ]);
  });

  it('leases a batch when it is full, and nothing before', async () => {
    expect(await claim(3, 3_600_000)).toEqual([]);
    const batch = await claim(2, 3_600_000);
    expect(batch.map(({ imei }) => imei).sort()).toEqual(['a', 'b']);
    expect(new Set(batch.map(({ batch_id }) => batch_id)).size).toBe(1);
    expect(await claim(2, 0)).toEqual([]);
  });

  it('gives a single member no batch id', async () => {
    await database.query(`delete from tbl_iot_deliveries where imei = 'b'`);
    expect(await claim(2, 0)).toMatchObject([{ imei: 'a', batch_id: null }]);
  });

  it('takes the lock that advisory-locks.ts names', async () => {
    const [{ source } = { source: '' }] = await database.query<{ source: string }>(
      `select prosrc as source from pg_proc where proname = 'iot_claim_failures'`,
    );
    expect(source).toContain(`pg_try_advisory_xact_lock(${FAILURE_BATCH_LOCK})`);
  });

  it('gives nothing while another transaction claims', async () => {
    const rival = new Client(database.url);
    await rival.connect();
    await rival.query('begin');
    expect((await rival.query('select * from iot_claim_failures($1, 60, 2, 0)', [OWNER])).rowCount).toBe(2);
    expect(await claim(2, 0)).toEqual([]);
    await rival.query('rollback');
    await rival.end();
    expect(await claim(2, 0)).toHaveLength(2);
  });
});
