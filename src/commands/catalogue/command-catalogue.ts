import { type Action } from './action-definition.js';
import { BUILT_IN_CATALOGUE, isKnownRefusal, isNamelessRefusal } from './built-in-catalogue.js';
import { type CommandDefinition, PATTERN_FLAGS, RAW_SHAPE } from './command-definition.js';
import { targetsOf } from './command-target.js';
import { expectedOutputs, type OutputStates } from './expected-outputs.js';
import { parseOperatorEntries } from './operator-entries.js';
import { OUTPUT_ACTIONS } from './output-actions.js';
import {
  mayRefuseIds,
  mayRefuseOutputs,
  repeatsIds,
  repeatsOutputs,
  repeatsSettings,
  repeatsValue,
} from './reply-discriminator.js';
import { ReplyVocabulary } from './reply-vocabulary.js';

// Users of the catalogue need not know in which file its words are kept.
export { CatalogueError } from './operator-entries.js';
export { RAW_SHAPE } from './command-definition.js';

/** What a reply is to a command. `postponed`: the device accepted it and will do it later; `unrelated`: not an answer to this one. */
export type ReplyVerdict = 'completed' | 'rejected' | 'postponed' | 'unrelated';

/**
 * How much is known of a command's replies. `catalogued`: its success has a pattern. `silent`: it says nothing when it succeeds. `raw`: any
 * words may be its answer.
 */
export type CommandKind = 'catalogued' | 'silent' | 'raw';

interface MatchResult {
  readonly verdict: ReplyVerdict;
  /** A pattern of this command accepts the words. Otherwise they are words that any command could get. */
  readonly isOwn: boolean;
}

interface Entry {
  readonly definition: CommandDefinition;
  readonly vocabulary: ReplyVocabulary;
  readonly success: RegExp | null;
  readonly failure: RegExp | null;
  readonly queued: RegExp | null;
}

/** A device answers a text, not an action: the replies of an action are those of every command whose text it could have made. */
interface ActionEntry extends Entry {
  readonly textPattern: RegExp;
}

const LAST_BLANK = 0x20;

/** What is known about commands, and so about which replies can be theirs. A command it does not know is called raw. */
export class CommandCatalogue {
  private readonly entries: ReadonlyMap<string, Entry>;
  private readonly actionsByName: ReadonlyMap<string, Action>;
  /** Actions with replies of their own, by the first word of their text. */
  private readonly actionEntries: ReadonlyMap<string, readonly ActionEntry[]>;

  /** Of two definitions of one command, or of one action, the later one counts. */
  constructor(definitions: readonly CommandDefinition[], actions: readonly Action[] = OUTPUT_ACTIONS) {
    this.entries = new Map(definitions.map((definition) => [definition.command, compile(definition)]));
    this.actionsByName = new Map(actions.map((action) => [action.name, action]));
    const entries = [...this.actionsByName.values()].flatMap(({ reply, textPattern }) =>
      reply === null ? [] : [{ ...compile(reply), textPattern }],
    );
    const words = new Set(entries.map(({ definition }) => definition.command));
    this.actionEntries = new Map(
      [...words].map((word) => [word, entries.filter(({ definition }) => definition.command === word)]),
    );
  }

  /**
   * The built-in commands and actions, and those of the operator's file, which replace the ones of the same name.
   * @param source the file's name, for messages.
   * @throws CatalogueError naming the entry and what is wrong with it.
   */
  static withOperatorEntries(json: string, source: string): CommandCatalogue {
    const { definitions, actions } = parseOperatorEntries(json, source);
    return new CommandCatalogue([...BUILT_IN_CATALOGUE, ...definitions], [...OUTPUT_ACTIONS, ...actions]);
  }

  get definitions(): readonly CommandDefinition[] {
    return [...this.entries.values()].map((entry) => entry.definition);
  }

  get actions(): readonly Action[] {
    return [...this.actionsByName.values()];
  }

  findAction(name: string): Action | null {
    return this.actionsByName.get(name) ?? null;
  }

  /** How a device answers the action: as the action says, or as its command is answered. Null when that is not known. */
  definitionOf({ reply, template }: Action): CommandDefinition | null {
    return reply ?? this.entries.get(template.firstWord ?? '')?.definition ?? null;
  }

  /** By the first word. A colon ends it too, where the command's syntax has one there ("odoset:5000"). */
  find(text: string): CommandDefinition | null {
    return this.findEntry(text)?.definition ?? null;
  }

  shapeOf(text: string): string {
    const definition = this.find(text);
    return definition === null || definition.success === null ? RAW_SHAPE : definition.replyShape;
  }

  isSilent(text: string): boolean {
    return this.find(text)?.silent ?? false;
  }

  /**
   * What the command changes, for example `output:1` or `param:2004`. Two commands with a target in common contradict each other: the newer
   * one counts. Empty when no later command can contradict it.
   */
  targetsOf(text: string): readonly string[] {
    return targetsOf(text, this.find(text)?.target ?? null);
  }

  /** The digital outputs that the command switches, if records can show them: null for all other commands. */
  expectedOutputs(text: string): OutputStates | null {
    return this.find(text)?.discriminator === 'outputs' ? expectedOutputs(text) : null;
  }

  kindOf(text: string): CommandKind {
    const definition = this.find(text);
    if (definition?.silent === true) {
      return 'silent';
    }
    return (definition?.success ?? null) === null ? 'raw' : 'catalogued';
  }

  /** Whether no text at all can be an answer to the command: always when nothing is known of it. */
  mayAnswerEmpty(text: string): boolean {
    return this.kindOf(text) === 'raw' || (this.find(text)?.emptyReply ?? false);
  }

  /** Whether the reply looks like an answer to the command, though none of its patterns need accept it. */
  resembles(text: string, reply: string): boolean {
    return this.findEntry(text)?.vocabulary.resembles(reply) ?? false;
  }

  /** Whether a pattern of any command accepts the words, whatever id, state or value they name. */
  isKnownReply(reply: string): boolean {
    const words = trimReply(reply);
    return [...this.entries.values(), ...[...this.actionEntries.values()].flat()].some(({ success, failure, queued }) =>
      [success, failure, queued].some((pattern) => pattern?.test(words)),
    );
  }

  judge(text: string, reply: string): ReplyVerdict {
    return this.weigh(text, reply).verdict;
  }

  /**
   * What the reply is to the command, looked at alone: whether another command has a better claim on it is for matchReply to say. Any words
   * complete a raw command unless they are a known refusal.
   */
  weigh(text: string, reply: string): MatchResult {
    const words = trimReply(reply);
    const entry = this.findEntry(text);
    if (words === '') {
      return { verdict: this.mayAnswerEmpty(text) ? 'completed' : 'unrelated', isOwn: false };
    }
    const verdict = entry === null ? 'unrelated' : judgeByPatterns(entry, text, words);
    if (verdict !== 'unrelated') {
      return { verdict, isOwn: true };
    }
    if (this.kindOf(text) === 'raw') {
      return { verdict: isKnownRefusal(words) ? 'rejected' : 'completed', isOwn: false };
    }
    return { verdict: isNamelessRefusal(words) ? 'rejected' : 'unrelated', isOwn: false };
  }

  private findEntry(text: string): Entry | null {
    const [word = ''] = text.trim().split(/\s/, 1);
    const entry = this.findActionEntry(text.trim()) ?? this.entries.get(word);
    if (entry !== undefined) {
      return entry;
    }
    const [name = ''] = word.split(':', 1);
    const candidate = this.entries.get(name);
    return candidate?.definition.syntax.startsWith(`${name}:`) ? candidate : null;
  }

  private findActionEntry(text: string): Entry | undefined {
    if (this.actionEntries.size === 0) {
      return undefined;
    }
    const [word = ''] = text.split(/[\s:]/, 1);
    return this.actionEntries.get(word)?.find(({ textPattern }) => textPattern.test(text));
  }
}

function compile(definition: CommandDefinition): Entry {
  const pattern = (source: string | null) => (source === null ? null : new RegExp(source, PATTERN_FLAGS));
  return {
    definition,
    vocabulary: new ReplyVocabulary(definition),
    success: pattern(definition.success),
    failure: pattern(definition.failure),
    queued: pattern(definition.queued),
  };
}

function judgeByPatterns({ definition, success, failure, queued }: Entry, text: string, words: string): ReplyVerdict {
  if (refuses(failure, definition.discriminator, text, words)) {
    return 'rejected';
  }
  if (accepts(queued, definition.discriminator, text, words)) {
    return 'postponed';
  }
  return accepts(success, definition.discriminator, text, words) ? 'completed' : 'unrelated';
}

type Discriminator = CommandDefinition['discriminator'];

function accepts(pattern: RegExp | null, discriminator: Discriminator, command: string, reply: string): boolean {
  const match = pattern?.exec(reply);
  if (!match) {
    return false;
  }
  switch (discriminator) {
    case 'none':
      return true;
    case 'id':
      return repeatsIds(command, reply, firstGroup(match));
    case 'outputs':
      return repeatsOutputs(command, reply);
    case 'settings':
      return repeatsSettings(command, firstGroup(match), reply.slice(match.index + match[0].length));
    case 'value':
      return repeatsValue(command, firstGroup(match));
  }
}

function refuses(pattern: RegExp | null, discriminator: Discriminator, command: string, reply: string): boolean {
  const match = pattern?.exec(reply);
  if (!match) {
    return false;
  }
  switch (discriminator) {
    case 'none':
    case 'value':
      return true;
    case 'id':
    case 'settings':
      return mayRefuseIds(command, firstGroup(match));
    case 'outputs':
      return mayRefuseOutputs(command, reply);
  }
}

/** The first group that took part: alternatives have one each. */
function firstGroup(match: RegExpExecArray): string | undefined {
  return match.slice(1).find((group: string | undefined) => group !== undefined);
}

/** Without blanks, line ends and NUL around it. Not a pattern: one for the end of a text walks every run of blanks again and again. */
export function trimReply(reply: string): string {
  let start = 0;
  let end = reply.length;
  while (start < end && reply.charCodeAt(start) <= LAST_BLANK) {
    start++;
  }
  while (end > start && reply.charCodeAt(end - 1) <= LAST_BLANK) {
    end--;
  }
  return reply.slice(start, end);
}
