import { API_KEY, Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const IMEI = '356307042441013';
const MIB = 1_048_576;
/** What a page of texts may come to, and what stands around them. */
const MAX_BYTES = 4 * MIB + 600_000;
const LARGE_ROWS = 12;

type Item = Record<string, unknown>;
type Answer = Record<string, unknown> & { nextCursor?: string | null; hasMore?: boolean };

let database: TestDatabase;
let gateway: Gateway;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url, { EVENT_FEED_ENABLED: 'true', METADATA_MAX_BYTES: '1000' });
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

/** Rows of 1 MiB, the last one of 6 MiB: more than a page holds. Random, so that PostgreSQL can't store them in less. */
const TEXT = `(select string_agg(md5(random()::text || i), '') from generate_series(1, case when n = ${LARGE_ROWS} then 6 else 1 end * 32768) i)`;
const ROWS = `generate_series(1, ${LARGE_ROWS}) n`;

interface List {
  readonly path: string;
  readonly items: string;
  /** Identifies a row. */
  readonly id: string;
  readonly cursor?: string;
  readonly fill: string;
}

const LISTS: readonly List[] = [
  {
    path: 'commands',
    items: 'commands',
    id: 'commandLogId',
    fill: `insert into tbl_iot_command_logs (imei, command, codec, reply_shape, silent, mode, max_retry, timeout_seconds, status, reason,
             metadata, estimated_timeout_at, expires_at, due_at)
           select '${IMEI}', 'getver', 12, 'getver', false, 'queue', 0, 60, 'FAILED', 'expired', json_build_object('text', ${TEXT}), now(), now(), now() from ${ROWS}`,
  },
  {
    path: `devices/${IMEI}/messages`,
    items: 'messages',
    id: 'messageId',
    fill: `insert into tbl_iot_device_messages (imei, received_at, codec, message_type, text, payload)
           select '${IMEI}', now(), 12, 6, '', substr(decode(${TEXT}, 'hex'), 1, 600000) from ${ROWS}`,
  },
  {
    path: `devices/${IMEI}/telemetry`,
    items: 'records',
    id: 'iotTimestamp',
    fill: `insert into tbl_iot_telemetry_data (iot_imei, iot_timestamp, record_hash, timestamp, latitude, longitude, altitude, angle, satellites,
             speed, priority, event_io_id, io)
           select '${IMEI}', now() - n * interval '1 minute', n, now(), 0, 0, 0, 0, 0, 0, 0, 0, jsonb_build_object('10000', ${TEXT}) from ${ROWS}`,
  },
  {
    path: 'audit',
    items: 'entries',
    id: 'auditId',
    fill: `insert into tbl_iot_audit (action, key_name, details) select 'command.created', 'app', json_build_object('text', ${TEXT}) from ${ROWS}`,
  },
  {
    path: 'registered-devices',
    items: 'devices',
    id: 'imei',
    fill: `insert into tbl_iot_devices (imei, note) select (356307042441000 + n)::text, ${TEXT} from ${ROWS}`,
  },
  {
    path: 'events',
    items: 'events',
    id: 'eventId',
    cursor: 'after',
    fill: `insert into tbl_iot_events (transaction_id, imei, sequence, type, body)
           select pg_current_xact_id(), '${IMEI}', n, 'command.completed', json_build_object('text', ${TEXT}) from ${ROWS}`,
  },
  { path: 'webhooks/events', items: 'events', id: 'eventId', fill: 'select 1' },
];

async function readPage(path: string): Promise<{ bytes: number; answer: Answer }> {
  const response = await fetch(`${gateway.apiUrl}/api/v1/${path}`, { headers: { 'x-api-key': API_KEY } });
  const text = await response.text();
  expect([path, response.status]).toEqual([path, 200]);
  return { bytes: text.length, answer: JSON.parse(text) as Answer };
}

/** Every page of a list, as sizes and ids. */
async function readAll(
  { path, items, id, cursor = 'cursor' }: List,
  limit: number,
): Promise<{ bytes: number; ids: unknown[] }[]> {
  const pages: { bytes: number; ids: unknown[] }[] = [];
  for (let next: string | null = ''; next !== null;) {
    const { bytes, answer } = await readPage(`${path}?limit=${limit}${next === '' ? '' : `&${cursor}=${next}`}`);
    pages.push({ bytes, ids: (answer[items] as Item[]).map((item) => item[id]) });
    next = answer.hasMore === false ? null : (answer.nextCursor ?? null);
  }
  return pages;
}

describe('a page of', () => {
  it.each(LISTS)('$path ends at about 4 MB, goes on behind its cursor, and gives a larger row alone', async (list) => {
    await database.query(list.fill);
    if (list.items === 'events') {
      await waitFor(async () => ((await readPage(`${list.path}?limit=1`)).answer.events as Item[]).length === 1, {
        what: 'the feed',
      });
    }
    const pages = await readAll(list, 1000);
    const ids = pages.flatMap((page) => page.ids);
    expect(new Set(ids).size).toBe(LARGE_ROWS);
    expect(ids).toHaveLength(LARGE_ROWS);
    for (const { bytes, ids: onPage } of pages) {
      expect([onPage.length, bytes <= MAX_BYTES || onPage.length === 1]).toEqual([onPage.length, true]);
    }
    // Of the 11 rows of 1 MiB and what stands around them, three or four fit.
    expect(pages.length).toBeLessThanOrEqual(6);
    expect(Math.max(...pages.map((page) => page.ids.length))).toBeGreaterThanOrEqual(3);
    expect((await readAll(list, 1)).flatMap((page) => page.ids)).toEqual(ids);
  });

  it('small rows ends at its limit only', async () => {
    await database.query(
      `insert into tbl_iot_audit (action, key_name, details) select 'device.banned', 'app', '{}' from generate_series(1, 1500)`,
    );
    const { answer } = await readPage('audit?action=device.banned&limit=1000');
    expect([(answer.entries as Item[]).length, typeof answer.nextCursor]).toEqual([1000, 'string']);
    const rest = await readPage(`audit?action=device.banned&limit=1000&cursor=${answer.nextCursor}`);
    expect([(rest.answer.entries as Item[]).length, rest.answer.nextCursor]).toEqual([500, null]);
  });
});

describe('the attempts of', () => {
  it('a command are the newest that fit, in their order', async () => {
    const [{ id }] = (await database.query<{ id: string }>(
      `select max(command_log_id)::text as id from tbl_iot_command_logs`,
    )) as [{ id: string }];
    await database.query(
      `insert into tbl_iot_command_attempts (command_log_id, attempt, sent_at, socket_uuid, reply)
       select ${id}, n, now(), 'socket', ${TEXT.replace(`n = ${LARGE_ROWS}`, 'false')} from generate_series(1, 8) n`,
    );
    const { answer } = await readPage(`commands/${id}`);
    expect((answer.attempts as Item[]).map(({ attempt }) => attempt)).toEqual([5, 6, 7, 8]);
    expect(answer.hasOlderAttempts).toBe(true);
  });

  it('an event are the newest that fit, in their order', async () => {
    const [{ id }] = (await database.query<{ id: string }>(`select event_id as id from tbl_iot_events limit 1`)) as [
      { id: string },
    ];
    await database.query(
      `insert into tbl_iot_delivery_attempts (event_id, attempt, duration_ms, attempted_at, webhook_id, answer)
       select '${id}', n, 1, now(), 'evt', 'answer' from generate_series(1, 1001) n`,
    );
    const { answer } = await readPage(`webhooks/events/evt_${id}`);
    const attempts = (answer.attempts as Item[]).map(({ attempt }) => attempt);
    expect([attempts.length, attempts[0], attempts.at(-1), answer.hasOlderAttempts]).toEqual([1000, 2, 1001, true]);
    await database.query(`delete from tbl_iot_delivery_attempts where attempt > 1000`);
    expect((await readPage(`webhooks/events/evt_${id}`)).answer.hasOlderAttempts).toBe(false);
  });
});

describe('the metadata of a command', () => {
  const post = (metadata: string) =>
    gateway.post('command', `{"imei":"${IMEI}","command":"getver","mode":"queue","metadata":${metadata}}`);

  it('may have METADATA_MAX_BYTES, and is refused with 413 and the reason above', async () => {
    expect((await post(`"${'ž'.repeat(499)}"`)).status).toBe(202);
    expect(await post(`"${'ž'.repeat(499)}x"`)).toEqual({
      status: 413,
      body: {
        success: false,
        error: 'metadata must be at most 1000 bytes of JSON (METADATA_MAX_BYTES), got 1001',
        code: 'METADATA_TOO_LARGE',
      },
    });
  });
});
