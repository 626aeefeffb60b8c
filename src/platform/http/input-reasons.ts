import { type ValidationError } from '@nestjs/common';
import { shorten } from './shorten.js';

/** What is not even of the right type is told that alone: a text is neither too small nor too large a number. */
const TYPES = ['isInt', 'isString', 'isArray', 'isDate'];

const MAX_NAME_CHARACTERS = 100;

/** Why input is refused, for people: a sentence for each fault, no sentence twice. */
export function inputReasons(errors: readonly ValidationError[]): string[] {
  return [...new Set(errors.flatMap((error) => [...reasonsOf(error), ...inputReasons(error.children ?? [])]))];
}

function reasonsOf({ property, constraints = {} }: ValidationError): string[] {
  if ('whitelistValidation' in constraints) {
    return [`${shorten(property, MAX_NAME_CHARACTERS)} is not a parameter or field of this request`];
  }
  const type = TYPES.find((name) => name in constraints);
  return type === undefined ? Object.values(constraints) : [constraints[type] ?? ''];
}
