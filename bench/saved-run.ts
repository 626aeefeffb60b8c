import { readFileSync, writeFileSync } from 'node:fs';
import { type Figure } from './figure.js';
import { type Machine } from './machine.js';
import { summarise, type Summary } from './summary.js';

export interface SavedRun {
  readonly measuredAt: string;
  readonly machine: Machine;
  readonly summaries: readonly Summary[];
  readonly runs: readonly (readonly Figure[])[];
}

/** Called after each run: what was measured is there also when a later one fails. */
export function saveRuns(file: string, machine: Machine, runs: readonly (readonly Figure[])[]): void {
  const saved: SavedRun = { measuredAt: new Date().toISOString(), machine, summaries: summarise(runs), runs };
  writeFileSync(file, `${JSON.stringify(saved, null, 2)}\n`);
}

export function loadRun(file: string): SavedRun {
  return JSON.parse(readFileSync(file, 'utf8')) as SavedRun;
}
