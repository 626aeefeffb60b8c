import { BUILT_IN_CATALOGUE } from './built-in-catalogue.js';
import { PATTERN_FLAGS } from './command-definition.js';

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
