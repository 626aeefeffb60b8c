/** What of GET /api/v1/stats the screen shows. The sections are each feature's own counters since the start of the instance. */
export interface Stats {
  readonly authenticatedDevices: number;
  readonly uptime: number;
  readonly memoryUsage: { readonly rss: number; readonly heapUsed: number };
  readonly instances: readonly InstanceStats[];
}

export interface InstanceStats {
  readonly instance: string;
  readonly instanceId: string;
  readonly startedAt: string;
  readonly heartbeatAt: string;
  readonly devices: number;
  readonly stats: Record<string, unknown> | null;
}

/** Counters whose growth is shown as a rate, of all instances together. */
const RATES = {
  records: ['telemetry', 'recordsStored'],
  duplicates: ['telemetry', 'duplicates'],
  frames: ['transport', 'frames'],
  logins: ['transport', 'loginsAccepted'],
  bytes: ['transport', 'bytesReceived'],
} as const;

export type RateName = keyof typeof RATES;

/** The counters of each instance at one time: of its last heartbeat. */
export interface Reading {
  readonly instances: ReadonlyMap<string, { readonly atMs: number; readonly counts: Readonly<Record<RateName, number>> }>;
}

export function readingOf({ instances }: Pick<Stats, 'instances'>): Reading {
  return {
    instances: new Map(
      instances.map(({ instanceId, heartbeatAt, stats }) => [
        instanceId,
        { atMs: Date.parse(heartbeatAt), counts: mapRates(([section, name]) => counter(stats, section, name)) },
      ]),
    ),
  };
}

/** How much an instance has counted in a second, between two heartbeats; null before there are two. An instance that is new counts from its second one. */
export function ratesBetween(before: Reading, after: Reading): Readonly<Record<RateName, number>> | null {
  const pairs = [...after.instances].flatMap(([id, now]) => {
    const then = before.instances.get(id);
    return then && now.atMs > then.atMs ? [{ then, now, seconds: (now.atMs - then.atMs) / 1_000 }] : [];
  });
  if (pairs.length === 0) {
    return null;
  }
  return mapRates((_path, name) =>
    pairs.reduce((sum, { then, now, seconds }) => sum + Math.max(0, now.counts[name] - then.counts[name]) / seconds, 0),
  );
}

function mapRates(valueOf: (path: readonly [string, string], name: RateName) => number): Record<RateName, number> {
  const entries = Object.entries(RATES) as [RateName, readonly [string, string]][];
  return Object.fromEntries(entries.map(([name, path]) => [name, valueOf(path, name)])) as Record<RateName, number>;
}

function counter(stats: Record<string, unknown> | null, section: string, name: string): number {
  const value = (stats?.[section] as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'number' ? value : 0;
}

/** Samples of one metric in Prometheus' text format, with their labels. */
export function samplesOf(text: string, metric: string): { readonly labels: Record<string, string>; readonly value: number }[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name !== metric) {
      return [];
    }
    const pairs = [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, label, text]) => [label!, text!] as const);
    return [{ labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}
