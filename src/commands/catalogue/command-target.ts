import { requestedOutputs } from './reply-discriminator.js';
import { parseSettings } from './command-settings.js';

/** The forms a definition's `target` can have. */
export const TARGET = /^[a-z][\w-]{0,39}(?::\{1\})?$/;
const FIRST_ARGUMENT = '{1}';

/**
 * What a command changes, by its definition's `target`:
 *
 * - `outputs`: the outputs that its first argument sets to 0 or 1, each as `output:<n>`. Outputs left alone ("?") are not among them.
 * - `params`: the ids of its `<id>:<value>` pairs, each as `param:<id>`.
 * - a name: that name. `{1}` stands for the command's first argument: "limit:{1}" of "scsetspdlim 2 25" is `limit:2`.
 *
 * Two commands with a target in common contradict each other, whatever their names are. A command that asks for no change, or in words
 * that no device would understand, has no targets.
 */
export function targetsOf(command: string, target: string | null): readonly string[] {
  switch (target) {
    case null:
      return [];
    case 'outputs':
      return requestedOutputs(command).map((output) => `output:${output}`);
    case 'params':
      return [...parseSettings(command).keys()].map((id) => `param:${id}`);
    default:
      return namedTarget(command, target);
  }
}

function namedTarget(command: string, target: string): readonly string[] {
  if (!target.endsWith(FIRST_ARGUMENT)) {
    return [target];
  }
  const argument = command.trim().split(/[\s:]+/)[1];
  return argument === undefined ? [] : [target.replace(FIRST_ARGUMENT, argument)];
}
