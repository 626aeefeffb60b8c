import { Injectable, type OnModuleInit } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** One value, or several with the labels that tell them apart. */
export type Samples = number | readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

/** Null: not known at the moment. The metric then has no sample, which is not the same as 0. */
export type ReadSamples = () => Samples | null | Promise<Samples | null>;

export interface MetricDescription {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

/**
 * Features put their metrics here, each its own; `/metrics` shows them all. Counters and gauges are read when somebody scrapes, from plain
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
