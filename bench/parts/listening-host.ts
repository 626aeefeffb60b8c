import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { atLeast, atMost, type Figure } from '../figure.js';
import { Gateway } from '../gateway.js';
import { type IngestFigures, measureFullSpeed } from '../ingest.js';
import { ListeningHost } from '../listening-host.js';
import { LoadFleet } from '../load-fleet.js';
import { type Part } from '../part.js';
import { percentile } from '../percentile.js';
import { number } from '../table.js';
import { requireSockets, type Workplace } from '../workplace.js';

const FLEETS = [200, 2_000];
const RECORDS_PER_FRAME = 10;
const STEADY = { devices: 1_000, recordsPerFrame: 1 };
const STEADY_PER_SECOND = 500;
const STEADY_MS = 10_000;
/** The default of TELEMETRY_EVENT_INTERVAL. */
const INTERVAL_MS = 1_000;
const MARGIN_MS = 20;

/** Ingest at full speed with a host that receives telemetry events, beside the same without one, and how late the host receives them. */
export const listeningHostPart: Part = {
  name: 'listening-host',
  byDefault: true,
  async measure(workplace) {
    requireSockets(Math.max(...FLEETS) + 1_000);
    const host = await ListeningHost.start();
    try {
      const figures: Figure[] = [];
      for (const devices of FLEETS) {
        figures.push(...(await beside(workplace, host, devices)));
      }
      return [...figures, ...(await latencies(workplace, host))];
    } finally {
      await host.stop();
    }
  },
};

/** The host runs on the same cores: what it costs there is a figure of its own. */
async function beside(workplace: Workplace, host: ListeningHost, devices: number): Promise<Figure[]> {
  const alone = await fullSpeed(workplace, devices, {});
  await host.take();
  const before = { cpu: await host.cpuSeconds(), atMs: performance.now() };
  const listening = await fullSpeed(workplace, devices, host.environment);
  const hostCpu = (await host.cpuSeconds()) - before.cpu;
  const perSecond = 1000 / (performance.now() - before.atMs);
  const name = `ingest while a host receives events, ${number(devices)} devices x ${RECORDS_PER_FRAME} records`;
  const unit = 'us/record';
  return [
    {
      name,
      value: listening.recordsPerSecond,
      unit: 'records/s',
      limit: { name: 'without a host', value: alone.recordsPerSecond },
      goal: atLeast(0.85, 'ratio'),
    },
    {
      name: `${name}, CPU of the gateway`,
      value: listening.gatewayCpu,
      unit,
      limit: { name: 'without a host', value: alone.gatewayCpu },
    },
    {
      name: `${name}, CPU of PostgreSQL`,
      value: listening.postgresCpu,
      unit,
      limit: { name: 'without a host', value: alone.postgresCpu },
    },
    { name: `${name}, CPU of the host itself`, value: hostCpu * perSecond * 100, unit: '% of a core' },
    { name: `${name}, events`, value: (await host.take()).length * perSecond, unit: '/s' },
  ];
}

function fullSpeed(workplace: Workplace, devices: number, environment: Record<string, string>): Promise<IngestFigures> {
  return workplace.withPostgres(async (url) => {
    const database = new Client({ connectionString: url });
    await database.connect();
    const gateway = await Gateway.start(url, workplace.folder, environment);
    const fleet = new LoadFleet(gateway.port, { devices, recordsPerFrame: RECORDS_PER_FRAME });
    try {
      await fleet.logIn();
      return await measureFullSpeed(gateway, fleet, database);
    } finally {
      fleet.close();
      await gateway.stop();
      await database.end();
    }
  });
}

function latencies(workplace: Workplace, host: ListeningHost): Promise<Figure[]> {
  return workplace.withPostgres(async (url) => {
    const gateway = await Gateway.start(url, workplace.folder, host.environment);
    const fleet = new LoadFleet(gateway.port, STEADY);
    await fleet.logIn();
    await fleet.sendEvenly(STEADY_PER_SECOND, STEADY_MS / 3);
    await host.take();
    await fleet.sendEvenly(STEADY_PER_SECOND, STEADY_MS);
    await delay(INTERVAL_MS * 2);
    const measured = await host.takeLatenciesMs();
    fleet.close();
    await gateway.stop();
    const name = `telemetry events at ${number(STEADY_PER_SECOND)} frames/s, receipt to delivery`;
    return [
      { name: `${name} p50`, value: percentile(measured, 0.5), unit: 'ms', goal: atMost(INTERVAL_MS + MARGIN_MS) },
      { name: `${name} p99`, value: percentile(measured, 0.99), unit: 'ms' },
    ];
  });
}
