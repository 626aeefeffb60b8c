import { type CommandDefinition, completeDefinition, PATTERN_FLAGS } from './command-definition.js';
import { OUTPUT_COMMANDS } from './output-commands.js';
import { READING_COMMANDS } from './reading-commands.js';
import { SETTING_COMMANDS } from './setting-commands.js';
import { UNANSWERED_COMMANDS } from './unanswered-commands.js';

/**
 * The commands of Teltonika's public lists, with the replies that are printed there. A pattern requires no more than what distinguishes
 * the reply from others: firmware adds fields at the end. None has two repetitions that could share the same characters, so that a hostile reply
 * takes no longer than its length.
 */
export const BUILT_IN_CATALOGUE: readonly CommandDefinition[] = [
  ...READING_COMMANDS.map((draft) => ({ ...draft, tft100: true })),
  ...OUTPUT_COMMANDS,
  ...SETTING_COMMANDS,
  ...UNANSWERED_COMMANDS,
].map(completeDefinition);

/**
 * Refusals that name neither a command nor a thing, so that any command can have got them. Teltonika prints the first for commands that the
 * firmware does not have, the others for missing or wrong arguments.
 */
const NAMELESS = /^(?:Unknown command|Invalid format|Bad syntax|Arguments required|Invalid argument)/i;

const PRINTED = BUILT_IN_CATALOGUE.flatMap(({ failure }) => (failure === null ? [] : [new RegExp(failure, PATTERN_FLAGS)]));

/** Whether the text refuses a command without a word about which. */
export function isNamelessRefusal(reply: string): boolean {
  return NAMELESS.test(reply);
}

/** Whether Teltonika prints the text as a refusal of any command: then it refuses a command of which nothing is known, too. */
export function isKnownRefusal(reply: string): boolean {
  return NAMELESS.test(reply) || PRINTED.some((pattern) => pattern.test(reply));
}
