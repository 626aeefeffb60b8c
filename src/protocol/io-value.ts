import type { IoElement } from './avl-record.js';
import { isSignedIo } from './io-dictionary.js';

const ICCID_2_DIGITS = 10;

/** Returns the value with the sign that the dictionary defines, read with the width that was sent. */
export function signedIoValue({ id, width, value }: IoElement): number | bigint | Buffer {
  return typeof value === 'object' || !isSignedIo(id) ? value : toSigned(value, width);
}

/** Reads an unsigned value of 1, 2, 4 or 8 bytes as two's complement. */
export function toSigned(value: number, width: number): number;
export function toSigned(value: bigint, width: number): bigint;
export function toSigned(value: number | bigint, width: number): number | bigint;
export function toSigned(value: number | bigint, width: number): number | bigint {
  if (typeof value === 'bigint') {
    return BigInt.asIntN(8 * width, value);
  }
  const range = 2 ** (8 * width);
  return value >= range / 2 ? value - range : value;
}

/** The reverse, for encoders: -1 in two bytes is 0xffff. */
export function toUnsigned(value: number, width: number): number;
export function toUnsigned(value: bigint, width: number): bigint;
export function toUnsigned(value: number | bigint, width: number): number | bigint;
export function toUnsigned(value: number | bigint, width: number): number | bigint {
  if (typeof value === 'bigint') {
    return BigInt.asUintN(8 * width, value);
  }
  return value < 0 ? value + 2 ** (8 * width) : value;
}

/** The ICCID of the SIM from AVL ids 11 and 14: both in decimal, 14 with at least ten digits (Teltonika wiki, AVL ids). */
export function iccid(id11: bigint, id14: bigint): string {
  return `${id11}${id14.toString().padStart(ICCID_2_DIGITS, '0')}`;
}
