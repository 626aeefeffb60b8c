import { ProtocolError } from './protocol-error.js';

export const IMEI_DIGITS = 15;
/** An IMEI inside codec 14 and 15: 16 packed decimal digits, the first of them 0. */
export const PACKED_IMEI_BYTES = 8;

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** Whether the text is 15 decimal digits. The check digit is not checked, because it is wrong in some devices. */
export function isImei(text: string): boolean {
  if (text.length !== IMEI_DIGITS) {
    return false;
  }
  for (let i = 0; i < IMEI_DIGITS; i++) {
    if (!isAsciiDigit(text.charCodeAt(i))) {
      return false;
    }
  }
  return true;
}

export function isAsciiDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= DIGIT_9;
}

/** For encoders. Throws RangeError, not ProtocolError: here an invalid IMEI is an error of the caller. */
export function requireImei(text: string): void {
  if (!isImei(text)) {
    throw new RangeError(`an IMEI is ${IMEI_DIGITS} digits, got ${JSON.stringify(text)}`);
  }
}

/** Packs 352093081452251 into 03 52 09 30 81 45 22 51. */
export function packImei(imei: string): Buffer {
  requireImei(imei);
  return Buffer.from(`0${imei}`, 'hex');
}

/**
 * Reads the packed IMEI of codec 14 and 15. The IMEI of binary SMS, an 8-byte integer, is different.
 * @param offset of the field, for the error.
 */
export function unpackImei(packed: Buffer, offset: number): string {
  const digits = packed.toString('hex');
  const imei = digits.slice(1);
  if (digits[0] !== '0' || !isImei(imei)) {
    throw new ProtocolError('BAD_IMEI', `expected a zero and ${IMEI_DIGITS} packed digits, got ${digits}`, offset);
  }
  return imei;
}
