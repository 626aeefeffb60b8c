import { parseArgs } from 'node:util';

export interface FuzzOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** Only this case; null: all, as long as there is time. */
  readonly only: number | null;
}

const USAGE = 'npm run fuzz -- [--minutes N | --seconds N] [--seed N] [--case N]';
const DEFAULT_SECONDS = 60;

/** Throws an Error that says how it is called. */
export function readCommandLine(args: readonly string[]): FuzzOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { minutes: text, seconds: text, seed: text, case: text } });
  const seconds = values.minutes === undefined ? number(values.seconds ?? String(DEFAULT_SECONDS)) : 60 * number(values.minutes);
  return {
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : number(values.seed),
    durationMs: seconds * 1_000,
    only: values.case === undefined ? null : number(values.case),
  };
}

function number(text: string): number {
  const value = Number(text);
  if (!(value >= 0)) {
    throw new Error(`"${text}" is not a number. ${USAGE}`);
  }
  return value;
}
