import { LatencyHistogram } from './latency-histogram.js';

describe('LatencyHistogram', () => {
  it('gives percentiles with the error of its bucket width', () => {
    const histogram = new LatencyHistogram();
    for (let milliseconds = 1; milliseconds <= 1000; milliseconds++) {
      histogram.add(milliseconds);
    }
    expect(histogram.percentile(0.5)! / 500).toBeCloseTo(1, 0);
    expect(histogram.percentile(0.99)).toBeGreaterThanOrEqual(990);
    expect(histogram.percentile(0.99)).toBeLessThan(990 * 1.1);
  });

  it('has no percentile when it is empty', () => {
    expect(new LatencyHistogram().percentile(0.5)).toBeNull();
  });

  it('accepts the shortest and the longest durations', () => {
    const histogram = new LatencyHistogram();
    histogram.add(0);
    histogram.add(1e9);
    expect(histogram.percentile(0.5)).toBeLessThan(0.1);
    expect(histogram.percentile(1)).toBeGreaterThan(100_000);
  });

  it('returns the durations since a snapshot', () => {
    const histogram = new LatencyHistogram();
    histogram.add(1000);
    const snapshot = histogram.snapshot();
    histogram.add(2);
    const since = histogram.since(snapshot);
    expect(since.count).toBe(1);
    expect(since.percentile(0.99)).toBeLessThan(2.3);
  });
});
