import { StartError } from '../../platform/errors/errors.js';
import { BUILT_IN_CATALOGUE } from './built-in-catalogue.js';
import { type CommandDefinition, type CommandDraft, completeDefinition, PATTERN_FLAGS, RAW_SHAPE } from './command-definition.js';
import { TARGET } from './command-target.js';

/** The operator's catalogue file is wrong. Found at the start, with the entry and what is wrong with it; never later. */
export class CatalogueError extends StartError {
  override readonly name = 'CatalogueError';
}

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

type Check = (value: unknown) => string | null;

/** Says for each field what it has to be, when it is not. */
const CHECKS: Readonly<Record<keyof CommandDefinition, Check>> = {
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
  tft100: expectType('boolean', 'true or false'),
  examples: (value) => (isTextArray(value) ? null : 'has to be an array of texts'),
};

/**
 * Reads the operator's catalogue file: a JSON array of definitions. Only `command` has to be there. The operator is trusted: whether a
 * pattern takes too long for some hostile reply is not looked into.
 */
export function parseOperatorEntries(json: string, source: string): CommandDefinition[] {
  const entries = parseArray(json, source);
  const seen = new Set<string>();
  return entries.map((entry, index) => {
    const fail = (problem: string): never => {
      throw new CatalogueError(`${source}: entry ${index + 1}${nameOf(entry)}: ${problem}`);
    };
    const definition = completeDefinition(withBuiltInTarget(readDraft(entry, fail)));
    const problem = definitionProblem(definition);
    if (problem !== null) {
      return fail(problem);
    }
    if (seen.has(definition.command)) {
      return fail('this command stands in the file twice');
    }
    seen.add(definition.command);
    return definition;
  });
}

function parseArray(json: string, source: string): unknown[] {
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch (cause) {
    throw new CatalogueError(`${source}: not JSON: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(content)) {
    throw new CatalogueError(`${source}: has to be an array of command definitions`);
  }
  return content;
}

/** An entry of which every field is one that we know, and of the right type. */
function readDraft(entry: unknown, fail: (problem: string) => never): CommandDraft {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return fail('has to be an object');
  }
  if (!('command' in entry)) {
    return fail('"command" is missing');
  }
  for (const [field, value] of Object.entries(entry)) {
    if (!isField(field)) {
      return fail(`unknown field ${JSON.stringify(field)}`);
    }
    const problem = CHECKS[field](value);
    if (problem !== null) {
      return fail(`"${field}" ${problem}`);
    }
  }
  return entry as CommandDraft;
}

/** An entry that replaces a built-in command still changes the same thing, unless it says otherwise. */
function withBuiltInTarget(draft: CommandDraft): CommandDraft {
  const builtIn = BUILT_IN_CATALOGUE.find(({ command }) => command === draft.command);
  return builtIn === undefined || draft.target !== undefined ? draft : { ...draft, target: builtIn.target };
}

function isField(name: string): name is keyof CommandDefinition {
  return Object.hasOwn(CHECKS, name);
}

/** What only the fields together can show. */
function definitionProblem(definition: CommandDefinition): string | null {
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

function nameOf(entry: unknown): string {
  const command: unknown = typeof entry === 'object' && entry !== null && 'command' in entry ? entry.command : undefined;
  return typeof command === 'string' ? ` (${JSON.stringify(command)})` : '';
}

function patternProblem(value: unknown): string | null {
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

function expectType(type: 'string' | 'boolean', description: string): Check {
  return (value) => (typeof value === type ? null : `has to be ${description}`);
}

function expectWord(pattern: RegExp, description: string): Check {
  return (value) => (typeof value === 'string' && pattern.test(value) ? null : `has to be ${description}`);
}

function orNull(check: Check): Check {
  return (value) => (value === null ? null : check(value));
}

function isTextArray(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
