import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { CommandHost } from '../models/command-host.js';
import { type Ledger, readLedger } from '../models/command-ledger.js';
import { findBroken, findProven } from '../models/command-rules.js';
import { type Outage, type Scenario, scenarios } from '../models/command-scenarios.js';
import { CommandWatcher } from '../models/command-watcher.js';
import { RestartingGateway } from '../models/restarting-gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const RUNS = Number(process.env.MODEL_RUNS ?? 5);
const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000_000);
const FIRST_IMEI = 862_000_000_000_000;
/** Random runs may miss one of the ends that must occur. Then some more are played, which nearly always have it. */
const MORE_RUNS = 12;
const TIMEOUT_MS = 60_000 + (RUNS + MORE_RUNS) * 60_000;
/** What must have occurred at least once: otherwise the model does not test it. */
const EXPECTED_ENDS = [
  'COMPLETED',
  'FAILED unconfirmed',
  'FAILED expired',
  'FAILED superseded',
  'FAILED guard',
  'contradicted',
  'by telemetry',
  'guarded, written',
  'replaced, superseded',
  'replaced, unconfirmed',
];

const SETTINGS = {
  EVENT_FEED_ENABLED: 'true',
  WEBHOOK_EVENTS: 'command.completed,command.failed,command.retried,command.postponed,device.message',
  IOT_COMMAND_TIMEOUT: '1',
  DEFAULT_MAX_IOT_COMMAND_RETRY: '1',
};

const NUMBER = { number: { type: 'integer', minimum: 0, maximum: 9_999 } };
/** They replace each other and themselves by their names only: their texts have no target. */
const CATALOGUE = ['arm', 'disarm'].map((action) => ({
  action,
  template: `alarm ${action} {number}`,
  params: NUMBER,
  replaces: ['arm', 'disarm'],
  success: `^Alarm ${action}ed`,
  failure: '^Alarm broken',
}));

let folder: string;
let database: TestDatabase;
let gateway: RestartingGateway;
let devicesMade = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-model-'));
  const file = join(folder, 'catalogue.json');
  await writeFile(file, JSON.stringify(CATALOGUE));
  database = await createTestDatabase();
  gateway = await RestartingGateway.start(database.url, { ...SETTINGS, COMMAND_CATALOGUE_FILE: file });
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function playOutages(outages: readonly Outage[]): Promise<void> {
  for (const { afterMs, how } of outages) {
    await delay(afterMs);
    await gateway.restart(how);
  }
}

/** Every device is connected and answers: each open command must end now, or be postponed by the device with a deadline in the future. */
async function settle(hosts: readonly CommandHost[]): Promise<void> {
  const imeis = hosts.map(({ device }) => device.imei);
  hosts.forEach(({ device }) => device.answerAtOnce());
  await waitFor(
    async () => {
      const open = await database.query<{ imei: string; command: string }>(
        `select imei, command from tbl_iot_command_logs where imei = any ($1::text[]) and status = 'PENDING'
            and not (device_state is not distinct from 'queued' and expires_at > now())`,
        [imeis],
      );
      return open.length === 0 || Promise.reject(new Error(`open: ${JSON.stringify(open)}`));
    },
    { timeoutMs: 40_000, what: 'every command to end' },
  );
  await Promise.all(
    hosts.map(async ({ device }) => {
      await waitFor(() => device.isIdle, { what: 'the device to have sent every reply' });
      // The acknowledgement shows that the gateway has processed every earlier reply.
      await waitFor(() => device.sendRecord(), { timeoutMs: 30_000, what: 'a last acknowledgement' });
      await waitFor(async () => findProven(await readLedger(database, device.imei), device).length === 0, {
        timeoutMs: 30_000,
        what: `records of ${device.imei} to confirm the commands that they prove`,
      });
    }),
  );
}

async function play({ devices, outages }: Scenario): Promise<void> {
  const hosts = devices.map((steps) => new CommandHost(String(FIRST_IMEI + devicesMade++), gateway, steps));
  const watcher = new CommandWatcher(database);
  try {
    hosts.forEach(({ device }) => device.start());
    await waitFor(() => hosts.every(({ device }) => device.isConnected), { timeoutMs: 30_000, what: 'all to connect' });
    watcher.start(hosts.map(({ device }) => device.imei));
    await Promise.all([playOutages(outages), ...hosts.map((host) => host.play())]);
    await settle(hosts);
  } finally {
    await watcher.stop();
  }
  const reports = await Promise.all(hosts.map((host) => check(host)));
  await Promise.all(hosts.map(({ device }) => device.stop()));
  const broken = [...[...watcher.broken].map((what) => `watched: ${what}`), ...reports.flat()];
  if (broken.length > 0) {
    throw new Error(broken.join('\n'));
  }
}

/** What is wrong with the ledger of one device, followed by everything that happened to the device in order of time. */
async function check(host: CommandHost): Promise<string[]> {
  const { device } = host;
  const ledger = await readLedger(database, device.imei);
  const broken = [...findBroken(ledger, device), ...host.findBroken(ledger)];
  countEnds(ledger);
  if (broken.length === 0) {
    return [];
  }
  const history = [...device.journal, ...ledger.commands.flatMap(historyOf)].sort((a, b) => a.at - b.at);
  const start = history[0]?.at ?? 0;
  const lines = history.map(({ at, what }) => `    ${String(Math.round(at - start)).padStart(6)} ms ${what}`);
  return [...broken.map((what) => `${device.imei}: ${what}`), `  history of ${device.imei}:`, ...lines];
}

function historyOf(command: Ledger['commands'][number]): { at: number; what: string }[] {
  const { id, command: text, history, completedAt, status, reason, response } = command;
  return [
    ...history.map(({ attempt, sentAt }) => ({ at: sentAt, what: `${id} "${text}" attempt ${attempt} is committed` })),
    ...history
      .filter(({ endedAt }) => endedAt !== null)
      .map(({ attempt, endedAt, result }) => ({ at: endedAt ?? 0, what: `${id} "${text}" attempt ${attempt}: ${result}` })),
    { at: completedAt?.getTime() ?? Infinity, what: `${id} "${text}" ends: ${status} ${reason ?? ''} ${response ?? ''}` },
  ];
}

const ends = new Map<string, number>();

function countEnds({ commands, events }: Ledger): void {
  const postponed = events.filter(({ type }) => type === 'command.postponed').length;
  ends.set('postponed', (ends.get('postponed') ?? 0) + postponed);
  for (const { command, status, reason, late, supersededBy, confirmedBy, isGuarded, attempts } of commands) {
    if (isGuarded && attempts > 0) {
      ends.set('guarded, written', (ends.get('guarded, written') ?? 0) + 1);
    }
    if (confirmedBy === 'telemetry') {
      ends.set('by telemetry', (ends.get('by telemetry') ?? 0) + 1);
    }
    const newer = commands.find(({ id }) => id === supersededBy)?.command ?? command;
    if (command.startsWith('alarm') && newer !== command) {
      ends.set(`replaced, ${reason ?? status}`, (ends.get(`replaced, ${reason ?? status}`) ?? 0) + 1);
    }
    if (reason === 'unconfirmed' && supersededBy !== null) {
      ends.set('contradicted', (ends.get('contradicted') ?? 0) + 1);
    }
    const end = `${status}${reason ? ` ${reason}` : ''}${late ? ' late' : ''}`;
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
}

describe('commands, replies, lost connections and restarts in any order', () => {
  it(
    `keep the ledger true (${RUNS} runs; FC_SEED=${SEED} repeats them, MODEL_RUNS sets their number)`,
    async () => {
      const property = fc.asyncProperty(scenarios, play);
      await fc.assert(property, { seed: SEED, numRuns: RUNS, endOnFailure: true });
      const isMissed = (end: string): boolean => !ends.has(end);
      for (let more = 1; more <= MORE_RUNS && EXPECTED_ENDS.some(isMissed); more++) {
        await fc.assert(property, { seed: SEED + more, numRuns: 1, endOnFailure: true });
      }
      if (process.env.MODEL_VERBOSE) {
        console.log(ends);
      }
      expect(EXPECTED_ENDS.filter(isMissed)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
