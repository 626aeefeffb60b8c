import { type Figure, type Goal } from './figure.js';
import { percentile } from './percentile.js';

/** A figure over all runs. */
export interface Summary {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly limit: { readonly name: string; readonly median: number } | null;
  /** To the limit of the same run; the median of them. */
  readonly ratio: number | null;
  readonly goal: Goal | null;
  readonly isMet: boolean | null;
}

/** One for each figure, in the order of the first run. */
export function summarise(runs: readonly (readonly Figure[])[]): Summary[] {
  const byName = new Map<string, Figure[]>();
  for (const figure of runs.flat()) {
    byName.set(figure.name, [...(byName.get(figure.name) ?? []), figure]);
  }
  return [...byName.values()].map(summariseOne);
}

function summariseOne(figures: readonly Figure[]): Summary {
  const { name, unit, limit, goal } = figures[0]!;
  const values = figures.map(({ value }) => value);
  const median = percentile(values, 0.5);
  const limits = figures.flatMap((figure) => (figure.limit ? [figure.limit.value] : []));
  const ratios = figures.flatMap((figure) => (figure.limit ? [figure.value / figure.limit.value] : []));
  const ratio = limit ? percentile(ratios, 0.5) : null;
  return {
    name,
    unit,
    median,
    least: Math.min(...values),
    most: Math.max(...values),
    limit: limit ? { name: limit.name, median: percentile(limits, 0.5) } : null,
    ratio,
    goal: goal ?? null,
    isMet: goal ? meets(goal, goal.of === 'ratio' ? (ratio ?? 0) : median) : null,
  };
}

function meets({ kind, value }: Goal, measured: number): boolean {
  return kind === 'at least' ? measured >= value : measured <= value;
}
