import { rm } from 'node:fs/promises';
import { ChildProgram } from '../support/child-program.js';
import { shellBlocksOf } from '../support/documented-blocks.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, recordsFrame } from '../support/frames.js';
import { Gateway } from '../support/gateway.js';
import { makeOpenFolder } from '../support/open-folder.js';
import { queryOnce } from '../support/query-once.js';
import { waitFor } from '../support/wait-for.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { DebianPostgres } from './debian-postgres.js';

const GUIDE = new URL('../../docs/guides/backup.md', import.meta.url);
const TRACKERS = ['356307042700111', '356307042700112', '356307042700113'];
const LOCKS = ['356307042700121', '356307042700122'];
/** The host refuses the events of this device until the restore. */
const HELD = LOCKS[0]!;
/** The type of a codec 12 message from a device. */
const REPLY = 6;
const RECORDS_PER_FRAME = 5;
const RECORDS_BEFORE = 100;
const COMMANDS_BEFORE = 10;
const PATIENCE = { timeoutMs: 60_000 };
const SETTINGS = {
  WEBHOOK_EVENTS: 'device.connected,telemetry,command.completed,command.failed',
  // The same failure over and over, so that an event waits when the dump is made and is not dead when it is restored.
  WEBHOOK_RETRY_SCHEDULE: `0${',2s'.repeat(100)}`,
  // A delivery that was in flight at the dump is sent again when its lease ends.
  WEBHOOK_TIMEOUT_SECONDS: '3',
  DATABASE_POOL_SIZE: '8',
};

let original: DebianPostgres;
let restored: DebianPostgres;
let host: WebhookReceiver;
let folder: string;
let gateways: Gateway[];
let load: Load[];

beforeEach(async () => {
  [original, restored, host, folder] = await Promise.all([
    DebianPostgres.start(),
    DebianPostgres.start(),
    WebhookReceiver.start(),
    makeOpenFolder(),
  ]);
  [gateways, load] = [[], []];
});

afterEach(async () => {
  await Promise.all(load.map((each) => each.stop()));
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await Promise.all([original.stop(), restored.stop(), host.close(), rm(folder, { recursive: true, force: true })]);
});

/** Something that is repeated until it is stopped. */
class Load {
  private isStopping = false;
  private readonly ended: Promise<void>;

  constructor(once: () => Promise<unknown>) {
    this.ended = this.repeat(once);
    this.ended.catch(() => undefined); // reported by stop()
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.ended;
  }

  private async repeat(once: () => Promise<unknown>): Promise<void> {
    while (!this.isStopping) {
      await once();
    }
  }
}

async function start(database: DebianPostgres): Promise<Gateway> {
  const gateway = await Gateway.start(database.url, { ...SETTINGS, NOTIFICATION_URL: host.url });
  gateways.push(gateway);
  return gateway;
}

/** A device that sends frames of records. Returns the times of the acknowledged ones, which grow. */
async function track({ devicePort }: Gateway, imei: string): Promise<number[]> {
  const device = await FakeDevice.logIn(devicePort, imei);
  const acknowledged: number[] = [];
  const first = Date.now() - 3_600_000;
  load.push(
    new Load(async () => {
      const times = Array.from({ length: RECORDS_PER_FRAME }, (_, index) => first + (acknowledged.length + index) * 100);
      await device.exchange(recordsFrame(times.map((timestampMs) => ({ timestampMs, speed: 30 }))));
      acknowledged.push(...times);
    }),
  );
  return acknowledged;
}

/** A device that answers each command. */
async function answerCommands({ devicePort }: Gateway, imei: string): Promise<FakeDevice> {
  const device = await FakeDevice.logIn(devicePort, imei);
  const answer = async (): Promise<void> => {
    for (;;) {
      await device.command(PATIENCE.timeoutMs);
      device.send(codec12Frame(REPLY, `Ver:02.00.01_06 GPS:AXN_3.80 Hw:TFT100 Mod:1 IMEI:${imei} Init: 2026-1-1 5:54`));
    }
  };
  answer().catch(() => undefined); // the test has closed it
  return device;
}

/** Sends one command after the other. Returns the numbers of the completed ones, which grow. */
function command(gateway: Gateway, imei: string): string[] {
  const completed: string[] = [];
  load.push(
    new Load(async () => {
      const { body } = await gateway.post('command', { imei, command: 'getver', timeoutSeconds: 10 }, { Prefer: 'wait=20' });
      expect(body).toMatchObject({ status: 'COMPLETED' });
      completed.push(String(body.commandLogId));
    }),
  );
  return completed;
}

/** Runs the block of the guide that begins with this program. */
async function runBlock(program: 'pg_dump' | 'pg_restore'): Promise<void> {
  const block = shellBlocksOf(GUIDE).find(({ code }) => code.startsWith(program));
  const shell = new ChildProgram({
    program: 'bash',
    args: ['-ec', block?.code ?? 'false'],
    cwd: folder,
    env: {
      PATH: `${DebianPostgres.programsFolder}:${process.env.PATH ?? ''}`,
      DATABASE_URL: original.url,
      RESTORED_DATABASE_URL: restored.url,
    },
  });
  expect([(await shell.exit).code, shell.lines]).toEqual([0, []]);
}

async function column(database: DebianPostgres, sql: string): Promise<string[]> {
  return (await queryOnce<{ value: string }>(database.url, sql)).map(({ value }) => value);
}

/** What no later work of the gateway changes, one text per row. */
async function rowsOf(database: DebianPostgres): Promise<Record<string, string[]>> {
  return {
    records: await column(
      database,
      `select json_build_array(iot_imei, iot_timestamp, record_hash, timestamp, speed)::text as value from tbl_iot_telemetry_data`,
    ),
    commands: await column(
      database,
      `select json_build_array(command_log_id, imei, command, status, reason, response)::text as value
         from tbl_iot_command_logs where status <> 'PENDING'`,
    ),
    events: await column(
      database,
      `select json_build_array(imei, sequence, event_id, type, body)::text as value from tbl_iot_events where body is not null`,
    ),
    deliveries: await column(
      database,
      'select json_build_array(event_id, delivered_at)::text as value from tbl_iot_events where delivered_at is not null',
    ),
  };
}

/** Devices whose numbers have a gap, or whose telemetry events count other records than are stored. */
async function faultsOf({ url }: DebianPostgres): Promise<unknown[]> {
  return [
    ...(await queryOnce(
      url,
      'select imei, count(*), max(sequence) from tbl_iot_events group by imei having count(*) <> max(sequence) or min(sequence) <> 1',
    )),
    ...(await queryOnce(
      url,
      `select imei, reported, stored
         from (select imei, sum(record_count) as reported from tbl_iot_events where type = 'telemetry' group by imei) as event
         full join (select iot_imei as imei, count(*) as stored from tbl_iot_telemetry_data group by iot_imei) as record using (imei)
        where reported is distinct from stored`,
    )),
  ];
}

/** Undelivered events without a delivery, and the opposite. */
const unbalancedDeliveries = (database: DebianPostgres): Promise<string[]> =>
  column(
    database,
    `select coalesce(event.event_id, delivery.event_id)::text as value
       from (select event_id from tbl_iot_events where delivered_at is null and dead_at is null) as event
       full join tbl_iot_deliveries as delivery using (event_id)
      where event.event_id is null or delivery.event_id is null`,
  );

it('a dump that is made under load has what was acknowledged, completed and delivered before it, and a gateway continues with it', async () => {
  host.reply = ({ body }) => (body.imei === HELD ? 500 : 200);
  const before = await start(original);
  const acknowledged = await Promise.all(TRACKERS.map((imei) => track(before, imei)));
  const locks = await Promise.all(LOCKS.map((imei) => answerCommands(before, imei)));
  const completed = LOCKS.map((imei) => command(before, imei));
  const least = (lists: readonly unknown[][]): number => Math.min(...lists.map(({ length }) => length));
  const delivered = (): Promise<string[]> =>
    column(original, 'select event_id::text as value from tbl_iot_events where delivered_at is not null');
  await waitFor(
    async () => least(acknowledged) >= RECORDS_BEFORE && least(completed) >= COMMANDS_BEFORE && (await delivered()).length > 0,
    { ...PATIENCE, what: 'records, commands and deliveries' },
  );

  const [records, commands, deliveries] = [acknowledged.map((times) => [...times]), completed.flat(), await delivered()];
  await runBlock('pg_dump');
  expect(acknowledged.map(({ length }, device) => length > records[device]!.length)).toEqual(TRACKERS.map(() => true));
  await Promise.all(load.map((each) => each.stop()));
  load = [];
  locks.forEach((lock) => lock.close());
  await before.stop();
  gateways = [];
  await runBlock('pg_restore');

  const [copied, all] = await Promise.all([rowsOf(restored), rowsOf(original)]);
  for (const [kind, rows] of Object.entries(copied)) {
    const known = new Set(all[kind]);
    expect([kind, rows.length > 0, rows.filter((row) => !known.has(row))]).toEqual([kind, true, []]);
  }
  for (const [device, times] of records.entries()) {
    const stored = await column(
      restored,
      `select (extract(epoch from iot_timestamp) * 1000)::bigint::text as value
         from tbl_iot_telemetry_data where iot_imei = '${TRACKERS[device]}'`,
    );
    expect(new Set(stored).size).toBe(stored.length);
    expect(times.filter((time) => !stored.includes(String(time)))).toEqual([]);
  }
  const ended = await column(
    restored,
    `select command_log_id::text as value from tbl_iot_command_logs where status = 'COMPLETED'`,
  );
  expect(commands.filter((id) => !ended.includes(id))).toEqual([]);
  const deliveredInCopy = await column(
    restored,
    'select event_id::text as value from tbl_iot_events where delivered_at is not null',
  );
  expect(deliveries.filter((id) => !deliveredInCopy.includes(id))).toEqual([]);
  expect(await unbalancedDeliveries(restored)).toEqual([]);
  const isWaiting = `select imei as value from tbl_iot_events where delivered_at is null and type = 'command.completed'`;
  expect(await column(restored, isWaiting)).toContain(HELD);

  host.reply = () => 200;
  const after = await start(restored);
  const [lock] = await Promise.all(LOCKS.map((imei) => answerCommands(after, imei)));
  const tracker = await FakeDevice.logIn(after.devicePort, TRACKERS[0]!);
  // Its last record was acknowledged before the dump: it is not stored again.
  const last = records[0]!.at(-1)!;
  expect(await tracker.exchange(recordsFrame([{ timestampMs: last, speed: 30 }]))).toBe(1);
  const { body } = await after.post('command', { imei: HELD, command: 'getver' }, { Prefer: 'wait=20' });
  expect(body).toMatchObject({ status: 'COMPLETED' });
  expect(Math.max(...ended.map(Number))).toBeLessThan(Number(body.commandLogId));
  const count = async (sql: string): Promise<number> => Number((await column(restored, sql))[0]);
  await waitFor(
    async () =>
      (await count(`select count(*)::text as value from tbl_iot_command_logs where status = 'PENDING'`)) === 0 &&
      (await count('select count(*)::text as value from tbl_iot_events where delivered_at is null')) === 0,
    { ...PATIENCE, what: 'the end of commands and deliveries that the dump has in flight' },
  );
  await waitFor(async () => (await faultsOf(restored)).length === 0, {
    ...PATIENCE,
    what: 'numbers without gaps and events that count every record',
  });
  const received = new Set(host.accepted.map(({ id }) => id.replace(/^evt_/, '')));
  const events = await column(restored, `select event_id::text as value from tbl_iot_events where type <> 'command.failed'`);
  expect(events.filter((id) => !received.has(id))).toEqual([]);
  expect(
    await count(
      `select count(*)::text as value from tbl_iot_telemetry_data where iot_imei = '${TRACKERS[0]}' and iot_timestamp = to_timestamp(${last / 1_000})`,
    ),
  ).toBe(1);
  tracker.close();
  lock?.close();
});
