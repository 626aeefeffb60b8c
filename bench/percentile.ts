/** The value that the given part (0 to 1) of the sample does not exceed; 0 for an empty sample. */
export function percentile(sample: readonly number[], part: number): number {
  const sorted = Float64Array.from(sample).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
