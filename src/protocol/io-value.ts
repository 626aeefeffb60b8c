import type { IoElement } from './avl-record.js';
import { isSignedIo } from './io-dictionary.js';

/** The value with the sign its id has by the dictionary, and the width it had on the wire. */
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

/** The other way round, for encoders: -1 in two bytes is 0xffff. */
export function toUnsigned(value: number, width: number): number;
export function toUnsigned(value: bigint, width: number): bigint;
export function toUnsigned(value: number | bigint, width: number): number | bigint;
export function toUnsigned(value: number | bigint, width: number): number | bigint {
  if (typeof value === 'bigint') {
    return BigInt.asUintN(8 * width, value);
  }
  return value < 0 ? value + 2 ** (8 * width) : value;
}
