import { type LevelRequest } from '../vehicle/digital-output.js';

/** The request of `setdigout` for one output. Null: the output is not changed. */
export type OutputRequest = LevelRequest | null;

export type SetdigoutParse =
  { readonly requests: readonly OutputRequest[] } | { readonly error: 'Arguments required' | 'Bad syntax' };

const STATES = /^[01?]{1,2}$/;
const NUMBER = /^(?:\?|\d{1,6})$/;

/**
 * Reads the arguments of `setdigout <states> [Y1] [Y2] [Z1] [Z2]` (Teltonika wiki, "setdigout"): one state for each output, then
 * as many hold times as there are states, then as many speed limits. "?" omits a state or a value.
 */
export function parseSetdigout(args: readonly string[]): SetdigoutParse {
  const [states, ...numbers] = args;
  if (states === undefined) {
    return { error: 'Arguments required' };
  }
  const outputs = states.length;
  if (!STATES.test(states) || numbers.length > 2 * outputs || !numbers.every((text) => NUMBER.test(text))) {
    return { error: 'Bad syntax' };
  }
  const requests = [...states].map((state, output): OutputRequest => {
    if (state === '?') {
      return null;
    }
    const timeoutS = parseNumber(numbers[output]);
    return {
      level: state === '1' ? 1 : 0,
      timeoutS: timeoutS === 0 ? null : timeoutS,
      maxSpeedKmh: parseNumber(numbers[outputs + output]),
    };
  });
  return { requests };
}

function parseNumber(text: string | undefined): number | null {
  return text === undefined || text === '?' ? null : Number(text);
}
