import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame } from '../support/frames.js';
import { waitFor } from '../support/wait-for.js';
import { type World } from './world.js';

/** Something that goes wrong, and has healed when it returns. How hard it hits is drawn from the world's chance. */
export type Fault = (world: World) => Promise<void>;

const WAIT = { timeoutMs: 60_000 };
/** Longer than a statement may take before it is looked at as one that hangs; shorter than the devices' patience. */
const HELD_MS = 3_000;
const DAY_MS = 86_400_000;
const ENOUGH_FOR_A_PARTITION = 120;
const ENOUGH_WAITING = 50;
/** No acknowledgement takes longer while nothing but a reader is in the way; the machine may be slow. */
const UNDISTURBED_MS = 3_000;
const WRITE_DONE = /(COMMIT|INSERT 0 [1-9]\d*|COPY [1-9]\d*|UPDATE [1-9]\d*|DELETE [1-9]\d*)\0/;

export const killGateway: Fault = async ({ chance, seats }) => chance.pick(seats).killAndRestart();

/** At any moment: of a login, a batch, a command, or of its own start. */
export const terminateGateway: Fault = async ({ chance, seats }) => {
  await delay(chance.between(0, 1_000));
  await chance.pick(seats).terminateAndRestart();
};

/** All at once: whatever was in memory is gone. */
export const killAllGateways: Fault = async ({ seats }) => {
  await Promise.all(seats.map((seat) => seat.killAndRestart()));
};

export const crashDatabase: Fault = async ({ server }) => server.crash();

/** Unavailable until events wait for it. It keeps what it had acknowledged. */
export const killSinkEngine: Fault = async ({ sink, database }) => {
  const waiting = `select from tbl_iot_events event, tbl_iot_sinks sink
                    where (event.transaction_id, event.position) > (sink.transaction_id, sink.position)`;
  await sink!.server.kill();
  try {
    await waitFor(async () => (await database.query(`${waiting} limit ${ENOUGH_WAITING}`)).length === ENOUGH_WAITING, {
      ...WAIT,
      what: 'events to wait for the engine of the sink',
    });
  } finally {
    await sink!.server.start();
  }
};

export const restartDatabase: Fault = async ({ server }) => server.restartImmediately();

/** Full until the gateways have failed to write several times. */
export const fillDisk: Fault = async (world) => {
  const before = await retries(world);
  await world.server.fillDisk();
  try {
    await waitFor(async () => (await retries(world)) > before + 3, { ...WAIT, what: 'the full disk to be noticed' });
  } finally {
    await world.server.freeDisk();
  }
};

/** So short that only the statements in progress notice. */
export const cutDatabaseBriefly: Fault = async ({ chance, seats }) => {
  const { database } = chance.pick(seats);
  database.cut();
  await delay(chance.between(100, 1_500));
  database.mend();
};

/** Until the others take the one that is cut off for dead. */
export const cutDatabase: Fault = async ({ chance, seats, database }) => {
  const seat = chance.pick(seats);
  const dead = 'select from tbl_iot_instances where heartbeat_at > now() - dead_after';
  seat.database.cut();
  try {
    await waitFor(async () => (await database.query(dead)).length < seats.length, { ...WAIT, what: 'an instance to be missed' });
  } finally {
    seat.database.mend();
    // A connection that was cut for long is broken at both ends when the network is back, because firewalls have dropped its state.
    seat.database.reset();
  }
};

/**
 * The server stays up and accepts no writes, for connections that are open as well. Devices log in and answer commands meanwhile: those of one
 * gateway lose their connections. Long enough, at times, for the fence.
 */
export const readOnlyDatabase: Fault = async ({ chance, seats, server }) => {
  await server.setReadOnly(true);
  try {
    await Promise.all(
      seats.map((seat) =>
        waitFor(async () => (await seat.metric('iot_broker_database_read_only')) === 1, {
          ...WAIT,
          what: 'the gateways to notice',
        }),
      ),
    );
    chance.pick(seats).devices.reset();
    await delay(chance.between(1_000, 8_000));
  } finally {
    await server.setReadOnly(false);
  }
};

/** The address leads to the promoted standby from now on; connections that are established stay with the old primary, which is read-only. */
export const switchOver: Fault = async (world) => {
  const { chance, seats, server } = world;
  chance.pick(seats).devices.reset();
  await server.switchOver();
  await delay(chance.between(0, 5_000));
  seats.forEach(({ database }) => database.retarget(server.port));
  await world.followPrimary();
};

export const halfOpenDevices: Fault = async ({ chance, seats }) => {
  await Promise.resolve(chance.pick(seats).devices.halfOpen());
};

/** Tables locked against writes, held until statements of every gateway have waited for a connection. */
export const exhaustPools: Fault = async ({ server, seats }) => {
  const client = new Client(server.url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(
      'begin; lock table tbl_iot_telemetry_data, tbl_iot_deliveries, tbl_iot_command_logs in access exclusive mode',
    );
    await Promise.all(
      seats.map((seat) =>
        waitFor(async () => (await seat.waitingForConnection()) > 0, { ...WAIT, what: 'a pool to be used up' }),
      ),
    );
    await delay(HELD_MS);
  } finally {
    await client.end();
  }
};

/**
 * A report that reads the whole table and does not end, while records of a day without a partition arrive: the partition has to wait for it,
 * and nothing else may. A gateway starts meanwhile.
 */
export const longReader: Fault = async (world) => {
  const { chance, seats, fleet, database } = world;
  const day = Math.floor(Date.now() / DAY_MS) - chance.between(100, 390);
  const partition = `tbl_iot_telemetry_data_p${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')}`;
  const records = Array.from({ length: ENOUGH_FOR_A_PARTITION }, (_, index) => ({ timestampMs: day * DAY_MS + index }));
  const reader = new Client(database.url);
  await reader.connect();
  try {
    await reader.query('begin; select count(*) from tbl_iot_telemetry_data');
    fleet.latencies = [];
    for (const seat of seats) {
      const device = await FakeDevice.logIn(seat.devices.port, String(861_000_000_000_000 + day));
      await device.exchange(recordsFrame(records), UNDISTURBED_MS);
      device.close();
    }
    await waitFor(async () => Math.max(...(await Promise.all(seats.map((seat) => seat.partitionBlockedSeconds())))) > 0, {
      ...WAIT,
      what: 'a gateway to notice that the partition has to wait',
    });
    await fleet.acknowledge(200, 60_000);
    const slowest = Math.max(...fleet.latencies);
    if (slowest > UNDISTURBED_MS) {
      throw new Error(`an acknowledgement took ${slowest.toFixed(0)} ms during a long read`);
    }
    await chance.pick(seats).terminateAndRestart();
  } finally {
    await reader.end();
  }
  await waitFor(async () => (await database.query(`select from pg_class where relname = '${partition}'`)).length === 1, {
    ...WAIT,
    what: `the partition ${partition}`,
  });
};

/** Two seconds for everything that writes, until the devices have had some acknowledgements that way. */
export const slowDatabase: Fault = async ({ seats, fleet }) => {
  seats.forEach(({ database }) =>
    database.slowDown((bytes, direction) => (direction === 'to-client' && WRITE_DONE.test(bytes.toString('latin1')) ? 2_000 : 0)),
  );
  try {
    await fleet.acknowledge(200, 60_000);
  } finally {
    seats.forEach(({ database }) => database.slowDown(() => 0));
  }
};

/** The host refuses, answers 502, hangs, and is gone: one after the other, each until it was noticed. */
export const hostDown: Fault = async ({ host, commands }) => {
  for (const reply of [502, 503, 'hang'] as const) {
    const before = host.received.length;
    host.reply = () => reply;
    await waitFor(() => host.received.length > before + 1, { ...WAIT, what: `the host to have answered ${reply}` });
  }
  await host.close();
  const orders = commands.orders;
  await waitFor(() => commands.orders > orders + 20, { ...WAIT, what: 'orders while the host is gone' });
  host.reply = () => 200;
  await host.listen();
};

/** Everything in small pieces, on both sides. */
export const splitBytes: Fault = async ({ chance, seats, fleet }) => {
  const pieces = chance.between(1, 40);
  seats.forEach(({ devices, database }) => [devices.split(pieces), database.split(Math.max(pieces, 20) * 20)]);
  await fleet.acknowledge(200, 60_000);
  seats.forEach(({ devices, database }) => [devices.split(Infinity), database.split(Infinity)]);
};

export const ALL_FAULTS: readonly Fault[] = [
  killGateway,
  terminateGateway,
  killAllGateways,
  crashDatabase,
  restartDatabase,
  killSinkEngine,
  cutDatabaseBriefly,
  cutDatabase,
  readOnlyDatabase,
  halfOpenDevices,
  exhaustPools,
  longReader,
  slowDatabase,
  hostDown,
  splitBytes,
];

async function retries({ seats }: World): Promise<number> {
  const counts = await Promise.all(seats.map(async ({ gateway }) => (await gateway.stats('telemetry')).retries ?? 0));
  return counts.reduce((sum, count) => sum + count, 0);
}
