import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { number } from './table.js';

export interface Machine {
  readonly cores: number;
  readonly model: string;
  readonly gibibytes: number;
  readonly node: string;
  /** Load of the last minute before the first run: above 0.5 other processes are using the machine. */
  readonly loadBefore: number;
}

export function thisMachine(): Machine {
  return {
    cores: availableParallelism(),
    model: cpus()[0]?.model ?? 'unknown',
    gibibytes: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    loadBefore: loadavg()[0]!,
  };
}

export function describeMachine({ cores, model, gibibytes, node, loadBefore }: Machine): string {
  return `${cores} cores of ${model}, ${gibibytes} GiB, Node.js ${node}, load before ${number(loadBefore, 1)}`;
}
