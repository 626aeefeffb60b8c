import { cataloguedGuardProblem } from '../guards/catalogued-guard.js';
import { type CommandDefinition, PATTERN_FLAGS, RAW_SHAPE } from './command-definition.js';
import { TARGET } from './command-target.js';

/** Enough for any reply; a longer one is more likely a file pasted into the wrong place. */
const MAX_PATTERN_CHARACTERS = 500;
const COMMAND_WORD = /^[\x21-\x39\x3b-\x7e]{1,160}$/;
const SHAPE_WORD = /^[\w-]{1,40}$/;
const DISCRIMINATORS: readonly unknown[] = [
  'none',
  'id',
  'outputs',
  'settings',
  'value',
] satisfies CommandDefinition['discriminator'][];

const TAKES_A_GROUP: readonly CommandDefinition['discriminator'][] = ['id', 'settings', 'value'];

/** Says what a value has to be, when it is not; null when it is. */
export type Check = (value: unknown) => string | null;

/** Says for each field what it has to be, when it is not. */
export const DEFINITION_CHECKS: Readonly<Record<keyof CommandDefinition, Check>> = {
  command: expectWord(COMMAND_WORD, 'one word of printable ASCII without ":"'),
  syntax: expectType('string', 'a text'),
  notes: orNull(expectType('string', 'a text or null')),
  destructive: orNull(expectType('string', 'a text or null')),
  silent: expectType('boolean', 'true or false'),
  replyShape: expectWord(SHAPE_WORD, 'a word of at most 40 letters, digits, "-" and "_"'),
  success: orNull(patternProblem),
  failure: orNull(patternProblem),
  queued: orNull(patternProblem),
  discriminator: (value) => (DISCRIMINATORS.includes(value) ? null : 'has to be "none", "id", "outputs", "settings" or "value"'),
  emptyReply: expectType('boolean', 'true or false'),
  target: orNull(expectWord(TARGET, 'null, "outputs", "params", or a name such as "lock" or "limit:{1}"')),
  guard: orNull(cataloguedGuardProblem),
  tft100: expectType('boolean', 'true or false'),
  examples: (value) => (isTextArray(value) ? null : 'has to be an array of texts'),
};

/** What only the fields together can show. */
export function definitionProblem(definition: CommandDefinition): string | null {
  const { success, failure, queued, replyShape, discriminator, examples } = definition;
  if (success === null) {
    return null;
  }
  if (replyShape === RAW_SHAPE) {
    return `"replyShape" can't be "${RAW_SHAPE}" when there is a "success" pattern`;
  }
  // The empty alternative always matches, so the result shows how many groups there are.
  if (TAKES_A_GROUP.includes(discriminator) && new RegExp(`${success}|`).exec('')!.length === 1) {
    return `"success" has to take the ${discriminator === 'value' ? 'value' : 'id'} as a group when "discriminator" is "${discriminator}"`;
  }
  const patterns = [success, failure, queued]
    .filter((source) => source !== null)
    .map((source) => new RegExp(source, PATTERN_FLAGS));
  const unmatched = examples.findIndex((example) => !patterns.some((pattern) => pattern.test(example.trim())));
  return unmatched < 0 ? null : `"examples": none of the patterns accepts number ${unmatched + 1}`;
}

/** Of a value that should be a regular expression. */
export function patternProblem(value: unknown): string | null {
  if (typeof value !== 'string') {
    return 'has to be a regular expression (a text) or null';
  }
  if (value.length > MAX_PATTERN_CHARACTERS) {
    return `has ${value.length} characters, at most ${MAX_PATTERN_CHARACTERS} are allowed`;
  }
  try {
    new RegExp(value, 's');
    return null;
  } catch (error) {
    return `is not a regular expression: ${(error as Error).message}`;
  }
}

export function expectType(type: 'string' | 'boolean', description: string): Check {
  return (value) => (typeof value === type ? null : `has to be ${description}`);
}

export function expectWord(pattern: RegExp, description: string): Check {
  return (value) => (typeof value === 'string' && pattern.test(value) ? null : `has to be ${description}`);
}

export function orNull(check: Check): Check {
  return (value) => (value === null ? null : check(value));
}

function isTextArray(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
