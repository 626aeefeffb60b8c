import { Client } from 'pg';
import { atMost, type Figure } from '../figure.js';
import { Gateway } from '../gateway.js';
import { ListeningHost } from '../listening-host.js';
import { LoadFleet } from '../load-fleet.js';
import { type Part } from '../part.js';
import { percentile } from '../percentile.js';
import { number } from '../table.js';
import { type Workplace } from '../workplace.js';

/** How long the transaction is held: `BENCH_MINUTES=20`. */
const MINUTES = Number(process.env.BENCH_MINUTES ?? 3);
const FLEET = { devices: 1_000, recordsPerFrame: 1 };
const PER_SECOND = 500;
const MEASURED_MS = 20_000;
const MAX_RATIO = 1.5;

/**
 * Acknowledgements and deliveries while another client holds a snapshot for minutes, beside a second gateway with a server, a host and devices of its own, and
 * without such a transaction. Both are measured at the same time: what else the machine does in these minutes changes both.
 */
export const oldTransactionPart: Part = {
  name: 'old-transaction',
  byDefault: false,
  measure: (workplace) =>
    withSide(workplace, (held) =>
      withSide(workplace, async (free) => {
        const holder = new Client({ connectionString: held.url });
        await holder.connect();
        try {
          await sendToBoth(held, free, MEASURED_MS);
          await holder.query('begin isolation level repeatable read; select count(*) from tbl_iot_events');
          await sendToBoth(held, free, MINUTES * 60_000 - MEASURED_MS);
          const [withIt, withoutIt] = await Promise.all([measure(held), measure(free)]);
          return figures(withoutIt, withIt);
        } finally {
          await holder.end();
        }
      }),
    ),
};

/** A gateway that delivers what its devices send. */
interface Side {
  readonly url: string;
  readonly fleet: LoadFleet;
  readonly host: ListeningHost;
}

function withSide<T>(workplace: Workplace, use: (side: Side) => Promise<T>): Promise<T> {
  return workplace.withPostgres(async (url) => {
    const host = await ListeningHost.start();
    const gateway = await Gateway.start(url, workplace.folder, host.environment);
    const fleet = new LoadFleet(gateway.port, FLEET);
    try {
      await fleet.logIn();
      return await use({ url, fleet, host });
    } finally {
      fleet.close();
      await gateway.stop();
      await host.stop();
    }
  });
}

async function sendToBoth(one: Side, other: Side, ms: number): Promise<void> {
  await Promise.all([one.fleet.sendEvenly(PER_SECOND, ms), other.fleet.sendEvenly(PER_SECOND, ms)]);
}

interface Medians {
  readonly acknowledgementMs: number;
  readonly deliveryMs: number;
}

async function measure({ fleet, host }: Side): Promise<Medians> {
  fleet.takeLatencies();
  await host.take();
  await fleet.sendEvenly(PER_SECOND, MEASURED_MS);
  return {
    acknowledgementMs: percentile(fleet.takeLatencies(), 0.5),
    deliveryMs: percentile(await host.takeLatenciesMs(), 0.5),
  };
}

function figures(free: Medians, held: Medians): Figure[] {
  const name = `a transaction held for ${MINUTES} minutes at ${number(PER_SECOND)} frames/s`;
  const figure = (what: string, value: number, without: number): Figure => ({
    name: `${name}, ${what} p50`,
    value,
    unit: 'ms',
    limit: { name: 'without it', value: without },
    goal: atMost(MAX_RATIO, 'ratio'),
  });
  return [
    figure('acknowledgement', held.acknowledgementMs, free.acknowledgementMs),
    figure('receipt to delivery', held.deliveryMs, free.deliveryMs),
  ];
}
