import { readCommandLine, USAGE, type CommandLine } from './command-line.js';
import { type Figure } from './figure.js';
import { describeMachine, thisMachine } from './machine.js';
import { PARTS } from './registry.js';
import { loadRun, saveRuns } from './saved-run.js';
import { summarise } from './summary.js';
import { renderTable } from './table.js';
import { Workplace } from './workplace.js';

/** Measures the parts named on the command line and prints one table. */
async function main({ parts, runs, json, compare }: CommandLine): Promise<void> {
  const before = compare === null ? null : loadRun(compare);
  const machine = thisMachine();
  const measured: Figure[][] = [];
  for (let run = 1; run <= runs; run++) {
    measured.push([]);
    for (const part of parts) {
      console.error(`run ${run} of ${runs}: ${part.name} ...`);
      measured.at(-1)!.push(...(await measureIn(part)));
      if (json !== null) {
        saveRuns(json, machine, measured);
      }
    }
  }
  console.log(`${describeMachine(machine)}\ngateway, PostgreSQL (fsync on) and load generator share them\n`);
  if (before !== null) {
    console.log(`compared with ${before.measuredAt}: ${describeMachine(before.machine)}\n`);
  }
  console.log(renderTable(summarise(measured), before?.summaries));
}

async function measureIn(part: CommandLine['parts'][number]): Promise<Figure[]> {
  const workplace = new Workplace();
  try {
    return await part.measure(workplace);
  } finally {
    workplace.remove();
  }
}

let commandLine: CommandLine | null = null;
try {
  commandLine = readCommandLine(process.argv.slice(2), PARTS);
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}
if (commandLine) {
  await main(commandLine);
}
