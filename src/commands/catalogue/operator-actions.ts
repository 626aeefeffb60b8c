import { fieldProblem, type FieldProblem, guardProblem, nullableText, paramsProblem } from './action-checks.js';
import { Action, type ActionDraft } from './action-definition.js';
import { referredParam } from './action-guard.js';
import { ActionTemplate, TemplateError } from './action-template.js';
import { type CommandDefinition, completeDefinition, RAW_SHAPE } from './command-definition.js';
import { type Check, DEFINITION_CHECKS, definitionProblem, expectType, expectWord } from './definition-checks.js';

/** Ends the start. `path` is the place within the entry. */
export type Fail = (path: string, problem: string) => never;

const ACTION_NAME = /^[A-Za-z][\w-]{0,39}$/;

/** What an action can say about its replies, as the entry of a command does. */
const REPLY_FIELDS = [
  'success',
  'failure',
  'queued',
  'silent',
  'replyShape',
  'discriminator',
  'emptyReply',
  'target',
  'destructive',
  'examples',
] as const satisfies readonly (keyof CommandDefinition)[];

const CHECKS: Readonly<Record<string, Check>> = {
  action: expectWord(ACTION_NAME, 'a word of at most 40 letters, digits, "-" and "_", the first one a letter'),
  template: expectType('string', 'a text'),
  description: nullableText,
  params: () => null,
  guard: () => null,
  replaces: (value) =>
    Array.isArray(value) && value.every((name) => typeof name === 'string') ? null : 'has to be an array of names of actions',
  urgent: expectType('boolean', 'true or false'),
  ...Object.fromEntries(REPLY_FIELDS.map((field) => [field, DEFINITION_CHECKS[field]])),
};

type Entry = Readonly<ActionDraft & Partial<CommandDefinition>>;

/**
 * Reads one action of the operator's file.
 * @param find the definition of a command by its word.
 */
export function readAction(
  entry: Readonly<Record<string, unknown>>,
  find: (word: string) => CommandDefinition | undefined,
  fail: Fail,
): Action {
  const draft = readDraft(entry, fail);
  const template = readTemplate(draft, fail);
  const word = template.firstWord;
  if (word === null) {
    return fail('.template', 'has to begin with a word that has no parameter in it');
  }
  requireKnownParams(draft, template, fail);
  return new Action(draft, readReply(draft, word, find(word), fail));
}

function readDraft(entry: Readonly<Record<string, unknown>>, fail: Fail): Entry {
  failOn(fieldProblem(entry, CHECKS), fail);
  if (entry.template === undefined) {
    return fail('', '"template" is missing');
  }
  const draft = entry as unknown as Entry;
  failOn(within('.params', paramsProblem(entry.params ?? {})), fail);
  if (entry.guard !== undefined && entry.guard !== null) {
    failOn(within('.guard', guardProblem(entry.guard, draft.params ?? {})), fail);
  }
  return draft;
}

function readTemplate({ template }: Entry, fail: Fail): ActionTemplate {
  try {
    return new ActionTemplate(template);
  } catch (error) {
    if (error instanceof TemplateError) {
      return fail('.template', error.message);
    }
    throw error;
  }
}

/** A parameter that nothing uses is more likely a misspelt one. */
function requireKnownParams({ params = {}, guard }: Entry, { names }: ActionTemplate, fail: Fail): void {
  const unknown = names.find((name) => !Object.hasOwn(params, name));
  if (unknown !== undefined) {
    fail('.template', `has {${unknown}}, which is not among "params"`);
  }
  const inGuard = Object.values(guard ?? {}).map(referredParam);
  const unused = Object.keys(params).find((name) => !names.includes(name) && !inGuard.includes(name));
  if (unused !== undefined) {
    fail(`.params.${unused}`, 'is used neither in "template" nor in "guard"');
  }
}

/** Null when the action says nothing about its replies: they are those of its command. */
function readReply(entry: Entry, word: string, command: CommandDefinition | undefined, fail: Fail): CommandDefinition | null {
  const own = Object.fromEntries(REPLY_FIELDS.flatMap((field) => (entry[field] === undefined ? [] : [[field, entry[field]]])));
  if (Object.keys(own).length === 0) {
    return null;
  }
  if (own.target !== undefined && (command?.target ?? null) !== null) {
    // Its own would take the place of the outputs or parameters that the text sets.
    fail('.target', `must be left out: the catalogue knows what ${JSON.stringify(word)} sets`);
  }
  const reply = withOwnReply(command ?? completeDefinition({ command: word }), own);
  const problem = definitionProblem(reply);
  return problem === null ? reply : fail('', problem);
}

/** Examples and discriminator of the command are about its own pattern. */
function withOwnReply(command: CommandDefinition, own: Partial<CommandDefinition>): CommandDefinition {
  if ((own.success ?? null) === null) {
    return { ...command, ...own };
  }
  const replyShape = command.replyShape === RAW_SHAPE ? command.command : command.replyShape;
  return { ...command, replyShape, examples: [], discriminator: 'none', ...own };
}

function within(path: string, found: FieldProblem | null): FieldProblem | null {
  return found === null ? null : { path: path + found.path, problem: found.problem };
}

function failOn(found: FieldProblem | null, fail: Fail): void {
  if (found !== null) {
    fail(found.path, found.problem);
  }
}
