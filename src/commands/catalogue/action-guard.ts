import { type GuardConditions } from '../guards/guard.js';
import { type ParamValues } from './action-template.js';

/**
 * The conditions of an action. A text `{name}` in the place of a value is the value of that parameter; without it there is no such condition. A time
 * after which it is not written (`notAfter`) is for a request to give.
 */
export type ActionGuard = Readonly<Partial<Record<Exclude<keyof GuardConditions, 'notAfter'>, string | number>>>;

const REFERENCE = /^\{([A-Za-z]\w{0,39})\}$/;

/** The name of the parameter that a value of a guard refers to; null for a value that stands for itself. */
export function referredParam(value: unknown): string | null {
  return typeof value === 'string' ? (REFERENCE.exec(value)?.[1] ?? null) : null;
}

/** The conditions with the values of the parameters; null when none is left. */
export function resolveGuard(guard: ActionGuard | null, values: ParamValues): GuardConditions | null {
  const conditions = Object.entries(guard ?? {}).flatMap(([name, value]) => {
    const param = referredParam(value);
    if (param === null) {
      return [[name, value]];
    }
    return Object.hasOwn(values, param) ? [[name, values[param]]] : [];
  });
  return conditions.length === 0 ? null : (Object.fromEntries(conditions) as GuardConditions);
}
