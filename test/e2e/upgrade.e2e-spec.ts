import { readdir, readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { ForwardMigration } from '../../migrations/forward-migration.js';
import { runMigrations, targetSchema } from '../../src/platform/database/migrations.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, recordsFrame } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

/** Databases of released versions: scripts/dump-release.mjs. */
const RELEASES = new URL('../fixtures/releases/', import.meta.url);
const ABSENT = '356307042700009';
const SENDERS = ['356307042700011', '356307042700012', '356307042700013'];
const FRAMES_BEFORE = 20;

/** What the next release may do to tables that are in use: columns, an index, a table, a function that both releases call. */
class NextRelease extends ForwardMigration {
  override readonly name = 'NextRelease1899999999999';
  protected override readonly statements = [
    'alter table tbl_iot_telemetry_data add column added_later integer',
    'alter table tbl_iot_command_logs add column added_later text default $$x$$ not null',
    'alter table tbl_iot_events add column added_later text',
    'create index events_added_later on tbl_iot_events (added_later) where added_later is not null',
    'create table tbl_iot_added_later (imei text primary key)',
  ];
}

let host: WebhookReceiver;

beforeAll(async () => {
  host = await WebhookReceiver.start();
});

afterAll(() => host.close());

async function restore(file: string): Promise<TestDatabase> {
  const database = await createTestDatabase({ migrated: false });
  await database.query(gunzipSync(await readFile(new URL(file, RELEASES))).toString());
  // As if it had been made a moment ago: the command that waits has expired since.
  await database.query(
    `update tbl_iot_command_logs set expires_at = now() + interval '1 hour', due_at = now() + interval '1 hour' where status = 'PENDING'`,
  );
  return database;
}

const start = (database: TestDatabase): Promise<Gateway> =>
  Gateway.start(database.url, {
    NOTIFICATION_URL: host.url,
    EVENT_FEED_ENABLED: 'true',
    EVENT_RETENTION_DAYS: '3650',
    WEBHOOK_RETENTION_DAYS: '3650',
    COMMAND_RETENTION_DAYS: '3650',
  });

/** Records, commands and events by their keys: what an upgrade must not change. */
async function booksOf(database: TestDatabase): Promise<Record<string, unknown[]>> {
  return {
    records: await database.query(
      'select iot_imei, iot_timestamp, record_hash::text, latitude, speed, io from tbl_iot_telemetry_data order by 1, 2, 3',
    ),
    commands: await database.query(
      `select command_log_id::text, imei, command, status, reason, response from tbl_iot_command_logs where status <> 'PENDING' order by 1`,
    ),
    events: await database.query(
      `select imei, sequence::text, event_id, type, body::text from tbl_iot_events where not is_open and body is not null order by 1, 2`,
    ),
    keys: await database.query('select name, scopes from tbl_iot_api_keys order by 1'),
    devices: await database.query('select imei, status, name from tbl_iot_devices order by 1'),
  };
}

/** A device that sends one record after the other, and connects again when an instance ends. */
class Sender {
  acknowledged: number[] = [];
  private isSending = true;
  private readonly ended: Promise<void>;

  constructor(
    readonly imei: string,
    private readonly ports: number[],
  ) {
    this.ended = this.send();
  }

  async stop(): Promise<void> {
    this.isSending = false;
    await this.ended;
  }

  private async send(): Promise<void> {
    const first = Date.now() - 3_600_000;
    for (let count = 0; this.isSending;) {
      for (const port of [...this.ports]) {
        try {
          const device = await FakeDevice.logIn(port, this.imei);
          while (this.isSending && (await device.exchange(recordsFrame([{ timestampMs: first + count * 1_000 }]))) === 1) {
            this.acknowledged.push(first + count * 1_000);
            count++;
          }
          device.close();
        } catch {
          // The instance has ended, or has closed the connection before its acknowledgement: the same record is sent again.
        }
      }
    }
  }
}

it('there is a database of a release', async () => {
  expect((await readdir(RELEASES)).length).toBeGreaterThan(0);
});

it.each(await readdir(RELEASES))('a database of %s is migrated, and keeps its records, commands and events', async (file) => {
  const database = await restore(file);
  const before = await booksOf(database);
  expect(Object.entries(before).map(([kind, rows]) => [kind, rows.length > 0])).toEqual(
    Object.keys(before).map((kind) => [kind, true]),
  );
  const gateway = await start(database);
  const after = await booksOf(database);
  for (const [kind, rows] of Object.entries(before)) {
    expect([kind, after[kind]]).toEqual([kind, expect.arrayContaining(rows)]);
  }
  // The event that waited for its host is delivered, and the command that waited for its device is written.
  await waitFor(() => host.events.some(({ type }) => type === 'command.completed'), { what: 'the waiting event' });
  const device = await FakeDevice.logIn(gateway.devicePort, ABSENT);
  expect(await device.command()).toBe('setdigout 1');
  device.send(codec12Frame(6, 'DOUT1:1 Timeout:INFINITY'));
  await waitFor(
    async () =>
      (await database.query(`select from tbl_iot_command_logs where imei = $1 and status = 'COMPLETED'`, [ABSENT])).length === 1,
    { what: 'the command to be completed' },
  );
  device.close();
  await gateway.stop();
  await database.drop();
});

it.each(await readdir(RELEASES))(
  'a database of %s is migrated to the next release under load, and instances of both releases lose nothing side by side',
  async (file) => {
    const database = await restore(file);
    const old = await start(database);
    const ports = [old.devicePort];
    const senders = SENDERS.map((imei) => new Sender(imei, ports));
    const all = (): number => Math.min(...senders.map(({ acknowledged }) => acknowledged.length));
    const more = async (what: string): Promise<void> => {
      const goal = all() + FRAMES_BEFORE;
      await waitFor(() => all() >= goal, { what, timeoutMs: 30_000 });
    };
    await more('records before the migration');
    const { migrations, functions } = await targetSchema();
    const changed = await runMigrations(database.url, {
      migrations: [...migrations, NextRelease],
      functions: { version: '99.0.0', functions: functions.functions },
    });
    expect(changed).toContain('NextRelease1899999999999');
    await more('records of the old instance after the migration');
    const next = await start(database);
    ports.unshift(next.devicePort);
    await old.stop();
    ports.pop();
    await more('records of the new instance');
    await Promise.all(senders.map((sender) => sender.stop()));
    await next.stop();
    for (const { imei, acknowledged } of senders) {
      const stored = await database.query<{ at: Date; count: number }>(
        `select iot_timestamp as at, count(*)::int as count from tbl_iot_telemetry_data where iot_imei = $1 group by 1`,
        [imei],
      );
      const times = new Map(stored.map(({ at, count }) => [at.getTime(), count]));
      expect(acknowledged.filter((timeMs) => times.get(timeMs) !== 1)).toEqual([]);
    }
    await database.drop();
  },
  120_000,
);
