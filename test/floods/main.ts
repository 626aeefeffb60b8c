import { cpus, totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { GatewayUnderTest } from '../fuzz/gateway-under-test.js';
import { createScratchPostgres, type ScratchPostgres } from '../support/scratch-postgres.js';
import { ATTACKS, type Attack, type AttackCounts, type AttackOrder } from './attack.js';
import { Child } from './child.js';
import { type FleetFigures, type FleetOrder } from './good-fleet.js';
import { attackersOwn, renderRow, type Row } from './report.js';

const LIMIT_MS = 200;
const DEVICES = 200;
const PERIOD_MS = 1_000;
const WARM_UP_MS = 5_000;
const BUILD_UP_MS = 5_000;
const AFTER_MS = 1_000;

/** Connections of each attack: held, or under way at one time. */
const CONNECTIONS: Readonly<Record<Attack, number>> = {
  'slow-login': 3_000,
  'slow-frame': 3_000,
  'half-open': 3_000,
  'no-login': 50,
  'refused-login': 50,
  strangers: 50,
};
/** Settings of the gateway that differ from the defaults. By default a half frame may stay for a minute: a run is shorter. */
const SETTINGS: Readonly<Partial<Record<Attack, Record<string, string>>>> = {
  'slow-frame': { BROKER_FRAME_TIMEOUT_SECONDS: '10' },
  'refused-login': { DEVICE_ADMISSION: 'registered' },
};
const HAS_LOGINS: readonly Attack[] = ['no-login', 'refused-login', 'strangers'];

interface FloodOptions {
  readonly attacks: readonly (Attack | null)[];
  readonly seconds: number;
  readonly logins: number;
  readonly env: Readonly<Record<string, string>>;
}

function readCommandLine(): FloodOptions {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    options: { seconds: text, logins: text, env: { ...text, multiple: true } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => name !== 'baseline' && !ATTACKS.some((attack) => attack === name));
  if (unknown.length > 0) {
    throw new Error(`Unknown attack ${unknown.join(', ')}. Attacks: baseline, ${ATTACKS.join(', ')}`);
  }
  const chosen = positionals.length === 0 ? ['baseline', ...ATTACKS] : positionals;
  return {
    attacks: chosen.map((name) => (name === 'baseline' ? null : (name as Attack))),
    seconds: Number(values.seconds ?? 20),
    logins: Number(values.logins ?? 100_000),
    env: Object.fromEntries((values.env ?? []).map((pair) => pair.split('=', 2) as [string, string])),
  };
}

/** A gateway of its own for each attack, so that its counters are those of the attack. */
async function measure(postgres: ScratchPostgres, attack: Attack | null, options: FloodOptions): Promise<Row> {
  const gateway = await GatewayUnderTest.start(postgres.folder, {
    DATABASE_URL: postgres.url,
    API_RATE_LIMIT_PER_SECOND: '0',
    ...(attack && SETTINGS[attack]),
    ...options.env,
  });
  const fleet = new Child('good-fleet');
  const attacker = new Child('attacker');
  try {
    await admitFleet(gateway, attack);
    const ready = fleet.ask<'ready'>({ port: gateway.ports.tcp, devices: DEVICES, periodMs: PERIOD_MS } satisfies FleetOrder);
    await ready;
    await delay(WARM_UP_MS);
    const startedAt = performance.now();
    await carryOut(attack, { fleet, attacker, gateway }, options);
    const figures = await fleet.ask<FleetFigures>('figures');
    const seconds = (performance.now() - startedAt) / 1_000;
    const counts = attack && (await attacker.ask<{ counts: AttackCounts }>('stop')).counts;
    await delay(AFTER_MS);
    return {
      attack: attack ?? 'none',
      figures,
      counts,
      seconds,
      gateway: attackersOwn(await gateway.metrics(), DEVICES),
      faults: gateway.faults,
    };
  } finally {
    fleet.kill();
    attacker.kill();
    await gateway.stop();
  }
}

interface Parties {
  readonly fleet: Child;
  readonly attacker: Child;
  readonly gateway: GatewayUnderTest;
}

/** The attack, and the measuring while it lasts. */
async function carryOut(attack: Attack | null, { fleet, attacker, gateway }: Parties, options: FloodOptions): Promise<void> {
  if (!attack) {
    fleet.send('measure');
    await delay(options.seconds * 1_000);
    return;
  }
  const logins = HAS_LOGINS.includes(attack) ? options.logins : null;
  const order: AttackOrder = { attack, port: gateway.ports.tcp, connections: CONNECTIONS[attack], logins };
  if (logins !== null) {
    fleet.send('measure');
    await attacker.ask<'done'>({ ...order });
    return;
  }
  attacker.send({ ...order });
  await delay(BUILD_UP_MS);
  fleet.send('measure');
  await delay(options.seconds * 1_000);
}

async function admitFleet(gateway: GatewayUnderTest, attack: Attack | null): Promise<void> {
  for (let index = 0; attack === 'refused-login' && index < DEVICES; index++) {
    await gateway.register(String(866_100_000_000_000 + index));
  }
}

async function main(): Promise<boolean> {
  const options = readCommandLine();
  const rows: Row[] = [];
  for (const attack of options.attacks) {
    const postgres = await createScratchPostgres('floods');
    try {
      console.error(`${attack ?? 'no attack'} ...`);
      rows.push(await measure(postgres, attack, options));
    } finally {
      await postgres.remove();
    }
  }
  console.log(
    `${cpus().length} cores of ${cpus()[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node.js ${process.versions.node}`,
  );
  console.log(`${DEVICES} good devices, a frame of 5 records a second each; ${JSON.stringify(options.env)}\n`);
  rows.forEach((row) => console.log(renderRow(row, LIMIT_MS)));
  return rows.every(({ faults, figures }) => faults.length === 0 && figures.disconnected === 0 && figures.wrong === 0);
}

const isWell = await main();
process.exit(isWell ? 0 : 1);
