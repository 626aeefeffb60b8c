import { Client } from 'pg';
import { atMost, type Figure } from '../figure.js';
import { Gateway } from '../gateway.js';
import { ListeningHost } from '../listening-host.js';
import { LoadFleet } from '../load-fleet.js';
import { type Part } from '../part.js';
import { percentile } from '../percentile.js';
import { number } from '../table.js';

/** How long the transaction is held: `BENCH_MINUTES=20`. */
const MINUTES = Number(process.env.BENCH_MINUTES ?? 3);
const FLEET = { devices: 1_000, recordsPerFrame: 1 };
const PER_SECOND = 500;
const MEASURED_MS = 20_000;
const MAX_RATIO = 1.5;

/** Acknowledgements and deliveries while another client holds a snapshot for minutes, beside the same before it. */
export const oldTransactionPart: Part = {
  name: 'old-transaction',
  byDefault: false,
  measure: (workplace) =>
    workplace.withPostgres(async (url) => {
      const host = await ListeningHost.start();
      const gateway = await Gateway.start(url, workplace.folder, host.environment);
      const fleet = new LoadFleet(gateway.port, FLEET);
      const holder = new Client({ connectionString: url });
      await holder.connect();
      try {
        await fleet.logIn();
        await fleet.sendEvenly(PER_SECOND, MEASURED_MS);
        const before = await measure(fleet, host);
        await holder.query('begin isolation level repeatable read; select count(*) from tbl_iot_events');
        await fleet.sendEvenly(PER_SECOND, MINUTES * 60_000 - MEASURED_MS);
        const held = await measure(fleet, host);
        return figures(before, held);
      } finally {
        await holder.end();
        fleet.close();
        await gateway.stop();
        await host.stop();
      }
    }),
};

interface Medians {
  readonly acknowledgementMs: number;
  readonly deliveryMs: number;
}

async function measure(fleet: LoadFleet, host: ListeningHost): Promise<Medians> {
  fleet.takeLatencies();
  await host.take();
  await fleet.sendEvenly(PER_SECOND, MEASURED_MS);
  return {
    acknowledgementMs: percentile(fleet.takeLatencies(), 0.5),
    deliveryMs: percentile(await host.takeLatenciesMs(), 0.5),
  };
}

function figures(before: Medians, held: Medians): Figure[] {
  const name = `a transaction held for ${MINUTES} minutes at ${number(PER_SECOND)} frames/s`;
  const figure = (what: string, value: number, without: number): Figure => ({
    name: `${name}, ${what} p50`,
    value,
    unit: 'ms',
    limit: { name: 'without it', value: without },
    goal: atMost(MAX_RATIO, 'ratio'),
  });
  return [
    figure('acknowledgement', held.acknowledgementMs, before.acknowledgementMs),
    figure('receipt to delivery', held.deliveryMs, before.deliveryMs),
  ];
}
