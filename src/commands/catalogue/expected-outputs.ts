import { requestedLevels } from './reply-discriminator.js';

/** Digital outputs by their number, on or off. An output that is missing is left as it is. */
export interface OutputStates {
  readonly 1?: boolean | undefined;
  readonly 2?: boolean | undefined;
}

/**
 * The outputs that a command in the words of setdigout switches, as records report them (AVL ids 179 and 180). Null when records can't show what
 * it does: it switches nothing, it also switches an output that no AVL id reports, or a device would not understand it. A hold time changes
 * nothing here: while it runs, the outputs are in this state.
 */
export function expectedOutputs(command: string): OutputStates | null {
  const levels = requestedLevels(command) ?? new Map<number, '0' | '1'>();
  const states: { 1?: boolean; 2?: boolean } = {};
  for (const [output, level] of levels) {
    if (output !== 1 && output !== 2) {
      return null;
    }
    states[output] = level === '1';
  }
  return levels.size === 0 ? null : states;
}
