import { parseArgs } from 'node:util';
import { type Part } from './part.js';

export const USAGE = `npm run bench -- [part ...] [--runs N] [--json file] [--compare file]`;

export interface CommandLine {
  readonly parts: readonly Part[];
  readonly runs: number;
  /** Where to write the figures of every run. */
  readonly json: string | null;
  /** A file that --json wrote. */
  readonly compare: string | null;
}

/** Throws an Error for people when there is no such option or part. */
export function readCommandLine(args: readonly string[], known: readonly Part[]): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { runs: { type: 'string' }, json: { type: 'string' }, compare: { type: 'string' } },
  });
  const unknown = positionals.filter((name) => !known.some((part) => part.name === name));
  if (unknown.length > 0) {
    throw new Error(`There is no part ${unknown.join(', ')}. Parts: ${known.map(({ name }) => name).join(', ')}`);
  }
  const runs = Number(values.runs ?? 1);
  if (!Number.isInteger(runs) || runs < 1) {
    throw new Error('--runs takes a whole number from 1 on');
  }
  const isWanted = (part: Part): boolean => (positionals.length > 0 ? positionals.includes(part.name) : part.byDefault);
  return { parts: known.filter(isWanted), runs, json: values.json ?? null, compare: values.compare ?? null };
}
