import { Exposition } from '../support/exposition.js';
import { type AttackCounts } from './attack.js';
import { type FleetFigures } from './good-fleet.js';

export interface Row {
  readonly attack: string;
  readonly figures: FleetFigures;
  /** Null: there was none. */
  readonly counts: AttackCounts | null;
  readonly seconds: number;
  /** What the gateway counted of the attackers. */
  readonly gateway: string;
  readonly faults: readonly string[];
}

const SHOWN = [
  'iot_broker_connections_accepted_total',
  'iot_broker_connections_refused_total',
  'iot_broker_logins_total',
  'iot_broker_logins_slowed_down_total',
  'iot_broker_frames_slowed_down_total',
  'iot_broker_disconnects_total',
  'iot_broker_rejected_frames_total',
  'iot_broker_log_lines_left_out_total',
];

/** What the gateway has counted, of both: the good devices connect once and stay. */
export function attackersOwn(metrics: string, goodDevices: number): string {
  const { samples } = new Exposition(metrics);
  const shown = samples.filter(({ name, value }) => SHOWN.includes(name) && value > 0);
  const texts = shown.map(({ name, labels, value }) => {
    const label = Object.values(labels).join(' ');
    return `${name.replace(/^iot_broker_|_total$/g, '')}${label === '' ? '' : ` (${label})`} ${value.toLocaleString('en-US')}`;
  });
  return `${texts.join(', ')}; of these ${goodDevices} connections and logins are the good devices'`;
}

export function renderRow({ attack, figures, counts, seconds, gateway, faults }: Row, limitMs: number): string {
  const { latenciesMs, waiting, waitingMs, disconnected, wrong } = figures;
  const [p50, p99, most] = [0.5, 0.99, 1].map((part) => percentile(latenciesMs, part)) as [number, number, number];
  const lines = [
    `${attack}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (limit ${limitMs}), slowest ${most.toFixed(0)} ms, ` +
      `${latenciesMs.length} acknowledged in ${seconds.toFixed(0)} s`,
    `  good devices: ${waiting} waiting (for ${waitingMs.toFixed(0)} ms at most), ${disconnected} disconnected, ${wrong} wrong answers`,
    ...(counts
      ? [
          `  attackers: ${Object.entries(counts)
            .map(([what, count]) => `${what} ${count}`)
            .join(', ')}`,
        ]
      : []),
    `  gateway: ${gateway}`,
    ...faults.slice(0, 5).map((fault) => `  FAULT: ${fault}`),
  ];
  return lines.join('\n');
}

function percentile(sample: readonly number[], part: number): number {
  const sorted = Float64Array.from(sample).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
