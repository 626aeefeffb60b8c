import { CachedReading, MetricsRegistry } from './metrics-registry.js';

describe('MetricsRegistry', () => {
  it('reads counters and gauges at each scrape', async () => {
    const metrics = new MetricsRegistry();
    let count = 1;
    metrics.counter({ name: 'things_total', help: 'Things.' }, () => count);
    metrics.gauge({ name: 'parts', help: 'Parts.', labelNames: ['kind'] }, () => [[{ kind: 'small' }, count * 2]]);
    count = 5;
    const text = await metrics.registry.metrics();
    expect(text).toContain('things_total 5\n');
    expect(text).toContain('parts{kind="small"} 10\n');
  });

  it('shows no sample of what is not known, which is not 0', async () => {
    const metrics = new MetricsRegistry();
    let age: number | null = 3;
    metrics.gauge({ name: 'age_seconds', help: 'Age.' }, () => Promise.resolve(age));
    expect(await metrics.registry.metrics()).toContain('age_seconds 3\n');
    age = null;
    const text = await metrics.registry.metrics();
    expect(text).toContain('# TYPE age_seconds gauge');
    expect(text).not.toMatch(/^age_seconds /m);
  });

  it('shares nothing with another one', async () => {
    new MetricsRegistry().counter({ name: 'same_total', help: 'Same.' }, () => 1);
    const other = new MetricsRegistry();
    other.counter({ name: 'same_total', help: 'Same.' }, () => 2);
    expect(await other.registry.metrics()).toContain('same_total 2');
  });
});

describe('CachedReading', () => {
  it('reads once for all callers while the value is fresh, and again afterwards', async () => {
    let asked = 0;
    const load = (): Promise<number> => Promise.resolve(++asked);
    const cached = new CachedReading(load, { maxAgeMs: 60_000, patienceMs: 5_000 });
    expect(await Promise.all([cached.get(), cached.get()])).toEqual([1, 1]);
    expect(await cached.get()).toBe(1);
    const uncached = new CachedReading(load, { maxAgeMs: 0, patienceMs: 5_000 });
    expect([await uncached.get(), await uncached.get()]).toEqual([2, 3]);
  });

  it('knows nothing when the answer fails, or does not come in time', async () => {
    expect(await new CachedReading(() => Promise.reject(new Error('unavailable'))).get()).toBeNull();
    const never = new CachedReading(() => new Promise<number>(() => undefined), { maxAgeMs: 0, patienceMs: 10 });
    expect(await never.get()).toBeNull();
  });
});
