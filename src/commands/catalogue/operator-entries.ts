import { readCataloguedGuard } from '../guards/catalogued-guard.js';
import { StartError } from '../../platform/errors/errors.js';
import { isObject } from './action-checks.js';
import { type Action } from './action-definition.js';
import { BUILT_IN_CATALOGUE } from './built-in-catalogue.js';
import { type CommandDefinition, type CommandDraft, completeDefinition } from './command-definition.js';
import { DEFINITION_CHECKS, definitionProblem } from './definition-checks.js';
import { readAction } from './operator-actions.js';
import { OUTPUT_ACTIONS } from './output-actions.js';

/** The operator's catalogue file is wrong. Found at the start, with the entry and what is wrong with it; never later. */
export class CatalogueError extends StartError {
  override readonly name = 'CatalogueError';
}

/** What the operator's file adds to the built-in catalogue. */
export interface OperatorEntries {
  readonly definitions: readonly CommandDefinition[];
  readonly actions: readonly Action[];
}

/** An element of the file, and how to end the start because of it. */
interface FileEntry {
  readonly content: unknown;
  readonly fail: (problem: string, path?: string) => never;
}

/**
 * Reads the operator's catalogue file: a JSON array of commands, which have `command`, and actions, which have `action`. The operator is trusted:
 * whether a pattern takes too long for some hostile reply is not looked into.
 * @throws CatalogueError
 */
export function parseOperatorEntries(json: string, source: string): OperatorEntries {
  const entries = parseArray(json, source).map((content, index): FileEntry => {
    const place = `${source}: entry ${index + 1}${nameOf(content)}`;
    return {
      content,
      fail: (problem, path) => {
        throw new CatalogueError(`${place}: ${path === undefined ? '' : `$[${index}]${path} `}${problem}`);
      },
    };
  });
  const definitions = readDefinitions(entries.filter(({ content }) => !isAction(content)));
  const actions = readActions(
    entries.filter(({ content }) => isAction(content)),
    definitions,
  );
  return { definitions, actions };
}

function readDefinitions(entries: readonly FileEntry[]): CommandDefinition[] {
  const seen = new Set<string>();
  return entries.map(({ content, fail }) => {
    const definition = completeDefinition(withBuiltIn(readDraft(content, fail)));
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

function readActions(entries: readonly FileEntry[], definitions: readonly CommandDefinition[]): Action[] {
  const find = (word: string): CommandDefinition | undefined =>
    [...definitions, ...BUILT_IN_CATALOGUE].find(({ command }) => command === word);
  const seen = new Set<string>();
  const actions = entries.map(({ content, fail }) => {
    const action = readAction(content as Readonly<Record<string, unknown>>, find, (path, problem) => fail(problem, path));
    if (seen.has(action.name)) {
      return fail('this action stands in the file twice', '.action');
    }
    seen.add(action.name);
    return action;
  });
  const known = [...actions, ...OUTPUT_ACTIONS].map(({ name }) => name);
  actions.forEach(({ replaces }, index) => {
    const unknown = replaces.findIndex((name) => !known.includes(name));
    if (unknown >= 0) {
      entries[index]!.fail(`is not the name of an action; known are: ${known.join(', ')}`, `.replaces[${unknown}]`);
    }
  });
  return actions;
}

function parseArray(json: string, source: string): unknown[] {
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch (cause) {
    throw new CatalogueError(`${source}: not JSON: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(content)) {
    throw new CatalogueError(`${source}: has to be an array of command definitions and actions`);
  }
  return content;
}

function isAction(content: unknown): boolean {
  return isObject(content) && 'action' in content;
}

/** What an entry says about the replies to its command. */
const REPLY_FIELDS = ['success', 'failure', 'queued', 'silent', 'replyShape', 'discriminator', 'emptyReply'] as const;

/** An entry of which every field is one that we know, and of the right type. */
function readDraft(entry: unknown, fail: FileEntry['fail']): CommandDraft {
  if (!isObject(entry)) {
    return fail('has to be an object');
  }
  if (!('command' in entry)) {
    return fail('"command" is missing, or "action"');
  }
  for (const [field, value] of Object.entries(entry)) {
    if (!isField(field)) {
      return fail(`unknown field ${JSON.stringify(field)}`);
    }
    const problem = DEFINITION_CHECKS[field](value);
    if (problem !== null) {
      return fail(`"${field}" ${problem}`);
    }
  }
  const { guard = null, ...draft } = entry as CommandDraft;
  return { ...draft, guard: readCataloguedGuard(guard) };
}

/**
 * An entry that replaces a built-in command still changes the same thing, unless it says otherwise. One that says nothing about replies (it only adds a guard, for
 * example) keeps those of the built-in command: without them any words would complete it.
 */
function withBuiltIn(draft: CommandDraft): CommandDraft {
  const builtIn = BUILT_IN_CATALOGUE.find(({ command }) => command === draft.command);
  if (builtIn === undefined) {
    return draft;
  }
  const isAboutReplies = REPLY_FIELDS.some((field) => draft[field] !== undefined);
  return isAboutReplies ? { target: builtIn.target, ...draft } : { ...builtIn, ...draft };
}

function isField(name: string): name is keyof CommandDefinition {
  return Object.hasOwn(DEFINITION_CHECKS, name);
}

function nameOf(entry: unknown): string {
  const name = isObject(entry) ? (entry.action ?? entry.command) : undefined;
  return typeof name === 'string' ? ` (${JSON.stringify(name)})` : '';
}
