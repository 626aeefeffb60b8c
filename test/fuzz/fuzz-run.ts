import { setTimeout as delay } from 'node:timers/promises';
import { CASES_APART, caseOf } from './cases.js';
import { play } from './case-player.js';
import { type Corpus } from './corpus.js';
import { type CaseKind, type FuzzCase } from './fuzz-case.js';
import { type GatewayPorts } from './gateway-under-test.js';

const AT_A_TIME = 48;
/** After a fault of the process itself, any of these may have been the cause. */
const REMEMBERED = 2 * AT_A_TIME;

export interface CaseFault {
  readonly fuzzCase: FuzzCase;
  readonly what: string;
}

/** Plays the cases of a seed in their order, some at a time, until it is stopped or one fails. */
export class FuzzRun {
  readonly played = new Map<CaseKind, number>();
  fault: CaseFault | null = null;
  private next = 0;
  private readonly underWay = new Map<number, FuzzCase>();
  private readonly finished: FuzzCase[] = [];

  constructor(
    private readonly seed: number,
    private readonly corpus: Corpus,
    private readonly ports: GatewayPorts,
  ) {}

  get count(): number {
    return this.next - this.underWay.size;
  }

  /** The last ones that were played, or still are. */
  get suspects(): FuzzCase[] {
    return [...this.finished, ...this.underWay.values()];
  }

  async playUntil(isOver: () => boolean): Promise<void> {
    await Promise.all(Array.from({ length: AT_A_TIME }, () => this.work(isOver)));
  }

  async playOne(number: number): Promise<void> {
    this.next = number;
    await this.playNext();
  }

  private async work(isOver: () => boolean): Promise<void> {
    while (!isOver() && this.fault === null) {
      const oldest = Math.min(this.next, ...this.underWay.keys());
      if (this.next - oldest < CASES_APART) {
        await this.playNext();
      } else {
        // One takes its time, and the next would have its IMEI.
        await delay(20);
      }
    }
  }

  private async playNext(): Promise<void> {
    const fuzzCase = caseOf(this.seed, this.next++, this.corpus);
    this.underWay.set(fuzzCase.number, fuzzCase);
    const what = await play(fuzzCase, this.ports);
    this.underWay.delete(fuzzCase.number);
    this.finished.push(fuzzCase);
    if (this.finished.length > REMEMBERED) {
      this.finished.shift();
    }
    this.played.set(fuzzCase.kind, (this.played.get(fuzzCase.kind) ?? 0) + 1);
    if (what !== null) {
      this.fault ??= { fuzzCase, what };
    }
  }
}
