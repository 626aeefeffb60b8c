const LOWEST_MS = 0.05;
const BUCKETS_PER_DOUBLING = 8;
const BUCKETS = 22 * BUCKETS_PER_DOUBLING;

/** Durations of 0.05 ms to 200 s in buckets that grow by 9 %, which is the error of the percentiles. Its size is constant. */
export class LatencyHistogram {
  private readonly counts = new Float64Array(BUCKETS);
  private total = 0;

  get count(): number {
    return this.total;
  }

  add(milliseconds: number): void {
    const bucket = Math.ceil(Math.log2(Math.max(milliseconds, LOWEST_MS) / LOWEST_MS) * BUCKETS_PER_DOUBLING);
    this.counts[Math.min(bucket, BUCKETS - 1)]! += 1;
    this.total++;
  }

  /** The duration that a share (0 to 1) of all did not exceed. Null when there are none. */
  percentile(share: number): number | null {
    let left = Math.ceil(this.total * share);
    for (let bucket = 0; bucket < BUCKETS && this.total > 0; bucket++) {
      left -= this.counts[bucket]!;
      if (left <= 0) {
        return LOWEST_MS * 2 ** (bucket / BUCKETS_PER_DOUBLING);
      }
    }
    return null;
  }

  /** A copy, for `since`. */
  snapshot(): LatencyHistogram {
    return this.since(new LatencyHistogram());
  }

  /** The durations that were added after a snapshot. */
  since(earlier: LatencyHistogram): LatencyHistogram {
    const difference = new LatencyHistogram();
    difference.counts.set(this.counts.map((count, bucket) => count - earlier.counts[bucket]!));
    difference.total = this.total - earlier.total;
    return difference;
  }
}
