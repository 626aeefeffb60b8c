import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/platform/database/embedded/embedded-postgres.js';
import { benchCluster, benchLoginStorm } from './cluster.js';
import { benchCommands, type CommandFigures } from './commands.js';
import { benchDecode } from './decode.js';
import { benchIdle } from './idle.js';
import { benchIngest } from './ingest.js';
import { benchWebhooks, type WebhookFigures } from './webhooks.js';
import { number, renderTable, type Line } from './table.js';

const DEVICES = 200;
const COMMAND_DEVICES = 1_000;
const IDLE_DEVICES = 10_000;
/** A quarter of what the ingest part reaches on the machine of docs/performance.md. */
const RECORDS_BESIDE_COMMANDS = 18_000;
const DECODE_GOAL = 300_000;
const DELIVERIES_GOAL = 1_500;

/** Measures the named parts (all of them without a name), each on a database of its own. */
const PARTS: Readonly<Record<string, (cwd: string) => Promise<Line[]>>> = {
  decode: async () => {
    const { recordsPerSecond } = await benchDecode();
    return [
      {
        figure: 'decode, codec 8E, 24 IO elements, one core',
        value: `${number(recordsPerSecond)} records/s`,
        against: `goal ${number(DECODE_GOAL)} records/s`,
        ratio: number(recordsPerSecond / DECODE_GOAL, 2),
      },
    ];
  },
  ingest: (cwd) =>
    withPostgres(cwd, async (url) => {
      const figures = await benchIngest(url, cwd, DEVICES);
      const prefix = `ingest, ${figures.devices} devices, 10 records a frame`;
      return [
        {
          figure: `${prefix}, durable`,
          value: `${number(figures.recordsPerSecond)} records/s`,
          against: `raw COPY, ${number(figures.rawCopyRowsPerSecond)} rows/s`,
          ratio: number(figures.ratioToRawCopy, 2),
        },
        {
          figure: `${prefix}, acknowledgement p50`,
          value: `${number(figures.acknowledgementP50Ms, 1)} ms`,
          against: '',
          ratio: '',
        },
        limit(`${prefix}, acknowledgement p99`, figures.acknowledgementP99Ms, 150, 'ms'),
        {
          figure: `${prefix}, gateway CPU`,
          value: `${number(figures.gatewayCpuMicrosecondsPerRecord, 2)} us/record`,
          against: '',
          ratio: '',
        },
        limit(`${prefix}, gateway resident`, figures.gatewayResidentMegabytes, 250, 'MB'),
      ];
    }),
  commands: (cwd) =>
    withPostgres(
      cwd,
      async (url) =>
        commandLines(await benchCommands(url, cwd, { devices: COMMAND_DEVICES, recordsPerSecond: RECORDS_BESIDE_COMMANDS })),
      { track_commit_timestamp: 'on' },
    ),
  webhooks: (cwd) =>
    withPostgres(cwd, async (url) => webhookLines(await benchWebhooks(url, cwd)), { track_commit_timestamp: 'on' }),
  idle: (cwd) =>
    withPostgres(cwd, async (url) => {
      const figures = await benchIdle(url, cwd, IDLE_DEVICES);
      return [
        limit(`idle, each of ${number(figures.devices)} devices`, figures.bytesPerDevice / 1000, 10, 'KB'),
        { figure: 'idle, gateway resident', value: `${number(figures.residentMegabytes)} MB`, against: '', ratio: '' },
        {
          figure: 'logins, 250 at a time',
          value: `${number(figures.loginsPerSecond)}/s`,
          against: '',
          ratio: '',
        },
      ];
    }),
  cluster: (cwd) =>
    withPostgres(cwd, async (url) => {
      const figures = await benchCluster(url, cwd);
      return [
        limit('two instances, POST at one to bytes at the other, p50', figures.postToOtherSocketP50Ms, 15, 'ms'),
        plain('two instances, POST at one to bytes at the other, p99', `${number(figures.postToOtherSocketP99Ms, 1)} ms`),
        plain(
          `two instances, kill -9 to all ${figures.recoveredDevices} devices acknowledged by the other`,
          `${number(figures.recoveredAfterMs)} ms`,
        ),
      ];
    }),
  storm: (cwd) =>
    withPostgres(cwd, async (url) => {
      const { devices, loginsPerSecond, recordsPerSecond } = await benchLoginStorm(url, cwd);
      return [
        {
          figure: `login storm, ${number(devices)} devices`,
          value: `${number(loginsPerSecond)} logins/s`,
          against: 'goal 3,000 logins/s',
          ratio: number(loginsPerSecond / 3_000, 2),
        },
        plain('login storm, telemetry beside it', `${number(recordsPerSecond)} records/s`),
      ];
    }),
};

function commandLines(figures: CommandFigures): Line[] {
  const steady = `commands, ${number(figures.devices)} devices, ${number(figures.commandsPerSecond)}/s`;
  const saturated = `commands, ${number(figures.devices)} devices, ${figures.concurrency} at a time`;
  return [
    limit(`${steady}, POST to stored reply p50`, figures.roundTripP50Ms, 15, 'ms'),
    limit(`${steady}, POST to stored reply p99`, figures.roundTripP99Ms, 75, 'ms'),
    plain(`${steady}, flush in it p50`, `${number(figures.flushP50Ms, 1)} ms`),
    plain(`${steady}, telemetry beside it`, `${number(figures.recordsPerSecond)} records/s`),
    plain(`${saturated}, completed`, `${number(figures.completedPerSecond)}/s`),
    plain(`${saturated}, gateway CPU`, `${number(figures.gatewayCpuMicrosecondsPerCommand)} us/command`),
    plain(`${saturated}, PostgreSQL CPU`, `${number(figures.postgresCpuMicrosecondsPerCommand)} us/command`),
    // One that is not completed ends the benchmark.
    plain('commands, not completed', `0 of ${number(figures.commands)}`),
  ];
}

function plain(figure: string, value: string): Line {
  return { figure, value, against: '', ratio: '' };
}

function webhookLines(figures: WebhookFigures): Line[] {
  const { deliveriesPerSecond, ingestSilent, ingestLiveHost, ingestDeadHost } = figures;
  const steady = `webhooks, telemetry events at ${number(figures.steadyPerSecond)} frames/s`;
  return [
    {
      figure: `webhooks, a backlog of ${number(figures.backlog)}, delivered`,
      value: `${number(deliveriesPerSecond)}/s`,
      against: `goal ${number(DELIVERIES_GOAL)}/s`,
      ratio: number(deliveriesPerSecond / DELIVERIES_GOAL, 2),
    },
    limit('webhooks, gateway CPU at that, of one core', figures.gatewayCpuShare * 100, 50, '%'),
    limit('webhooks, gateway CPU', figures.gatewayCpuMicrosecondsPerDelivery, 333, 'us/delivery'),
    limit(`${steady}, commit to delivery p50`, figures.commitToDeliveryP50Ms, 30, 'ms'),
    {
      figure: `${steady}, commit to delivery p99`,
      value: `${number(figures.commitToDeliveryP99Ms, 1)} ms`,
      against: '',
      ratio: '',
    },
    {
      figure: 'ingest, telling a host that is down',
      value: `${number(ingestDeadHost)} records/s`,
      against: `one that listens, ${number(ingestLiveHost)} records/s`,
      ratio: number(ingestDeadHost / ingestLiveHost, 2),
    },
    {
      figure: 'ingest, telling a host that listens',
      value: `${number(ingestLiveHost)} records/s`,
      against: `telling nobody, ${number(ingestSilent)} records/s`,
      ratio: number(ingestLiveHost / ingestSilent, 2),
    },
  ];
}

function limit(figure: string, value: number, most: number, unit: string): Line {
  return {
    figure,
    value: `${number(value, 1)} ${unit}`,
    against: `limit ${number(most)} ${unit}`,
    ratio: number(value / most, 2),
  };
}

async function withPostgres(
  cwd: string,
  measure: (url: string) => Promise<Line[]>,
  settings: Record<string, string> = {},
): Promise<Line[]> {
  const folder = mkdtempSync(join(cwd, 'postgres-'));
  chmodSync(folder, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), settings });
  try {
    return await measure(postgres.url);
  } finally {
    await postgres.stop();
  }
}

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in PARTS));
  if (unknown.length > 0) {
    console.error(`There is no part ${unknown.join(', ')}. Parts: ${Object.keys(PARTS).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const cwd = mkdtempSync(join(tmpdir(), 'iot-broker-bench-'));
  chmodSync(cwd, 0o755);
  const lines: Line[] = [];
  try {
    for (const [name, measure] of Object.entries(PARTS)) {
      if (names.length === 0 || names.includes(name)) {
        console.error(`measuring ${name} ...`);
        lines.push(...(await measure(cwd)));
      }
    }
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
  console.log(
    `${cpus().length} cores of ${cpus()[0]?.model}, ${number(totalmem() / 2 ** 30)} GiB, Node.js ${process.versions.node}`,
  );
  console.log('gateway, PostgreSQL (fsync on) and load generator share them\n');
  console.log(renderTable(lines));
}

await main(process.argv.slice(2));
