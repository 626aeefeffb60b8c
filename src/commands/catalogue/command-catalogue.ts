import { BUILT_IN_CATALOGUE } from './built-in-catalogue.js';
import { type CommandDefinition, RAW_SHAPE } from './command-definition.js';
import { targetsOf } from './command-target.js';
import { parseOperatorEntries } from './operator-entries.js';
import { mayRefuseIds, mayRefuseOutputs, repeatsIds, repeatsOutputs } from './reply-discriminator.js';

// Users of the catalogue need not know in which file its words are kept.
export { CatalogueError } from './catalogue-error.js';
export { RAW_SHAPE } from './command-definition.js';

/** What a reply is to a command. `postponed`: the device accepted it and will do it later; `unrelated`: not an answer to this one. */
export type ReplyVerdict = 'completed' | 'rejected' | 'postponed' | 'unrelated';

interface Entry {
  readonly definition: CommandDefinition;
  readonly success: RegExp | null;
  readonly failure: RegExp | null;
  readonly queued: RegExp | null;
}

const LAST_BLANK = 0x20;

/** What is known about commands, and so about which replies can be theirs. A command it does not know is called raw. */
export class CommandCatalogue {
  private readonly entries: ReadonlyMap<string, Entry>;

  /** Of two definitions of one command the later one counts. */
  constructor(definitions: readonly CommandDefinition[]) {
    this.entries = new Map(definitions.map((definition) => [definition.command, compile(definition)]));
  }

  /**
   * The built-in commands, and those of the operator's file, which replace the ones of the same name.
   * @param source the file's name, for messages.
   * @throws CatalogueError naming the entry and what is wrong with it.
   */
  static withOperatorEntries(json: string, source: string): CommandCatalogue {
    return new CommandCatalogue([...BUILT_IN_CATALOGUE, ...parseOperatorEntries(json, source)]);
  }

  get definitions(): readonly CommandDefinition[] {
    return [...this.entries.values()].map((entry) => entry.definition);
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

  /**
   * What the reply is to the command. Any words at all complete a raw command, and they never reject it: no text is known that says
   * "failed" on every device. Whether another command has a better claim on them is for matchReply to say.
   */
  judge(text: string, reply: string): ReplyVerdict {
    const words = trimReply(reply);
    if (words === '') {
      return 'unrelated';
    }
    const entry = this.findEntry(text);
    if (entry === null) {
      return 'completed';
    }
    const { discriminator, silent } = entry.definition;
    if (refuses(entry.failure, discriminator, text, words)) {
      return 'rejected';
    }
    if (accepts(entry.queued, discriminator, text, words)) {
      return 'postponed';
    }
    if (entry.success === null) {
      // A silent command that went well says nothing, so words that are not its failure belong to something else.
      return silent ? 'unrelated' : 'completed';
    }
    return accepts(entry.success, discriminator, text, words) ? 'completed' : 'unrelated';
  }

  private findEntry(text: string): Entry | null {
    const [word = ''] = text.trim().split(/\s/, 1);
    const entry = this.entries.get(word);
    if (entry !== undefined) {
      return entry;
    }
    const [name = ''] = word.split(':', 1);
    const candidate = this.entries.get(name);
    return candidate?.definition.syntax.startsWith(`${name}:`) ? candidate : null;
  }
}

function compile(definition: CommandDefinition): Entry {
  const pattern = (source: string | null) => (source === null ? null : new RegExp(source, 's'));
  return {
    definition,
    success: pattern(definition.success),
    failure: pattern(definition.failure),
    queued: pattern(definition.queued),
  };
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
  }
}

function refuses(pattern: RegExp | null, discriminator: Discriminator, command: string, reply: string): boolean {
  const match = pattern?.exec(reply);
  if (!match) {
    return false;
  }
  switch (discriminator) {
    case 'none':
      return true;
    case 'id':
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
function trimReply(reply: string): string {
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
