import { type ValidationError } from '@nestjs/common';

/** What is not even of the right type is told that alone: a text is neither too small nor too large a number. */
const TYPES = ['isInt', 'isString', 'isArray', 'isDate'];

/** Why input is refused, for people: a sentence for each fault, no sentence twice. */
export function inputReasons(errors: readonly ValidationError[]): string[] {
  return [...new Set(errors.flatMap((error) => [...reasonsOf(error), ...inputReasons(error.children ?? [])]))];
}

function reasonsOf({ property, constraints = {} }: ValidationError): string[] {
  if ('whitelistValidation' in constraints) {
    return [`${property} is no parameter or field of this request`];
  }
  const type = TYPES.find((name) => name in constraints);
  return type === undefined ? Object.values(constraints) : [constraints[type] ?? ''];
}
