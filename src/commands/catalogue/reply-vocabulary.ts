import { type CommandDefinition } from './command-definition.js';

/** Words of two letters or more, and keys of any length: "C" of "C:54.66" and of "C1:". */
const WORD = /[a-z]+(?=\d*:)|[a-z]{2,}/gi;
/** `\d`, `\b` and the like in the source of a pattern. */
const ESCAPE = /\\[a-z]/gi;
/** The beginning of a reply shows whose words they are. */
const MAX_CHARACTERS = 2_000;
/** Two words in common are often a coincidence ("not supported"), three are not. */
const SURE_WORDS = 3;

/**
 * The words in which a device answers one command, taken from the examples and patterns of its definition. It recognises replies that the
 * patterns do not accept: other firmware prints other fields and values, but keeps most of the words.
 */
export class ReplyVocabulary {
  private readonly words: ReadonlySet<string>;
  private readonly firstWords: ReadonlySet<string>;

  constructor({ success, failure, queued, examples }: CommandDefinition) {
    const patterns = [success, failure, queued].map((source) => (source ?? '').replace(ESCAPE, ' '));
    this.words = new Set([...patterns, ...examples].flatMap(wordsOf));
    this.firstWords = new Set(examples.flatMap((example) => wordsOf(example).slice(0, 1)));
  }

  /**
   * Whether the reply has the look of an answer to this command. True too often rather than too seldom: then a command beside it is written
   * again, while the contrary would call a command done that was not.
   */
  resembles(reply: string): boolean {
    const words = [...new Set(wordsOf(reply))];
    const known = words.filter((word) => this.words.has(word)).length;
    return known >= SURE_WORDS || (known > 0 && 2 * known >= words.length) || this.firstWords.has(words[0] ?? '');
  }
}

function wordsOf(text: string): string[] {
  return (text.slice(0, MAX_CHARACTERS).match(WORD) ?? []).map((word) => word.toLowerCase());
}
