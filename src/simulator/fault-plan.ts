import { type FaultName } from './fault-name.js';
import { createRandom, type Random } from './random.js';
import { countOne } from './traffic-counters.js';

/** How likely each is, 0 to 1, every time it could happen. What is not named never happens. */
export type FaultRates = Readonly<Partial<Record<FaultName, number>>>;

/**
 * Decides when things go wrong for one device. Each fault draws from a sequence of its own: switching one on or off leaves
 * the others, and the ride, as they were.
 */
export class FaultPlan {
  private readonly sequences = new Map<FaultName, Random>();

  constructor(
    private readonly rates: FaultRates,
    private readonly seed: number,
    private readonly index: number,
    private readonly counts: Map<FaultName, number>,
  ) {}

  /** Asks once for one occasion; a yes is counted. */
  strikes(name: FaultName): boolean {
    const rate = this.rates[name] ?? 0;
    if (rate <= 0 || this.sequenceOf(name)() >= rate) {
      return false;
    }
    countOne(this.counts, name);
    return true;
  }

  /** The sequence of a fault, for the details of what it does. */
  sequenceOf(name: FaultName): Random {
    let sequence = this.sequences.get(name);
    if (sequence === undefined) {
      sequence = createRandom(this.seed, this.index, name);
      this.sequences.set(name, sequence);
    }
    return sequence;
  }
}
