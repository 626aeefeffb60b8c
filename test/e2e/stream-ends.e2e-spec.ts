import { get } from 'node:http';
import { Client } from 'pg';
import { Exposition } from '../support/exposition.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

let database: TestDatabase;
let gateway: Gateway;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url, { EVENT_FEED_ENABLED: 'true' });
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

async function streamsOpen(): Promise<number | null> {
  const scrape = await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } });
  return new Exposition(await scrape.text()).value('iot_broker_streams_open');
}

async function statementsThatWait(): Promise<number> {
  const [found] = await database.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return found!.count;
}

/** While the work runs, nothing can read the mark of retention, which is read before a stream opens behind a cursor. */
async function whileOpeningIsHeld(work: () => Promise<void>): Promise<void> {
  const holder = new Client(database.url);
  await holder.connect();
  try {
    await holder.query('begin; lock table tbl_iot_event_retention in access exclusive mode');
    await work();
  } finally {
    await holder.end();
  }
}

it('a stream whose client is gone before it opens gives its place back', async () => {
  await whileOpeningIsHeld(async () => {
    const request = get(`${gateway.apiUrl}/api/v1/stream?after=1_1`, { headers: { 'x-api-key': API_KEY }, agent: false });
    request.on('error', () => undefined);
    await waitFor(async () => (await statementsThatWait()) > 0, { what: 'the stream to be held' });
    request.destroy();
    // Another connection, whose request is handled behind the end of the first.
    expect(await streamsOpen()).toBe(1);
  });
  await waitFor(async () => (await statementsThatWait()) === 0, { what: 'the stream to go on' });
  await waitFor(async () => (await streamsOpen()) === 0, { what: 'the place to be free' });
});
