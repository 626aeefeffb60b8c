const ICCID_2_DIGITS = 10;

/** The SIM's ICCID from AVL ids 11 and 14: both in decimal, 14 at least ten digits wide (Teltonika wiki, AVL ids). */
export function iccid(id11: bigint, id14: bigint): string {
  return `${id11}${id14.toString().padStart(ICCID_2_DIGITS, '0')}`;
}

export interface NetworkOperator {
  /** Three digits: the country. */
  readonly mcc: string;
  /** Two or three digits: the network. "01" and "001" are two networks, hence no number. */
  readonly mnc: string;
}

/** The mobile network from AVL id 241: 24602 is 246/02, 310410 is 310/410. Null for what is none, such as 0. */
export function networkOperator(id241: number): NetworkOperator | null {
  const digits = id241.toString();
  return /^\d{5,6}$/.test(digits) ? { mcc: digits.slice(0, 3), mnc: digits.slice(3) } : null;
}
