export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a scrape gave: metrics with their types, and their samples. Fails on a line that the text format of Prometheus does not have. */
export class Exposition {
  readonly types = new Map<string, string>();
  readonly samples: Sample[] = [];

  constructor(text: string) {
    if (!text.endsWith('\n')) {
      throw new Error('the last line has no end');
    }
    text
      .split('\n')
      .filter(Boolean)
      .forEach((line) => this.read(line));
  }

  /** The sum of all samples with these labels; null when there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | null {
    const found = this.samples.filter(
      (sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
    return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
  }

  private read(line: string): void {
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (type) {
      this.types.set(type[1] ?? '', type[2] ?? '');
      return;
    }
    if (line.startsWith('# HELP ')) {
      return;
    }
    const sample = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/i.exec(line);
    const text = sample?.[3]?.replace('Inf', 'Infinity') ?? '';
    const value = Number(text);
    // NaN is a value too: the mean of nothing, when two scrapes come close together.
    if (!sample || (Number.isNaN(value) && !/^nan$/i.test(text))) {
      throw new Error(`not a line of the text format: ${line}`);
    }
    const labels = [...(sample[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label, text]);
    this.samples.push({ name: sample[1] ?? '', labels: Object.fromEntries(labels) as Record<string, string>, value });
  }
}
