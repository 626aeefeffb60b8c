import { setTimeout as delay } from 'node:timers/promises';

/** Calls `step` evenly at a rate per second, for a duration. Calls that a late timer has missed are made at once. */
export async function pace(perSecond: number, durationMs: number, step: () => void): Promise<void> {
  const startedAt = performance.now();
  const steps = Math.round((perSecond * durationMs) / 1000);
  for (let done = 0; done < steps;) {
    const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1000) + 1;
    for (; done < Math.min(due, steps); done++) {
      step();
    }
    await delay(1);
  }
}
