import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type OfficialVector } from '../fixtures/official-vectors.js';
import { createScratchPostgres, type ScratchPostgres } from '../support/scratch-postgres.js';
import { writeTestCertificate } from '../support/test-certificate.js';
import { waitFor } from '../support/wait-for.js';
import { BALANCER } from './case-player.js';
import { readCommandLine, type FuzzOptions } from './command-line.js';
import { createCorpus } from './corpus.js';
import { type FuzzCase } from './fuzz-case.js';
import { FuzzRun } from './fuzz-run.js';
import { GatewayUnderTest, type Vitals } from './gateway-under-test.js';
import { GoodDevice, type GoodPeer } from './good-device.js';
import { GoodUdpDevice } from './good-udp-device.js';
import { countedFaults, leaks, megabytes, sessionFaults, settledVitals, storageFaults } from './verdict.js';

const WARM_UP_PART = 0.2;
const MAX_WARM_UP_MS = 60_000;
const SETTLE_TIMEOUT_MS = 60_000;
const SAY_EVERY_MS = 30_000;
const FIRST_GOOD_IMEI = 866_000_000_000_001;

/** The working directory: the repository's root. The fixtures are not built. */
const VECTORS = join(process.cwd(), 'test/fixtures/official-vectors.json');

async function fuzz(options: FuzzOptions): Promise<boolean> {
  console.log(`seed ${options.seed}, ${options.only === null ? `${options.durationMs / 1_000} s` : `only case ${options.only}`}`);
  const postgres = await createScratchPostgres('fuzz');
  const gateway = await startGateway(postgres);
  const { ports } = gateway;
  console.log(`port ${ports.tcp}, with TLS ${ports.tls ?? 'none'}, UDP ${ports.udp ?? 'none'}`);
  const { connected, all: devices } = goodFleet(gateway);
  const run = new FuzzRun(options.seed, createCorpus(JSON.parse(readFileSync(VECTORS, 'utf8')) as OfficialVector[]), ports);
  const faults: string[] = [];
  try {
    await Promise.all(devices.map((device) => device.start()));
    await (options.only === null
      ? playAll(run, gateway, { connected, all: devices }, options, faults)
      : run.playOne(options.only));
    faults.push(...(await conclude(gateway, { connected, all: devices }, postgres.url)));
  } catch (error) {
    faults.push(String(error));
  } finally {
    await Promise.allSettled(devices.map((device) => device.stop()));
    await gateway.stop();
    faults.push(...gateway.faults, ...devices.flatMap(({ fault }) => fault ?? []));
    report(options, run, devices, faults);
    await postgres.remove();
  }
  return faults.length === 0 && run.fault === null;
}

/** A certificate, a balancer, and a login timeout that is over soon. */
async function startGateway({ url, folder }: ScratchPostgres): Promise<GatewayUnderTest> {
  const { certificateFile, keyFile } = await writeTestCertificate(folder, 'device');
  return GatewayUnderTest.start(folder, {
    DATABASE_URL: url,
    BROKER_TLS_PORT: '0',
    BROKER_TLS_CERT_FILE: certificateFile,
    BROKER_TLS_KEY_FILE: keyFile,
    BROKER_UDP_PORT: '0',
    BROKER_PROXY_PROTOCOL: 'on',
    BROKER_PROXY_TRUSTED: `${BALANCER}/32`,
    BROKER_LOGIN_TIMEOUT_SECONDS: '3',
  });
}

interface GoodFleet {
  readonly connected: readonly GoodDevice[];
  readonly all: readonly GoodPeer[];
}

function goodFleet({ ports }: GatewayUnderTest): GoodFleet {
  const kinds = [
    { port: ports.tcp, isTls: false, isSlow: false },
    { port: ports.tcp, isTls: false, isSlow: true },
    { port: ports.tcp, isTls: false, isSlow: false },
    ...(ports.tls === null ? [] : [{ port: ports.tls, isTls: true, isSlow: false }]),
  ];
  const connected = kinds.map((kind, index) => new GoodDevice(String(FIRST_GOOD_IMEI + index), kind));
  const byUdp = ports.udp === null ? [] : [new GoodUdpDevice(String(FIRST_GOOD_IMEI + kinds.length), ports.udp)];
  return { connected, all: [...connected, ...byUdp] };
}

async function playAll(
  run: FuzzRun,
  gateway: GatewayUnderTest,
  { connected, all: devices }: GoodFleet,
  { durationMs }: FuzzOptions,
  faults: string[],
): Promise<void> {
  const startedAt = performance.now();
  const isWrong = (): boolean => gateway.faults.length > 0 || devices.some(({ fault }) => fault !== null);
  const until = (ms: number) => (): boolean => performance.now() - startedAt >= ms || isWrong();
  const talk = setInterval(() => console.log(progress(run, devices)), SAY_EVERY_MS);
  try {
    await run.playUntil(until(Math.min(durationMs * WARM_UP_PART, MAX_WARM_UP_MS)));
    const before = await settle(gateway, connected.length);
    say('after the warm-up', run, before);
    await run.playUntil(until(durationMs));
    const after = await settle(gateway, connected.length);
    say('at the end', run, after);
    faults.push(...leaks(before, after));
  } finally {
    clearInterval(talk);
  }
}

/** When only the good devices are left. */
async function settle(gateway: GatewayUnderTest, connections: number): Promise<Vitals> {
  await waitFor(async () => (await gateway.stats()).connections === connections, {
    timeoutMs: SETTLE_TIMEOUT_MS,
    what: `all connections to be gone but ${connections}`,
  });
  return settledVitals(gateway);
}

/** All is quiet: what was counted, and what is in the tables. */
async function conclude(
  gateway: GatewayUnderTest,
  { connected, all: devices }: GoodFleet,
  databaseUrl: string,
): Promise<string[]> {
  await settle(gateway, connected.length);
  const stats = await gateway.stats();
  console.log(`disconnects ${JSON.stringify(stats.disconnects)}\nrejected ${JSON.stringify(stats.rejected)}`);
  const ofSessions = await sessionFaults(databaseUrl, connected);
  await Promise.all(devices.map((device) => device.stop()));
  return [...countedFaults(stats), ...ofSessions, ...(await storageFaults(databaseUrl, devices))];
}

function progress(run: FuzzRun, devices: readonly GoodPeer[]): string {
  const acknowledged = devices.reduce((sum, device) => sum + device.acknowledged, 0);
  const slowest = Math.max(...devices.map(({ slowestMs }) => slowestMs));
  return `${run.count} cases; ${devices.length} good devices: ${acknowledged} records acknowledged, the slowest after ${slowest.toFixed(0)} ms`;
}

function say(when: string, run: FuzzRun, { heapBytes, externalBytes, residentBytes, files }: Vitals): void {
  const memory = `heap ${megabytes(heapBytes)}, outside of it ${megabytes(externalBytes)}, resident ${megabytes(residentBytes)}`;
  console.log(`${when}, ${run.count} cases: ${memory}, ${files} open files`);
}

function report({ seed }: FuzzOptions, run: FuzzRun, devices: readonly GoodPeer[], faults: readonly string[]): void {
  console.log(progress(run, devices));
  console.log(
    [...run.played]
      .sort()
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', '),
  );
  if (run.fault) {
    console.error(`FAILED: ${run.fault.what}`);
    show(seed, run.fault.fuzzCase);
  }
  faults.forEach((fault) => console.error(`FAILED: ${fault}`));
  if (faults.length > 0 && !run.fault) {
    console.error('The last cases, any of which may be the cause:');
    run.suspects.forEach((suspect) => show(seed, suspect));
  }
  console.log(faults.length === 0 && !run.fault ? 'no fault was found' : 'see above');
}

function show(seed: number, { number, kind, target, ending, chunks }: FuzzCase): void {
  console.error(`  npm run fuzz -- --seed ${seed} --case ${number}   (${kind}, ${target}, ${ending})`);
  console.error(`    ${chunks.map((chunk) => chunk.toString('hex')).join(' ')}`);
}

const isWell = await fuzz(readCommandLine(process.argv.slice(2)));
await delay(0);
process.exit(isWell ? 0 : 1);
