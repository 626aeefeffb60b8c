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

async function insertRecord(imei: string, time: string, hash: number, satellites = 7): Promise<void> {
  await database.query(
    `insert into tbl_iot_telemetry_data (iot_imei, iot_timestamp, record_hash, timestamp, angle, speed, event_io_id, altitude, satellites,
                                         priority, latitude, longitude, ignition, iccid1, iccid2, io)
     values ($1, $2, $3, $4, 90, 50, 0, 120, $5, 1, 54.5, 25.25, 1, 8937001234, 123, '{"10": 3}')`,
    [imei, time, hash, MOMENT, satellites],
  );
}

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

describe('iot_attributes_expression', () => {
  async function attributes(): Promise<unknown[]> {
    const [found] = await database.query<{ expression: string }>(`select iot_attributes_expression('entry') as expression`);
    const rows = await database.query<{ attributes: unknown }>(
      `select ${found!.expression} as attributes from tbl_iot_telemetry_data entry`,
    );
    return rows.map((row) => row.attributes);
  }

  it('gives the attribute columns that have a value; an ICCID is text with its leading zeros', async () => {
    await insertRecord('a', MOMENT, 1);
    expect(await attributes()).toEqual([{ ignition: 1, iccid1: '8937001234', iccid2: '0000000123' }]);
  });

  it('gives text as JSON, whatever characters it has, numbers of 64 bits, and no column without a value', async () => {
    await insertRecord('a', MOMENT, 1);
    await database.query(
      `update tbl_iot_telemetry_data set ignition = null, iccid1 = null, iccid2 = 12345678901234567890, iso6709_coordinates = $1, total_odometer = 4294967295`,
      ['"\\\n\u0001Ž'],
    );
    expect(await attributes()).toEqual([
      { iccid2: '12345678901234567890', iso6709_coordinates: '"\\\n\u0001Ž', total_odometer: 4_294_967_295 },
    ]);
    await database.query('update tbl_iot_telemetry_data set iccid2 = null, iso6709_coordinates = null, total_odometer = null');
    expect(await attributes()).toEqual([{}]);
  });
});

describe('iot_telemetry_bodies', () => {
  const body = async (): Promise<unknown> =>
    (
      await database.query<{ body: unknown }>(
        'select made.body from iot_telemetry_bodies((select array_agg(event_id) from tbl_iot_events)) made',
      )
    )[0]?.body;
  const append = async (leftOut = 0): Promise<void> => {
    await database.query(
      `with event as (
         insert into tbl_iot_events (imei, sequence, type, is_open, record_count, records_left_out, first_received_at, last_received_at,
                                     newest_is_plausible, newest_time, newest_hash)
         values ('a', 1, 'telemetry', true, 2 + $3, $3, $1, $1, true, $2, 2)
         returning event_id
       )
       insert into tbl_iot_event_records (event_id, imei, iot_timestamp, record_hash)
       select event_id, 'a', time, hash from event, (values ($2::timestamptz, 2), ($1::timestamptz, 1)) as kept (time, hash)`,
      [MOMENT, LATER, leftOut],
    );
  };

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

  it('makes the bodies of many events, whose newest records are of different days', async () => {
    await insertRecord('a', MOMENT, 1);
    await insertRecord('b', LATER, 2);
    await database.query(
      `insert into tbl_iot_events (imei, sequence, type, is_open, record_count, first_received_at, last_received_at,
                                   newest_is_plausible, newest_time, newest_hash)
       values ('a', 1, 'telemetry', true, 1, $1, $1, true, $1, 1),
              ('b', 1, 'telemetry', true, 2, $1, $1, true, $2, 2),
              ('c', 1, 'telemetry', true, 3, $1, $1, true, $2, 3),
              ('d', 1, 'telemetry', true, 4, $1, $1, true, $2, 4)`,
      [MOMENT, LATER],
    );
    const made = await database.query<{ imei: string; body: unknown }>(
      `select event.imei, made.body from tbl_iot_events event
         join iot_telemetry_bodies((select array_agg(event_id) from tbl_iot_events where imei <> 'd')) made using (event_id)
        order by event.imei`,
    );
    const values = { latestGps: expect.objectContaining({ speed: 50 }) as object, latestIo: { 10: 3 } };
    expect(made).toMatchObject([
      { imei: 'a', body: { imei: 'a', recordCount: 1, latestTimestamp: MOMENT, ...values } },
      { imei: 'b', body: { imei: 'b', recordCount: 2, latestTimestamp: LATER, ...values } },
      { imei: 'c', body: { imei: 'c', recordCount: 3, latestGps: null, latestAttributes: null, latestIo: null } },
    ]);
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
    expect(await body()).not.toHaveProperty('recordsLeftOut');
  });

  it('says how many records the list does not contain', async () => {
    await insertRecord('a', LATER, 2);
    await append(40);
    expect(await body()).toMatchObject({ recordCount: 42, recordsLeftOut: 40, records: [{ timestamp: LATER }] });
  });
});

describe('iot_claim_batch', () => {
  const OWNER = '00000000-0000-4000-8000-000000000001';
  const claim = (most: number, collectMs: number): Promise<{ imei: string; batch_id: string | null }[]> =>
    database.query(`select * from iot_claim_batch($1, 60, $2, $3, '-infinity')`, [OWNER, most, collectMs]);

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
      `select prosrc as source from pg_proc where proname = 'iot_claim_batch'`,
    );
    expect(source).toContain(`pg_try_advisory_xact_lock(${FAILURE_BATCH_LOCK})`);
  });

  it('gives nothing while another transaction claims', async () => {
    const rival = new Client(database.url);
    await rival.connect();
    await rival.query('begin');
    expect((await rival.query(`select * from iot_claim_batch($1, 60, 2, 0, '-infinity')`, [OWNER])).rowCount).toBe(2);
    expect(await claim(2, 0)).toEqual([]);
    await rival.query('rollback');
    await rival.end();
    expect(await claim(2, 0)).toHaveLength(2);
  });
});

describe('iot_claimable_deliveries', () => {
  const due = async (most = 10, lookedAt = 1_000): Promise<string[]> =>
    (
      await database.query<{ imei: string; sequence: string }>(`select * from iot_claimable_deliveries('-infinity', $1, $2)`, [
        most,
        lookedAt,
      ])
    ).map(({ imei, sequence }) => `${imei}${sequence}`);
  const change = (changes: string, name: string): Promise<unknown> =>
    database.query(`update tbl_iot_deliveries set ${changes} where imei || sequence = $1`, [name]);

  beforeEach(async () => {
    const events = ['b', 'a', 'b', 'a', 'a'].map((imei) => ({ imei, type: 'command.completed' }));
    await appendEvents(await newSource(), events);
  });

  it('has the first event of each device, those first that are due first', async () => {
    await change(`next_attempt_at = now() - interval '1 minute'`, 'b1');
    expect(await due()).toEqual(['b1', 'a1']);
    expect(await due(1)).toEqual(['b1']);
  });

  it('leaves out what is leased, in a batch, due later, or a failed command that can be in a batch', async () => {
    await change(`leased_until = now() + interval '1 minute'`, 'a1');
    expect(await due()).toEqual(['b1']);
    await change(`leased_until = now() - interval '1 minute', batch_id = gen_random_uuid()`, 'a1');
    expect(await due()).toEqual(['b1']);
    await change(`next_attempt_at = now() + interval '1 minute'`, 'b1');
    expect(await due()).toEqual([]);
    await change(`next_attempt_at = now(), type = 'command.failed'`, 'b1');
    expect(await due()).toEqual([]);
    await change('alone = true', 'b1');
    expect(await due()).toEqual(['b1']);
  });

  it('looks no further than `looked_at`, unless it finds nothing there', async () => {
    const order = ['b1', 'b2', 'a1', 'a2', 'a3'];
    for (const [place, name] of order.entries()) {
      await change(`next_attempt_at = now() - interval '${60 - place} seconds'`, name);
    }
    expect(await due(10, 2)).toEqual(['b1']);
    expect(await due(10, 3)).toEqual(['b1', 'a1']);
    await change(`next_attempt_at = now() + interval '1 hour'`, 'b1');
    expect(await due(10, 1)).toEqual(['a1']);
    expect(
      await database.query(`select imei, place_in_line::int as place from iot_claimable_deliveries('-infinity', 10, 10)`),
    ).toEqual([{ imei: 'a', place: 2 }]);
  });

  it('does not hold an event back by one that has failed three times', async () => {
    await change(`failures = 3, next_attempt_at = now() + interval '1 minute'`, 'a1');
    expect((await due()).sort()).toEqual(['a2', 'b1']);
  });

  it('holds an event back by an earlier one when the one between them was only recorded', async () => {
    await database.query(`delete from tbl_iot_deliveries where imei = 'a' and sequence = 2`);
    await change(`leased_until = now() + interval '1 minute'`, 'a1');
    expect(await due()).toEqual(['b1']);
    await database.query(`delete from tbl_iot_deliveries where imei = 'a' and sequence = 1`);
    expect((await due()).sort()).toEqual(['a3', 'b1']);
  });
});
