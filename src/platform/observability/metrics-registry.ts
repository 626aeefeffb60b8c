import { Injectable, type OnModuleInit } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { setTimeout as delay } from 'node:timers/promises';

/** One value, or several with the labels that distinguish them. */
export type Samples = number | readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

/** Null: not known at the moment. The metric then has no sample, which is not the same as 0. */
export type ReadSamples = () => Samples | null | Promise<Samples | null>;

export interface MetricDescription {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

/**
 * Features put their metrics here, each its own; `/metrics` shows them all. Counters and gauges are read at each scrape, from plain
 * numbers that were there before: what runs once a frame pays nothing for being measured. A registry of its own, not prom-client's global
 * one: two gateways in one process (a test) must not share theirs.
 */
@Injectable()
export class MetricsRegistry {
  readonly registry = new Registry();

  /** Only ever grows; `read` gives what it has come to since the start. */
  counter(description: MetricDescription, read: ReadSamples): void {
    const labelNames = [...(description.labelNames ?? [])];
    new Counter({
      ...description,
      labelNames,
      registers: [this.registry],
      async collect() {
        const samples = await read();
        this.reset();
        eachSample(samples, (labels, value) => this.inc(labels, value));
      },
    });
  }

  gauge(description: MetricDescription, read: ReadSamples): void {
    const labelNames = [...(description.labelNames ?? [])];
    new Gauge({
      ...description,
      labelNames,
      registers: [this.registry],
      async collect() {
        const samples = await read();
        this.reset();
        if (samples === null && labelNames.length === 0) {
          // What prom-client calls a reset is a 0.
          this.remove();
        }
        eachSample(samples, (labels, value) => this.set(labels, value));
      },
    });
  }

  /** Returns what takes the observations. */
  histogram(
    { name, help, labelNames = [] }: MetricDescription,
    buckets: readonly number[],
  ): (value: number, labels?: Readonly<Record<string, string>>) => void {
    const registers = [this.registry];
    const histogram = new Histogram({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers });
    return (value, labels = {}) => histogram.observe({ ...labels }, value);
  }
}

function eachSample(samples: Samples | null, put: (labels: Record<string, string>, value: number) => void): void {
  if (typeof samples === 'number') {
    put({}, samples);
  } else {
    samples?.forEach(([labels, value]) => put({ ...labels }, value));
  }
}

/** The process: CPU, memory, file descriptors, garbage collection, and how late the event loop is (perf_hooks). Names are those of every Node.js program. */
@Injectable()
export class ProcessMetrics implements OnModuleInit {
  constructor(private readonly metrics: MetricsRegistry) {}

  onModuleInit(): void {
    collectDefaultMetrics({ register: this.metrics.registry });
  }
}

export interface CachedReadingOptions {
  /** Younger than that, the last answer is given again: several scrapers cost no more than one. */
  readonly maxAgeMs: number;
  /** A reading that takes longer counts as unknown: a database that hangs must not block the scrape. */
  readonly patienceMs: number;
}

const DEFAULTS: CachedReadingOptions = { maxAgeMs: 5_000, patienceMs: 2_000 };

/** Something that costs a query, asked at most once at a time and remembered for a moment. */
export class CachedReading<T> {
  private value: T | null = null;
  private readAt = -Infinity;
  private reading: Promise<void> | null = null;

  constructor(
    private readonly load: () => Promise<T>,
    private readonly options: CachedReadingOptions = DEFAULTS,
  ) {}

  /** Null when it could not be read, or not in time. Never rejects. */
  async get(): Promise<T | null> {
    if (performance.now() - this.readAt < this.options.maxAgeMs) {
      return this.value;
    }
    this.reading ??= this.read().finally(() => (this.reading = null));
    const waited = new AbortController();
    const isThere = await Promise.race([
      this.reading.then(() => true),
      delay(this.options.patienceMs, false, { signal: waited.signal }).catch(() => false),
    ]);
    waited.abort();
    return isThere ? this.value : null;
  }

  private async read(): Promise<void> {
    try {
      this.value = await this.load();
    } catch {
      // Not known, then: the alert on `iot_broker_database_up` says why.
      this.value = null;
    }
    this.readAt = performance.now();
  }
}
