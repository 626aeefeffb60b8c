import { drawInteger, type Random } from '../random.js';
import { type Ride } from './ride.js';

/** MCC and MNC in decimal: the three Lithuanian networks. */
const OPERATORS = [24601, 24602, 24603] as const;
const CELL_DEGREES = 0.008;
const AREA_DEGREES = 0.06;

/** Signal, cell and SIM. The cell depends on the position, so that it changes while driving and is the same again at the same place. */
export class MobileNetwork {
  /** AVL id 21: 0 to 5. */
  signal: number;
  /** AVL id 241. */
  readonly operator: number;
  /** AVL ids 11 and 14: the first digits of the SIM's ICCID, and the last ten. */
  readonly iccidHead = 893_700_218n;
  readonly iccidTail: bigint;

  constructor(
    private readonly ride: Ride,
    private readonly random: Random,
  ) {
    this.signal = drawInteger(random, 3, 5);
    this.operator = OPERATORS[drawInteger(random, 0, OPERATORS.length - 1)]!;
    this.iccidTail = BigInt(drawInteger(random, 100_000_000, 9_999_999_999));
  }

  /** AVL id 205. */
  get cellId(): number {
    return placeNumber(this.ride, CELL_DEGREES, 0xffff);
  }

  /** AVL id 206. */
  get areaCode(): number {
    return placeNumber(this.ride, AREA_DEGREES, 900);
  }

  advance(): void {
    const change = drawInteger(this.random, -8, 8);
    if (change === 8 || change === -8) {
      this.signal = Math.min(5, Math.max(1, this.signal + change / 8));
    }
  }
}

function placeNumber(ride: Ride, degrees: number, modulus: number): number {
  const row = Math.floor(ride.latitude / degrees);
  const column = Math.floor(ride.longitude / degrees);
  return 1 + ((row * 7919 + column * 104_729) % (modulus - 1));
}
