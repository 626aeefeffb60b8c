import { MAX_RECORD_AGE_SECONDS, MAX_SPEED_KMH } from '../guards/guard.js';
import { type ActionGuard, referredParam } from './action-guard.js';
import { type ActionParam, type ActionParams, paramProblem } from './action-params.js';
import { type Check, expectType, orNull, patternProblem } from './definition-checks.js';

/** What is wrong within a field, and where: `path` is empty, or begins with "." or "[". */
export interface FieldProblem {
  readonly path: string;
  readonly problem: string;
}

const PARAM_NAME = /^[A-Za-z]\w{0,39}$/;
const PRINTABLE = /^[\x20-\x7e]+$/;
const MAX_LENGTH = 160;
const MAX_CHOICES = 100;
const IGNITION: readonly unknown[] = ['on', 'off'];

const COMMON_CHECKS: Readonly<Record<string, Check>> = {
  type: () => null,
  description: expectType('string', 'a text'),
  default: () => null,
};
const INTEGER_CHECKS: Readonly<Record<string, Check>> = { ...COMMON_CHECKS, minimum: integerProblem, maximum: integerProblem };
const CHOICE_CHECKS: Readonly<Record<string, Check>> = { ...COMMON_CHECKS, enum: choicesProblem };
const TEXT_CHECKS: Readonly<Record<string, Check>> = { ...COMMON_CHECKS, pattern: patternProblem, maxLength: maxLengthProblem };

/** Of the `params` of an action. */
export function paramsProblem(params: unknown): FieldProblem | null {
  if (!isObject(params)) {
    return { path: '', problem: 'has to be an object of parameters' };
  }
  for (const [name, param] of Object.entries(params)) {
    const path = PARAM_NAME.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    const found = PARAM_NAME.test(name)
      ? oneParamProblem(param)
      : { path: '', problem: 'the name of a parameter has to be at most 40 letters, digits and "_", the first one a letter' };
    if (found !== null) {
      return { path: path + found.path, problem: found.problem };
    }
  }
  return null;
}

function oneParamProblem(param: unknown): FieldProblem | null {
  if (!isObject(param)) {
    return { path: '', problem: 'has to be an object' };
  }
  const kind = kindOf(param);
  if (kind === null) {
    return { path: '.type', problem: 'has to be "integer" with "minimum" and "maximum", or "string" with "enum" or "pattern"' };
  }
  const fault = fieldProblem(param, kind.checks) ?? missingProblem(param, kind.required);
  if (fault !== null) {
    return fault;
  }
  if (Number(param.minimum) > Number(param.maximum)) {
    return { path: '.minimum', problem: 'is greater than "maximum"' };
  }
  const problem = param.default === undefined ? null : paramProblem(param as unknown as ActionParam, param.default);
  return problem === null ? null : { path: '.default', problem };
}

function kindOf(
  param: Readonly<Record<string, unknown>>,
): { checks: Readonly<Record<string, Check>>; required: string[] } | null {
  switch (param.type) {
    case 'integer':
      return { checks: INTEGER_CHECKS, required: ['minimum', 'maximum'] };
    case 'string':
      return 'enum' in param ? { checks: CHOICE_CHECKS, required: [] } : { checks: TEXT_CHECKS, required: ['pattern'] };
    default:
      return null;
  }
}

/** The first field that is unknown or has a wrong value. */
export function fieldProblem(
  object: Readonly<Record<string, unknown>>,
  checks: Readonly<Record<string, Check>>,
): FieldProblem | null {
  for (const [field, value] of Object.entries(object)) {
    if (!Object.hasOwn(checks, field)) {
      return { path: '', problem: `unknown field ${JSON.stringify(field)}` };
    }
    const problem = checks[field]!(value);
    if (problem !== null) {
      return { path: `.${field}`, problem };
    }
  }
  return null;
}

function missingProblem(object: Readonly<Record<string, unknown>>, required: readonly string[]): FieldProblem | null {
  const missing = required.find((field) => object[field] === undefined);
  return missing === undefined ? null : { path: '', problem: `"${missing}" is missing` };
}

/** Of the `guard` of an action. Its params must be without a problem. */
export function guardProblem(guard: unknown, params: ActionParams): FieldProblem | null {
  if (!isObject(guard) || Object.keys(guard).length === 0) {
    return { path: '', problem: 'has to be an object of at least one condition, or null' };
  }
  const numbers = (minimum: number, maximum: number): Check =>
    orParam(
      params,
      (param) => param.type === 'integer' && param.minimum >= minimum && param.maximum <= maximum,
      (value) =>
        Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum
          ? null
          : `has to be a whole number from ${minimum} to ${maximum}, or "{name}" of an integer parameter within these bounds`,
    );
  return fieldProblem(guard, {
    maxSpeedKmh: numbers(0, MAX_SPEED_KMH),
    maxRecordAgeSeconds: numbers(1, MAX_RECORD_AGE_SECONDS),
    ignition: orParam(
      params,
      (param) => 'enum' in param && param.enum.every((choice) => IGNITION.includes(choice)),
      (value) => (IGNITION.includes(value) ? null : 'has to be "on", "off", or "{name}" of a parameter with these choices'),
    ),
  } satisfies Record<keyof ActionGuard, Check>);
}

function orParam(params: ActionParams, isFit: (param: ActionParam) => boolean, check: Check): Check {
  return (value) => {
    const name = referredParam(value);
    return name !== null && Object.hasOwn(params, name) && isFit(params[name]!) ? null : check(value);
  };
}

function integerProblem(value: unknown): string | null {
  return Number.isSafeInteger(value) ? null : 'has to be a whole number';
}

function maxLengthProblem(value: unknown): string | null {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_LENGTH
    ? null
    : `has to be a whole number from 1 to ${MAX_LENGTH}`;
}

function choicesProblem(value: unknown): string | null {
  const isGood =
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= MAX_CHOICES &&
    new Set(value).size === value.length &&
    value.every((choice) => typeof choice === 'string' && PRINTABLE.test(choice));
  return isGood ? null : `has to be an array of 1 to ${MAX_CHOICES} different texts of printable ASCII`;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const nullableText: Check = orNull(expectType('string', 'a text or null'));
