import { type ParamValue, type ParamValues } from './action-template.js';

/** A whole number between two bounds, both included. */
export interface IntegerParam {
  readonly type: 'integer';
  readonly minimum: number;
  readonly maximum: number;
  readonly default?: number;
  readonly description?: string;
}

/** One of a few texts. */
export interface ChoiceParam {
  readonly type: 'string';
  readonly enum: readonly string[];
  readonly default?: string;
  readonly description?: string;
}

/** A text that a regular expression matches from its beginning to its end. */
export interface TextParam {
  readonly type: 'string';
  readonly pattern: string;
  readonly maxLength?: number;
  readonly default?: string;
  readonly description?: string;
}

/** A parameter of an action, in the words of JSON Schema. */
export type ActionParam = IntegerParam | ChoiceParam | TextParam;
export type ActionParams = Readonly<Record<string, ActionParam>>;

/** The JSON Schema of an action's `params`. */
export interface ParamsSchema {
  readonly type: 'object';
  readonly properties: ActionParams;
  readonly required: readonly string[];
  readonly additionalProperties: false;
}

/** Characters of a text whose parameter has no maxLength: a command is not longer. */
const MAX_TEXT_LENGTH = 160;

/** What a value has to be, when it is not: "must be a whole number from 1 to 5". Null when it is. */
export function paramProblem(param: ActionParam, value: unknown): string | null {
  if (param.type === 'integer') {
    const isWithin = Number.isSafeInteger(value) && Number(value) >= param.minimum && Number(value) <= param.maximum;
    return isWithin ? null : `must be a whole number from ${param.minimum} to ${param.maximum}`;
  }
  if ('enum' in param) {
    return param.enum.includes(value as string) ? null : `must be one of ${param.enum.map((choice) => `"${choice}"`).join(', ')}`;
  }
  if (typeof value !== 'string') {
    return 'must be a text';
  }
  // Before the pattern, which may take long for a long text.
  const { maxLength = MAX_TEXT_LENGTH } = param;
  if (value.length > maxLength) {
    return `must have at most ${maxLength} characters`;
  }
  return new RegExp(anchored(param.pattern)).test(value) ? null : `must match ${param.pattern}`;
}

/** A value that the request does not give is the default. Null counts as not given. */
export function withDefaults(params: ActionParams, given: Readonly<Record<string, unknown>>): ParamValues {
  const values = Object.entries(params).flatMap(([name, param]): [string, ParamValue][] => {
    const value = (Object.hasOwn(given, name) ? (given[name] as ParamValue | null | undefined) : undefined) ?? param.default;
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(values);
}

/** @param required names of parameters that have no default and that a text needs. */
export function paramsSchema(params: ActionParams, required: readonly string[]): ParamsSchema {
  const properties = Object.fromEntries(
    Object.entries(params).map(([name, param]) => [
      name,
      'pattern' in param ? { ...param, pattern: anchored(param.pattern) } : param,
    ]),
  );
  return { type: 'object', properties, required, additionalProperties: false };
}

/** The source of a regular expression for the values of a parameter, within a longer one. */
export function valuePattern(param: ActionParam): string {
  if (param.type === 'integer') {
    return String.raw`-?\d+`;
  }
  return 'enum' in param ? param.enum.map((choice) => choice.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)).join('|') : '.+';
}

function anchored(pattern: string): string {
  return `^(?:${pattern})$`;
}
