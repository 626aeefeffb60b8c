import { Injectable } from '@nestjs/common';

export type StatsSection = Readonly<Record<string, unknown>>;

/** Features put their figures here under a name of their own; GET stats shows them all. */
@Injectable()
export class StatsRegistry {
  private readonly sections = new Map<string, () => StatsSection>();

  register(name: string, read: () => StatsSection): void {
    this.sections.set(name, read);
  }

  read(): Record<string, StatsSection> {
    return Object.fromEntries([...this.sections].map(([name, read]) => [name, read()]));
  }
}

/** Features that must work for the gateway to be ready register here; `/readyz` asks all of them. */
@Injectable()
export class ReadinessChecks {
  private readonly checks = new Map<string, () => string | null>();

  /** @param check returns why it does not work, or null. */
  register(name: string, check: () => string | null): void {
    this.checks.set(name, check);
  }

  /** By name, why it does not work, or null. */
  run(): [name: string, problem: string | null][] {
    return [...this.checks].map(([name, check]) => [name, check()]);
  }
}
