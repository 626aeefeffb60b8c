import { waitFor } from '../support/wait-for.js';
import { type World } from './world.js';

const PATIENCE_MS = 45_000;
/** What a gateway at rest may hold; at full speed it has twice the room of what was measured (about 150 MB). */
const MAX_MEGABYTES = 400;
/** Program, libraries and log, the pool and the listener; what devices and the host had is closed. */
const MAX_FILES = 80;
/** The HTTP server keeps an idle connection for 72 s. */
const KEEP_ALIVE_MS = 90_000;
const SHOWN = 10;

/** Ends all faults, waits until devices and host have finished, and compares their ledgers with the database. */
export async function settleAndCheck(world: World): Promise<void> {
  const { fleet, commands, database } = world;
  const deaths = world.seats.flatMap((seat) => seat.deaths);
  if (deaths.length > 0) {
    throw new Error(deaths.join('\n'));
  }
  await fleet.stop();
  await commands.stopOrdering();
  await empty(world, 'every command to end', `select imei, command, status from tbl_iot_command_logs where status = 'PENDING'`);
  await commands.stop();
  await empty(world, 'the sessions to be given back', 'select imei, instance_id from tbl_iot_device_sessions');
  await empty(world, 'every record to be reported in an event', 'select imeis, record_counts from tbl_iot_telemetry_arrivals');
  await empty(world, 'every event to be delivered', 'select imei, sequence, type, failures from tbl_iot_deliveries');
  await empty(
    world,
    'every event to be published by the sink',
    `select event.imei, event.sequence, sink.last_error from tbl_iot_events event, tbl_iot_sinks sink
      where (event.transaction_id, event.position) > (sink.transaction_id, sink.position)`,
  );
  const broken = [
    ...(await fleet.findBroken(database)),
    ...(await commands.findBroken(database)),
    ...(await brokenEvents(world)),
    ...(await brokenCounts(world)),
    ...((await world.sink?.findBroken(database)) ?? []),
    ...(await leaks(world)),
  ];
  if (broken.length > 0) {
    throw new Error(`${broken.length} faults:\n  ${broken.slice(0, SHOWN).join('\n  ')}`);
  }
}

/** Numbers of a device's events without gaps, and each event accepted by the host at least once. */
async function brokenEvents({ database, host }: World): Promise<string[]> {
  const events = await database.query<{ id: string; imei: string; type: string; sequence: number }>(
    `select 'evt_' || event_id as id, imei, type, sequence::int as sequence from tbl_iot_events order by imei, sequence`,
  );
  const received = new Set(host.events.map(({ eventId }) => eventId));
  const known = new Set(events.map(({ id }) => id));
  const gaps = events.filter(({ imei, sequence }, index) => {
    const before = events[index - 1];
    return sequence !== (before?.imei === imei ? before.sequence + 1 : 1);
  });
  return [
    ...gaps.map(({ imei, sequence }) => `event ${sequence} of ${imei} does not follow the one before`),
    ...events
      .filter(({ id }) => !received.has(id))
      .map(({ imei, type, sequence }) => `${type} ${sequence} of ${imei} never reached the host`),
    ...[...received].filter((id) => !known.has(id)).map((id) => `the host received ${id}, which is not in tbl_iot_events`),
  ];
}

/** Records that telemetry events report, each event counted once however often it came, against rows of the table. */
async function brokenCounts({ database, host }: World): Promise<string[]> {
  const stored = await database.query<{ imei: string; count: number }>(
    'select iot_imei as imei, count(*)::int as count from tbl_iot_telemetry_data group by 1',
  );
  const reported = new Map<string, number>();
  const seen = new Set<string>();
  for (const { eventId, imei = '', recordCount = 0 } of host.events.filter(({ type }) => type === 'telemetry')) {
    reported.set(imei, (reported.get(imei) ?? 0) + (seen.has(eventId) ? 0 : recordCount));
    seen.add(eventId);
  }
  return stored
    .filter(({ imei, count }) => reported.get(imei) !== count)
    .map(({ imei, count }) => `${imei} has ${count} records, the events report ${reported.get(imei) ?? 0}`);
}

async function leaks(world: World): Promise<string[]> {
  const { seats, database } = world;
  await empty(
    world,
    'locks and transactions to end',
    `select pid, state, query from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()
        and (state like 'idle in transaction%' or wait_event_type = 'Lock')`,
  );
  await waitFor(async () => (await count(world, 'select count(*)::int as count from tbl_iot_instances')) === seats.length, {
    timeoutMs: PATIENCE_MS,
    what: `${seats.length} instances to be left`,
  });
  await waitFor(async () => (await openConnections(world)).every((connections) => connections === 0), {
    timeoutMs: PATIENCE_MS,
    what: 'the gateways to hold no connection of a device',
  });
  const megabytes = await Promise.all(seats.map((seat) => seat.residentMegabytes()));
  const files = await filesAtRest(world);
  const poolSize = Number(world.options.env?.DATABASE_POOL_SIZE ?? 10);
  const backends = await database.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'`,
  );
  // Beside the pool a gateway listens by one or two connections; the test has four.
  const most = seats.length * (poolSize + 4) + 4;
  return [
    ...megabytes.filter((size) => size > MAX_MEGABYTES).map((size) => `a gateway at rest holds ${size.toFixed(0)} MB`),
    ...files.filter((count) => count > MAX_FILES).map((count) => `a gateway at rest holds ${count} files`),
    ...(backends.length > most ? [`${backends.length} connections to the database, ${most} at most`] : []),
  ];
}

/** Once the connections of the host, which it keeps for its next requests, are closed; or as many as there still are after a while. */
async function filesAtRest({ seats }: World): Promise<number[]> {
  let files: number[] = [];
  const isAtRest = async (): Promise<boolean> => {
    files = await Promise.all(seats.map((seat) => seat.openFiles()));
    return files.every((count) => count <= MAX_FILES);
  };
  await waitFor(isAtRest, { timeoutMs: KEEP_ALIVE_MS, what: 'the connections of the host to be closed' }).catch(() => undefined);
  return files;
}

async function openConnections({ seats }: World): Promise<number[]> {
  return Promise.all(seats.map(async ({ gateway }) => (await gateway.stats('transport')).connections ?? NaN));
}

async function empty({ database }: World, what: string, sql: string): Promise<void> {
  await waitFor(
    async () => {
      const rows = await database.query(`${sql} limit ${SHOWN}`);
      return rows.length === 0 || Promise.reject(new Error(`there are still ${JSON.stringify(rows)}`));
    },
    { timeoutMs: PATIENCE_MS, what },
  );
}

async function count({ database }: World, sql: string): Promise<number> {
  return (await database.query<{ count: number }>(sql))[0]?.count ?? NaN;
}
