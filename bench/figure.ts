/** One measured value, beside what bounds it and what it has to reach. */
export interface Figure {
  /** The same in every run: runs are compared by it. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What does the least that can be done for the same, measured in the same run; in the same unit. */
  readonly limit?: Limit;
  readonly goal?: Goal;
}

export interface Limit {
  readonly name: string;
  readonly value: number;
}

export interface Goal {
  readonly kind: 'at least' | 'at most';
  readonly value: number;
  /** What is held to it: the value, or its ratio to the limit. */
  readonly of: 'value' | 'ratio';
}

export function atLeast(value: number, of: Goal['of'] = 'value'): Goal {
  return { kind: 'at least', value, of };
}

export function atMost(value: number, of: Goal['of'] = 'value'): Goal {
  return { kind: 'at most', value, of };
}
