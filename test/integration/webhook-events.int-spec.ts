import { type DataSource } from 'typeorm';
import { type ClaimedDelivery } from '../../src/webhooks/delivery/delivery.js';
import { DeliveryQueueRepository } from '../../src/webhooks/delivery/delivery-queue.repository.js';
import { BEGINNING, type EventPosition } from '../../src/events/event-cursor.js';
import { EventsRepository } from '../../src/events/events.repository.js';
import { type RecordedEvent } from '../../src/events/recorded-event.js';
import { appendEvents } from '../support/append-events.js';
import {
  batchOf,
  type EventSettingsOf,
  openSource,
  telemetryStore,
  type TelemetryStore,
  testRecord as record,
} from '../support/telemetry-store.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

let database: TestDatabase;
let sources: DataSource[] = [];
let appender: DataSource | null = null;

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await Promise.all(sources.map((source) => source.destroy()));
  sources = [];
  appender = null;
  await database.drop();
});

async function newSource(poolSize?: number): Promise<DataSource> {
  const source = await openSource(database.url, poolSize);
  sources.push(source);
  return source;
}

async function append(imei: string, count = 1, type = 'command.completed'): Promise<void> {
  appender ??= await newSource(1);
  await appendEvents(
    appender,
    Array.from({ length: count }, () => ({ imei, type })),
  );
}

/** Relays what is stored before a batch counts as stored. */
async function newStore(settings: EventSettingsOf = {}): Promise<Pick<TelemetryStore['store'], 'store'>> {
  const { store, round } = telemetryStore(await newSource(), settings);
  return {
    store: async (batch) => {
      await store.store(batch);
      for (let result = await round.relayDue(); result.kind !== 'relayed' || result.busy > 0; result = await round.relayDue());
    },
  };
}

/** A transaction that writes anywhere on the server, for other tests too, holds the feed up for as long as it runs. */
async function readFeed(feed: EventsRepository, after: EventPosition, count: number): Promise<RecordedEvent[]> {
  return waitFor(
    async () => {
      const { rows: page } = await feed.readAfter(after, 10);
      return page.length < count ? null : [...page];
    },
    { what: `${count} events in the feed`, timeoutMs: 30_000 },
  );
}

const LEASE = { owner: '00000000-0000-4000-8000-000000000001', seconds: 60 };

function settled(delivery: ClaimedDelivery, outcome: 'delivered' | 'retry' | 'dead' = 'delivered', afterMs = 0) {
  const { imei, sequence } = delivery;
  const attempt = { webhookId: 'evt', durationMs: 1, status: 200, answer: 'ok', error: null };
  return { imei, sequence, outcome, afterMs, alone: false, outage: false, ...attempt };
}

describe('the feed', () => {
  it('never puts an event before what was read, however late its transaction commits', async () => {
    const feed = new EventsRepository(await newSource());
    const source = await newSource();
    const late = source.createQueryRunner();
    await late.startTransaction();
    await appendEvents(source, [{ imei: 'late', type: 'command.completed' }], late);
    await append('early', 3);
    // The late one has the smallest number, and it is not known yet whether its transaction will commit.
    expect((await feed.readAfter(BEGINNING, 10)).rows).toEqual([]);
    await late.commitTransaction();
    await late.release();
    const read = await readFeed(feed, BEGINNING, 4);
    expect(read.map(({ imei }) => imei)).toEqual(['late', 'early', 'early', 'early']);
  });

  // The order was that of the transactions alone once: one that had begun to write early, and got the device's number late, came first.
  it('has the events of a device in the order of their numbers, whichever transaction began first', async () => {
    const feed = new EventsRepository(await newSource());
    const source = await newSource();
    const early = source.createQueryRunner();
    await early.startTransaction();
    await early.query('select pg_current_xact_id()');
    await append('overtaken', 1);
    await appendEvents(source, [{ imei: 'overtaken', type: 'command.completed' }], early);
    await early.commitTransaction();
    await early.release();
    const read = await readFeed(feed, BEGINNING, 2);
    expect(read.map(({ sequence }) => sequence)).toEqual(['1', '2']);
  });

  // Ten and more events of one transaction were read in the order of their positions as text once, and some of them never.
  it('gives all events of one transaction, in their order, in pages of any size', async () => {
    const feed = new EventsRepository(await newSource());
    await append('many', 120);
    for (const limit of [7, 200]) {
      const read: RecordedEvent[] = [];
      await waitFor(
        async () => {
          read.push(...(await feed.readAfter((read.at(-1) as EventPosition | undefined) ?? BEGINNING, limit)).rows);
          return read.length >= 120;
        },
        { what: 'all of them', timeoutMs: 30_000 },
      );
      expect(read.map(({ sequence }) => Number(sequence))).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
    }
  });

  it('gives every event once, in the order of each device, to readers beside many writers', async () => {
    const writers = 8;
    const rounds = 40;
    let writing = true;
    const source = await newSource(writers);
    const write = async (writer: number): Promise<void> => {
      const client = source.createQueryRunner();
      for (let round = 0; round < rounds; round++) {
        await client.startTransaction();
        await client.query('select pg_current_xact_id()');
        const event = { imei: `device ${(writer + round) % 5}`, type: 'command.completed' };
        await appendEvents(source, [event], client);
        // Some commit much later than others that began after them.
        await client.query('select pg_sleep($1)', [((writer * 7 + round) % 4) * 0.003]);
        await (round % 9 === 8 ? client.rollbackTransaction() : client.commitTransaction());
      }
      await client.release();
    };
    const feed = new EventsRepository(await newSource());
    const readAll = async (limit: number): Promise<RecordedEvent[]> => {
      const read: RecordedEvent[] = [];
      const readOn = async (): Promise<number> => {
        const { rows: page } = await feed.readAfter((read.at(-1) as EventPosition | undefined) ?? BEGINNING, limit);
        read.push(...page);
        return page.length;
      };
      while (writing) {
        await readOn();
      }
      await waitFor(async () => (await readOn()) === 0 && read.length >= stored.length, { what: 'the rest', timeoutMs: 30_000 });
      return read;
    };
    let stored: { name: string }[] = [];
    const readers = Promise.all([readAll(3), readAll(50)]);
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
    stored = await database.query<{ name: string }>(`select imei || ' ' || sequence as name from tbl_iot_events`);
    writing = false;
    for (const read of await readers) {
      const names = read.map(({ imei, sequence }) => `${imei} ${sequence}`);
      expect(new Set(names).size).toBe(names.length);
      expect([...names].sort()).toEqual(stored.map(({ name }) => name).sort());
      for (const device of new Set(read.map(({ imei }) => imei))) {
        const sequences = read.filter(({ imei }) => imei === device).map(({ sequence }) => Number(sequence));
        expect(sequences).toEqual(sequences.map((_, index) => index + 1));
      }
    }
  });

  it('closes a telemetry event that it gives, so that newer records open the next one', async () => {
    const store = await newStore();
    const feed = new EventsRepository(await newSource());
    const now = Date.now();
    await store.store(batchOf([['a', [record(now, 1)]]]));
    await store.store(batchOf([['a', [record(now + 1, 2)]]]));
    const [first, ...others] = await readFeed(feed, BEGINNING, 1);
    expect(others).toEqual([]);
    expect(JSON.parse(first?.body ?? '')).toMatchObject({ imei: 'a', recordCount: 2, latestGps: { speed: 2 } });
    await store.store(batchOf([['a', [record(now + 2, 3)]]]));
    const [second] = await readFeed(feed, first as EventPosition, 1);
    expect([second?.sequence, JSON.parse(second?.body ?? '')]).toMatchObject(['2', { recordCount: 1, latestGps: { speed: 3 } }]);
    // The delivery sends what the feed gave.
    const [claimed] = await new DeliveryQueueRepository(await newSource()).claim(LEASE, 10);
    expect(claimed?.body).toBe(first?.body);
  });
});

describe('ten claimers', () => {
  it('take every delivery once, and each device only one after the other', async () => {
    const devices = Array.from({ length: 40 }, (_, index) => `device ${index}`);
    await Promise.all(devices.map((imei) => append(imei, 8)));
    const taken: string[] = [];
    const under = new Set<string>();
    const claim = async (claimer: number): Promise<void> => {
      const queue = new DeliveryQueueRepository(await newSource(1));
      const lease = { owner: `00000000-0000-4000-8000-00000000000${claimer}`, seconds: 60 };
      while (taken.length < devices.length * 8) {
        const claimed = await queue.claim(lease, 7);
        for (const { imei, sequence } of claimed) {
          expect(under.has(imei)).toBe(false);
          under.add(imei);
          taken.push(`${imei} ${sequence}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
        // Before the settling can be seen: another one may have claimed the next event before this one is notified.
        claimed.forEach(({ imei }) => under.delete(imei));
        await queue.settle(
          lease.owner,
          claimed.map((delivery) => settled(delivery)),
        );
      }
    };
    await Promise.all(Array.from({ length: 10 }, (_, claimer) => claim(claimer)));
    expect(new Set(taken).size).toBe(taken.length);
    for (const imei of devices) {
      const sequences = taken.filter((name) => name.startsWith(`${imei} `)).map((name) => Number(name.split(' ')[2]));
      expect(sequences).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    }
    expect(await database.query('select from tbl_iot_deliveries')).toEqual([]);
  });

  it('leave what is leased alone until the lease is over, and the late owner can settle it no more', async () => {
    await append('a');
    const queue = new DeliveryQueueRepository(await newSource());
    const [mine] = await queue.claim({ ...LEASE, seconds: 0 }, 10);
    const other = { owner: '00000000-0000-4000-8000-000000000002', seconds: 60 };
    const [theirs] = await queue.claim(other, 10);
    expect(theirs?.eventId).toBe(mine?.eventId);
    expect(await queue.claim(LEASE, 10)).toEqual([]);
    await queue.settle(LEASE.owner, [settled(mine as ClaimedDelivery)]);
    expect(await database.query('select from tbl_iot_deliveries')).toHaveLength(1);
    await queue.settle(other.owner, [settled(theirs as ClaimedDelivery)]);
    expect(await database.query('select from tbl_iot_deliveries')).toHaveLength(0);
  });

  it('pass an event that has failed three times, and not before', async () => {
    await append('a', 2);
    const queue = new DeliveryQueueRepository(await newSource());
    for (let failures = 0; failures < 3; failures++) {
      const claimed = await queue.claim(LEASE, 10);
      expect(claimed.map(({ sequence, failures: counted }) => [sequence, counted])).toEqual([['1', failures]]);
      await queue.settle(LEASE.owner, [settled(claimed[0] as ClaimedDelivery, 'retry', failures === 2 ? 60_000 : 0)]);
    }
    expect((await queue.claim(LEASE, 10)).map(({ sequence }) => sequence)).toEqual(['2']);
  });
});

describe('a batch of failed commands', () => {
  const fail = (imei: string, count: number) => append(imei, count, 'command.failed');

  it('waits until it is full or old enough, and comes back with the same members', async () => {
    const queue = new DeliveryQueueRepository(await newSource());
    await fail('a', 3);
    await fail('b', 2);
    expect(await queue.claim(LEASE, 10)).toEqual([]);
    expect(await queue.claimBatch(LEASE, 100, 3_600_000)).toEqual([]);
    const first = await queue.claimBatch({ ...LEASE, seconds: 0 }, 5, 3_600_000);
    expect(first.map(({ imei, sequence }) => `${imei}${sequence}`).sort()).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
    expect(new Set(first.map(({ batchId }) => batchId)).size).toBe(1);
    await fail('a', 1);
    expect(await queue.claimBatch(LEASE, 5, 3_600_000)).toEqual(first);
    expect(await queue.claimBatch(LEASE, 5, 0)).toEqual([]);
  });

  it('takes in nothing that would overtake an earlier event of its device', async () => {
    const queue = new DeliveryQueueRepository(await newSource());
    await fail('a', 1);
    await append('a', 1);
    await fail('a', 1);
    await fail('b', 1);
    const batch = await queue.claimBatch(LEASE, 100, 0);
    expect(batch.map(({ imei, sequence }) => `${imei}${sequence}`).sort()).toEqual(['a1', 'b1']);
  });
});

describe('telemetry events', () => {
  it('count every record once under concurrent batches, duplicates and closings', async () => {
    const devices = ['a', 'b', 'c', 'd', 'e'];
    const stores = await Promise.all(Array.from({ length: 4 }, () => newStore()));
    const base = Date.now() - 3_600_000;
    let storing = true;
    let reported = 0;
    const sequences = new Map<string, string[]>();
    const deliver = async (): Promise<void> => {
      const queue = new DeliveryQueueRepository(await newSource(1));
      for (let last = false; ;) {
        const claimed = await queue.claim(LEASE, 10);
        for (const { imei, sequence, body } of claimed) {
          const { recordCount, latestGps } = JSON.parse(body) as { recordCount: number; latestGps: object | null };
          expect(latestGps).not.toBeNull();
          reported += recordCount;
          sequences.set(imei, [...(sequences.get(imei) ?? []), sequence]);
        }
        await queue.settle(
          LEASE.owner,
          claimed.map((delivery) => settled(delivery)),
        );
        if (claimed.length === 0 && last) {
          return;
        }
        last = claimed.length === 0 && !storing;
      }
    };
    const delivering = deliver();
    await Promise.all(
      stores.map(async (store, writer) => {
        for (let round = 0; round < 25; round++) {
          // Neighbouring writers send some of the same records, as devices do after a lost acknowledgement.
          const seed = (round * 4 + writer) * 3;
          const batch = batchOf(devices.map((imei) => [imei, [0, 1, 2, 3].map((n) => record(base + seed + n, seed + n))]));
          await store.store(batch);
        }
      }),
    );
    storing = false;
    await delivering;
    const [stored] = await database.query<{ records: number }>('select count(*)::int as records from tbl_iot_telemetry_data');
    expect(stored?.records).toBe(5 * (25 * 4 * 3 + 1));
    expect(reported).toBe(stored?.records);
    for (const numbers of sequences.values()) {
      expect(numbers).toEqual(numbers.map((_, index) => String(index + 1)));
    }
  });

  it('do not make the queue of deliveries longer than the number of devices in an hour without deliveries', async () => {
    const store = await newStore();
    const base = Date.now() - 3_600_000;
    const devices = Array.from({ length: 1_000 }, (_, index) => String(358_000_000_000_000 + index));
    for (let minute = 0; minute < 60; minute++) {
      await store.store(batchOf(devices.map((imei, index) => [imei, [record(base + minute * 60_000, minute * 1_000 + index)]])));
    }
    const [queue] = await database.query(
      `select count(*)::int as deliveries, count(distinct imei)::int as devices,
              (select sum(record_count)::int from tbl_iot_events) as records, (select max(sequence)::int from tbl_iot_events) as sequence
         from tbl_iot_deliveries`,
    );
    expect(queue).toEqual({ deliveries: 1_000, devices: 1_000, records: 60_000, sequence: 1 });
  });

  it('contain every record when configured, at most a hundred each', async () => {
    const store = await newStore({ WEBHOOK_TELEMETRY_RECORDS: 'all' });
    const base = Date.now() - 3_600_000;
    const records = Array.from({ length: 230 }, (_, index) => record(base + index, index));
    await store.store(batchOf([['a', records.slice(0, 30)]]));
    await store.store(
      batchOf([
        ['a', records.slice(20, 230)],
        ['b', records.slice(0, 1)],
      ]),
    );
    const queue = new DeliveryQueueRepository(await newSource());
    const bodies: { imei: string; recordCount: number; records: { timestamp: string }[] }[] = [];
    for (let claimed = await queue.claim(LEASE, 10); claimed.length > 0; claimed = await queue.claim(LEASE, 10)) {
      bodies.push(...claimed.map(({ body }) => JSON.parse(body) as (typeof bodies)[number]));
      await queue.settle(
        LEASE.owner,
        claimed.map((delivery) => settled(delivery)),
      );
    }
    const ofA = bodies.filter(({ imei }) => imei === 'a');
    expect(ofA.map(({ recordCount }) => recordCount)).toEqual([100, 100, 30]);
    expect(ofA.map(({ records: each }) => each.length)).toEqual([100, 100, 30]);
    const times = ofA.flatMap(({ records: each }) => each.map(({ timestamp }) => Date.parse(timestamp)));
    expect(times.sort((one, other) => one - other)).toEqual(records.map(({ timestampMs }) => timestampMs));
    expect(bodies.filter(({ imei }) => imei === 'b')).toMatchObject([{ recordCount: 1 }]);
  });

  it('are kept for the feed alone when there is no host to deliver to', async () => {
    const store = await newStore({ NOTIFICATION_URL: undefined, EVENT_FEED_ENABLED: true });
    await store.store(batchOf([['a', [record(Date.now(), 1)]]]));
    await appendEvents(await newSource(1), [{ imei: 'a', type: 'device.message' }], { deliver: false });
    expect(await database.query('select from tbl_iot_deliveries')).toEqual([]);
    const events = await readFeed(new EventsRepository(await newSource()), BEGINNING, 2);
    expect(events.map(({ type, sequence }) => [type, sequence])).toEqual([
      ['telemetry', '1'],
      ['device.message', '2'],
    ]);
  });

  it('are not written at all when they are not configured', async () => {
    const store = await newStore({ TELEMETRY_WEBHOOK_ENABLED: false });
    await store.store(batchOf([['a', [record(Date.now(), 1)]]]));
    await store.store(batchOf([['a', [record(Date.now(), 1), record(Date.now(), 2)]]]));
    expect(await database.query('select from tbl_iot_events')).toEqual([]);
  });
});

describe('retention', () => {
  it('deletes what was delivered or given up long ago, in steps, and never what is still to be delivered', async () => {
    const queue = new DeliveryQueueRepository(await newSource());
    for (const imei of ['delivered', 'dead', 'pending', 'fresh']) {
      await append(imei);
    }
    const outcomes = { delivered: 'delivered', dead: 'dead', pending: 'retry', fresh: 'delivered' } as const;
    const claimed = await queue.claim(LEASE, 10);
    await queue.settle(
      LEASE.owner,
      claimed.map((delivery) => settled(delivery, outcomes[delivery.imei as keyof typeof outcomes])),
    );
    const age = (days: number, but: string) =>
      database.query(
        `update tbl_iot_events set occurred_at = occurred_at - make_interval(days => $1), delivered_at = delivered_at - make_interval(days => $1),
                dead_at = dead_at - make_interval(days => $1) where imei <> $2`,
        [days, but],
      );
    const retention = new EventsRepository(await newSource());
    const left = async (): Promise<string[]> => {
      for (let step = await retention.removeExpired(BEGINNING, 7, 30, 1); step?.goesOn;) {
        step = await retention.removeExpired(step, 7, 30, 1);
      }
      return (await database.query<{ imei: string }>('select imei from tbl_iot_events order by imei')).map(({ imei }) => imei);
    };
    await age(6, 'fresh');
    expect(await left()).toEqual(['dead', 'delivered', 'fresh', 'pending']);
    await age(2, 'fresh');
    expect(await left()).toEqual(['dead', 'fresh', 'pending']);
    expect(await database.query(`select from tbl_iot_delivery_attempts`)).toHaveLength(2);
    await age(30, 'fresh');
    expect(await left()).toEqual(['fresh', 'pending']);
  });

  it('lets a reader know that it has missed events, and one that has not, none', async () => {
    const events = new EventsRepository(await newSource());
    await append('first');
    await append('second');
    await append('third');
    const [first, second, third] = await readFeed(events, BEGINNING, 3);
    for (const position of [BEGINNING, first!, second!, third!]) {
      await events.requireKept(position);
    }
    await database.query(`update tbl_iot_events set occurred_at = occurred_at - interval '8 days' where imei <> 'third'`);
    await database.query('delete from tbl_iot_deliveries');
    expect(await events.removeExpired(BEGINNING, 7, 30, 10)).toMatchObject({ removed: 2 });
    await events.requireKept(BEGINNING);
    await expect(events.requireKept(first!)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED', httpStatus: 410 });
    await events.requireKept(second!);
    await events.requireKept(third!);
  });

  it('leaves the mark of what it has deleted where it is when it deletes an older event later', async () => {
    const events = new EventsRepository(await newSource());
    await append('waiting');
    await append('delivered');
    const [waiting, delivered] = await readFeed(events, BEGINNING, 2);
    await database.query(`update tbl_iot_events set occurred_at = occurred_at - interval '8 days'`);
    await database.query(`delete from tbl_iot_deliveries where imei = 'delivered'`);
    expect(await events.removeExpired(BEGINNING, 7, 30, 10)).toMatchObject({ removed: 1 });
    await database.query('delete from tbl_iot_deliveries');
    expect(await events.removeExpired(BEGINNING, 7, 30, 10)).toMatchObject({ removed: 1 });
    await expect(events.requireKept(waiting!)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    await events.requireKept(delivered!);
  });
});
