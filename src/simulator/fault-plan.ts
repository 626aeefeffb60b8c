import { createRandom, type Random } from './random.js';
import { countOne } from './traffic-counters.js';

/** The faults of the field, and what a device does then. */
export const FAULTS = {
  loseAck: 'ignores the acknowledgement: closes after --ack-timeout and sends again',
  duplicate: 'sends an acknowledged frame again',
  halfOpen: 'goes silent without closing, and opens a new connection later',
  badCrc: 'sends a frame with a wrong CRC',
  badClock: 'writes a record with a time of zero, or years in the past or future',
  dropReply: 'executes a command and loses the connection before the reply',
  split: 'sends bytes in small pieces',
  rebatch: 'adds newer records to a frame that is sent again',
} as const;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

/** The probability of each fault, 0 to 1, per occasion. 0 for faults that are not listed. */
export type FaultRates = Readonly<Partial<Record<FaultName, number>>>;

/**
 * Decides when the faults of one device occur. Each fault has a random sequence of its own, so that enabling or disabling one does not change
 * the others, nor the ride.
 */
export class FaultPlan {
  private readonly sequences = new Map<FaultName, Random>();

  constructor(
    private readonly rates: FaultRates,
    private readonly seed: number,
    private readonly index: number,
    private readonly counts: Map<string, number>,
  ) {}

  /** Whether the fault occurs on this occasion. If so, it is counted. */
  occurs(name: FaultName): boolean {
    const rate = this.rates[name] ?? 0;
    if (rate <= 0 || this.sequenceOf(name)() >= rate) {
      return false;
    }
    countOne(this.counts, name);
    return true;
  }

  /** The random sequence of a fault, also for the details of the fault. */
  sequenceOf(name: FaultName): Random {
    let sequence = this.sequences.get(name);
    if (sequence === undefined) {
      sequence = createRandom(this.seed, this.index, name);
      this.sequences.set(name, sequence);
    }
    return sequence;
  }
}
