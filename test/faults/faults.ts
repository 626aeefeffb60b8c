import { Client } from 'pg';
import { waitFor } from '../support/wait-for.js';
import { type World } from './world.js';

/** Something that goes wrong, and has healed when it returns. How hard it hits is drawn from the world's chance. */
export type Fault = (world: World) => Promise<void>;

const WAIT = { timeoutMs: 60_000 };
const WRITE_DONE = /(COMMIT|INSERT 0 [1-9]\d*|COPY [1-9]\d*|UPDATE [1-9]\d*|DELETE [1-9]\d*)\0/;

export const killGateway: Fault = async ({ chance, seats }) => chance.pick(seats).killAndRestart();

export const terminateGateway: Fault = async ({ chance, seats }) => chance.pick(seats).terminateAndRestart();

export const crashDatabase: Fault = async ({ server }) => server.crash();

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

/** Until the others could take the one that is cut off for dead, or only for a moment. */
export const cutDatabase: Fault = async ({ chance, seats, database }) => {
  const seat = chance.pick(seats);
  const isLong = chance.next() < 0.5;
  const instances = async (): Promise<unknown[]> =>
    database.query("select from tbl_iot_instances where heartbeat_at > now() - interval '5 seconds'");
  seat.database.cut();
  try {
    await (isLong
      ? waitFor(async () => (await instances()).length < seats.length, { ...WAIT, what: 'a heartbeat to be missed' })
      : new Promise((resolve) => setTimeout(resolve, chance.between(100, 1_500))));
  } finally {
    seat.database.mend();
    // What a cable was pulled out of for long is broken at both ends when it is plugged in again, as firewalls forget.
    (isLong ? () => seat.database.reset() : () => undefined)();
  }
};

export const halfOpenDevices: Fault = async ({ chance, seats }) => {
  await Promise.resolve(chance.pick(seats).devices.halfOpen());
};

/** A table nobody can write to, held until somebody has waited for it for seconds. */
export const lockTable: Fault = async ({ server, chance, database }) => {
  const table = chance.pick(['tbl_iot_telemetry_data', 'tbl_iot_deliveries', 'tbl_iot_command_logs']);
  const client = new Client(server.url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`begin; lock table ${table} in access exclusive mode`);
    await waitFor(
      async () =>
        (
          await database.query(
            `select from pg_stat_activity where wait_event_type = 'Lock' and query_start < now() - interval '3 seconds'`,
          )
        ).length > 0,
      { ...WAIT, what: `somebody to have waited for ${table}` },
    );
  } finally {
    await client.end();
  }
};

/** Two seconds for everything that writes, until the devices have had some acknowledgements that way. */
export const slowDatabase: Fault = async ({ seats, fleet }) => {
  seats.forEach(({ database }) =>
    database.slowDown((bytes, direction) => (direction === 'to-client' && WRITE_DONE.test(bytes.toString('latin1')) ? 2_000 : 0)),
  );
  try {
    await fleet.acknowledge(200, 120_000);
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
  await fleet.acknowledge(200, 120_000);
  seats.forEach(({ devices, database }) => [devices.split(Infinity), database.split(Infinity)]);
};

export const ALL_FAULTS: readonly Fault[] = [
  killGateway,
  terminateGateway,
  crashDatabase,
  cutDatabase,
  halfOpenDevices,
  lockTable,
  slowDatabase,
  hostDown,
  splitBytes,
];

async function retries({ seats }: World): Promise<number> {
  const counts = await Promise.all(seats.map(async ({ gateway }) => (await gateway.stats('telemetry')).retries ?? 0));
  return counts.reduce((sum, count) => sum + count, 0);
}
