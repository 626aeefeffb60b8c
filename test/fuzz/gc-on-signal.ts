import { readdirSync } from 'node:fs';

/** Loaded into the gateway ahead of it (`node --expose-gc --import`): at SIGUSR2 it collects its garbage and says what it still holds. */
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const vitals = { heapBytes: heapUsed, externalBytes: external, residentBytes: rss, files: openFiles() };
  process.stdout.write(`VITALS ${JSON.stringify(vitals)}\n`);
});

/** 0 where the system does not report it. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
