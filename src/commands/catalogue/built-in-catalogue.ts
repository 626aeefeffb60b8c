import { type CommandDefinition, completeDefinition } from './command-definition.js';
import { OUTPUT_COMMANDS } from './output-commands.js';
import { READING_COMMANDS } from './reading-commands.js';
import { SETTING_COMMANDS } from './setting-commands.js';
import { UNANSWERED_COMMANDS } from './unanswered-commands.js';

/**
 * The commands of Teltonika's public lists, with the replies that are printed there. A pattern asks for no more than what tells the
 * reply from others: firmware adds fields at the end. None has two repetitions that could share the same characters, so that a hostile reply
 * takes no longer than its length.
 */
export const BUILT_IN_CATALOGUE: readonly CommandDefinition[] = [
  ...READING_COMMANDS.map((draft) => ({ ...draft, tft100: true })),
  ...OUTPUT_COMMANDS,
  ...SETTING_COMMANDS,
  ...UNANSWERED_COMMANDS,
].map(completeDefinition);
