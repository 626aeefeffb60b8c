import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { withBareDeviceServer } from '../bare-device-server.js';
import { atLeast, atMost, type Figure } from '../figure.js';
import { Gateway } from '../gateway.js';
import { measureAtPace, measureFullSpeed, requireStored, type IngestFigures } from '../ingest.js';
import { LoadFleet, type FleetSize } from '../load-fleet.js';
import { type Part } from '../part.js';
import { RawCopy } from '../raw-copy.js';
import { number } from '../table.js';
import { requireSockets, type Workplace } from '../workplace.js';

interface Load extends FleetSize {
  /** Least part of one COPY of the same rows. */
  readonly ofOneCopy?: number;
  /** Least part of COPY in batches of the same size. */
  readonly ofBatches?: number;
  /** Least part of a bare TCP server with the same devices. */
  readonly ofBareServer?: number;
  /** Reported with more figures than the throughput. */
  readonly isMain?: true;
}

const LOADS: readonly Load[] = [
  { devices: 1, recordsPerFrame: 10 },
  { devices: 50, recordsPerFrame: 10 },
  { devices: 200, recordsPerFrame: 10, ofOneCopy: 0.5, isMain: true },
  { devices: 2_000, recordsPerFrame: 10 },
  { devices: 10_000, recordsPerFrame: 10, ofBatches: 0.35 },
  { devices: 200, recordsPerFrame: 1, ofBatches: 0.35 },
  { devices: 2_000, recordsPerFrame: 1, ofBatches: 0.35, ofBareServer: 0.85 },
];
const MAX_SOCKETS = 11_000;
const BARE_WARM_UP_MS = 2_000;
const BARE_MEASURED_MS = 6_000;

export const ingestPart: Part = {
  name: 'ingest',
  byDefault: true,
  async measure(workplace) {
    requireSockets(MAX_SOCKETS);
    const figures: Figure[] = [];
    for (const load of LOADS) {
      figures.push(...(await workplace.withPostgres((url) => measureLoad(load, url, workplace))));
    }
    return figures;
  },
};

async function measureLoad(load: Load, databaseUrl: string, { folder }: Workplace): Promise<Figure[]> {
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  const gateway = await Gateway.start(databaseUrl, folder);
  const fleet = new LoadFleet(gateway.port, load);
  try {
    await fleet.logIn();
    const measured = await measureFullSpeed(gateway, fleet, database);
    const atHalf = load.isMain ? await measureHalf(fleet, measured.recordsPerSecond / 2) : [];
    fleet.close();
    await gateway.stop();
    await requireStored(database, fleet.acknowledged);
    const copy = await RawCopy.take(database, databaseUrl);
    const throughput = await throughputFigures(load, measured, copy);
    const besideBare = load.ofBareServer === undefined ? [] : [await besideBareServer(load, load.ofBareServer, measured)];
    return [...throughput, ...(load.isMain ? mainFigures(load, measured) : []), ...atHalf, ...besideBare];
  } finally {
    await database.end();
  }
}

async function throughputFigures(
  load: Load,
  { recordsPerSecond, recordsPerBatch }: IngestFigures,
  copy: RawCopy,
): Promise<Figure[]> {
  const [value, unit] = [recordsPerSecond, 'records/s'];
  const oneCopy = { name: 'one COPY', value: await copy.inOneStatement() };
  const batches = { name: `COPY of ${number(recordsPerBatch)}, two at a time`, value: await copy.inBatches(recordsPerBatch) };
  const goalOf = (least?: number) => (least === undefined ? {} : { goal: atLeast(least, 'ratio') });
  return [
    { name: nameOf(load), value, unit, limit: oneCopy, ...goalOf(load.ofOneCopy) },
    { name: `${nameOf(load)}, in its batches`, value, unit, limit: batches, ...goalOf(load.ofBatches) },
  ];
}

function mainFigures(load: Load, figures: IngestFigures): Figure[] {
  const name = nameOf(load);
  return [
    { name: `${name}, acknowledgement p50`, value: figures.acknowledgementP50Ms, unit: 'ms' },
    { name: `${name}, acknowledgement p99`, value: figures.acknowledgementP99Ms, unit: 'ms' },
    { name: `${name}, gateway resident`, value: figures.residentMegabytes, unit: 'MB', goal: atMost(145) },
    { name: `${name}, gateway CPU`, value: figures.gatewayCpu, unit: 'us/record' },
    { name: `${name}, PostgreSQL CPU`, value: figures.postgresCpu, unit: 'us/record' },
    { name: `${name}, generator CPU`, value: figures.generatorCpu, unit: 'us/record' },
  ];
}

/** What the same devices get from a server that does nothing but answer. */
async function besideBareServer(load: Load, least: number, { recordsPerSecond }: IngestFigures): Promise<Figure> {
  const bare = await withBareDeviceServer(async ({ port }) => {
    const fleet = new LoadFleet(port, load);
    await fleet.logIn();
    fleet.start();
    await delay(BARE_WARM_UP_MS);
    const [before, startedAt] = [fleet.acknowledged, performance.now()];
    await delay(BARE_MEASURED_MS);
    const perSecond = ((fleet.acknowledged - before) * 1000) / (performance.now() - startedAt);
    await fleet.stop();
    fleet.close();
    return perSecond;
  });
  return {
    name: `${nameOf(load)}, beside a server that only answers`,
    value: recordsPerSecond,
    unit: 'records/s',
    limit: { name: 'bare TCP', value: bare },
    goal: atLeast(least, 'ratio'),
  };
}

/** Acknowledgements at half of the maximum, beside those of a server that does nothing but answer. */
async function measureHalf(fleet: LoadFleet, recordsPerSecond: number): Promise<Figure[]> {
  const latencies = await measureAtPace(fleet, recordsPerSecond);
  const bare = await withBareDeviceServer(async ({ port }) => {
    const same = new LoadFleet(port, fleet.size);
    await same.logIn();
    const answered = await measureAtPace(same, recordsPerSecond);
    same.close();
    return answered;
  });
  const [name, limit] = [`acknowledgement at half of that`, 'bare TCP'];
  return [
    { name: `${name}, p50`, value: latencies.p50Ms, unit: 'ms', limit: { name: limit, value: bare.p50Ms } },
    { name: `${name}, p99`, value: latencies.p99Ms, unit: 'ms', limit: { name: limit, value: bare.p99Ms }, goal: atMost(60) },
  ];
}

function nameOf({ devices, recordsPerFrame }: FleetSize): string {
  return `ingest, ${number(devices)} device${devices === 1 ? '' : 's'} x ${recordsPerFrame} record${recordsPerFrame === 1 ? '' : 's'}`;
}
