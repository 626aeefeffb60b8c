import { readFileSync } from 'node:fs';

/** Resident memory of a process. Linux only. */
export function processResidentBytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(line?.[1]) * 1024;
}
