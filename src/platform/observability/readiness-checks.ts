import { Injectable } from '@nestjs/common';

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
