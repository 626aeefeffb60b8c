import { type Guard } from '../guards/guard.js';

/** How an operator writes an entry too: the built-in catalogue and COMMAND_CATALOGUE_FILE have this one format. */
export interface CommandDefinition {
  /** The first word, case-sensitive: "setdigout"; "odoset" for "odoset:5000". */
  readonly command: string;
  readonly syntax: string;
  readonly notes: string | null;
  /** What it does to the vehicle or the device; null when harmless. */
  readonly destructive: string | null;
  /** The device says nothing, or can't be relied on to say something, when it has done it. Written once, never again. */
  readonly silent: boolean;
  /** Commands whose replies cannot be distinguished share one. */
  readonly replyShape: string;
  /**
   * Regular expressions, as source, matched against the reply without the blanks around it. They ignore case, and "." takes line ends too. Without
   * `success` no reply is known, and the command is treated like one that is not in the catalogue.
   */
  readonly success: string | null;
  readonly failure: string | null;
  /** Accepted, but not done yet. */
  readonly queued: string | null;
  /**
   * What of the command the reply repeats. `id`: what the pattern's first group took is an id that the command names.
   * `outputs`: the states of digital outputs, in the words of setdigout. `settings`: the `<id>:<value>` pairs; the pattern's first group is the
   * first id, and its value begins where the match ends. `value`: the pattern's first group is the command's argument.
   */
  readonly discriminator: 'none' | 'id' | 'outputs' | 'settings' | 'value';
  /** It may be answered with no text at all. */
  readonly emptyReply: boolean;
  /**
   * What the command sets, in the form that `targetsOf` describes: "outputs", "params", or a name. A newer command with a target in common
   * replaces this one. Null when no later command can contradict it.
   */
  readonly target: string | null;
  /** Conditions for every write of such a command. */
  readonly guard: Guard | null;
  /** In Teltonika's list for the TFT100. */
  readonly tft100: boolean;
  /** Replies as devices give them, of every kind. */
  readonly examples: readonly string[];
}

/** All that has to be written of a definition; what is left out is what most commands have. */
export type CommandDraft = Pick<CommandDefinition, 'command'> & Partial<CommandDefinition>;

/** Of every pattern, the operator's too: firmware differs in case, and a reply may have several lines. */
export const PATTERN_FLAGS = 'is';
/** The slot of all commands whose replies are not known. */
export const RAW_SHAPE = 'raw';
/** readio, getparam and the older setparam all answer "Param ID:n Value:v". */
export const PARAM_SHAPE = 'param';
/**
 * How devices of any platform refuse a parameter id, or a value. The apostrophe may be a typographic one, which is up to three characters
 * when its bytes are read one by one.
 */
export const PARAM_FAILURE = String.raw`^Param ID:\s*(\d+) doesn.{0,3}t exist|^WARNING:\s*Not supported Param ID or Value detected|^Invalid parameter id provided`;

export function completeDefinition(draft: CommandDraft): CommandDefinition {
  return {
    syntax: draft.command,
    notes: null,
    destructive: null,
    silent: false,
    replyShape: (draft.success ?? null) === null ? RAW_SHAPE : draft.command,
    success: null,
    failure: null,
    queued: null,
    discriminator: 'none',
    emptyReply: false,
    target: draft.discriminator === 'outputs' ? 'outputs' : null,
    guard: null,
    tft100: false,
    examples: [],
    ...draft,
  };
}
