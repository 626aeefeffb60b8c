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
