import { KEEP_ALIVE } from './frame-splitter.js';
import { IMEI_DIGITS, isAsciiDigit, requireImei } from './imei.js';
import { ProtocolError } from './protocol-error.js';

/** The one-byte answers of the server to a login (Teltonika wiki, Codec, "Communication with server"). */
export const LOGIN_ACCEPTED = 0x01;
export const LOGIN_REFUSED = 0x00;

const LENGTH_BYTES = 2;
const LOGIN_BYTES = LENGTH_BYTES + IMEI_DIGITS;

/** Who has sent the first bytes of a connection, as far as they show it. `device`: the length is that of a login, the digits are not. */
export type FirstBytesPeer = 'tls' | 'http' | 'device' | 'unknown';

/** The first bytes of a TCP connection are not a login. */
export class NotALoginError extends ProtocolError {
  constructor(
    message: string,
    offset: number,
    readonly peer: FirstBytesPeer,
  ) {
    super('BAD_LOGIN', message, offset);
  }
}

/** The type of the first record of a TLS handshake (RFC 8446, 5.1). */
const TLS_HANDSHAKE = 0x16;
const HTTP_REQUEST = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PRI) /;
const PEER_TEXTS: Readonly<Record<FirstBytesPeer, string>> = {
  tls: ' (a TLS handshake, on a port without TLS)',
  http: ' (an HTTP request)',
  device: '',
  unknown: '',
};

export interface Login {
  readonly imei: string;
  /** Offset of the bytes behind the login. A device may send some without waiting for the answer. */
  readonly bytesRead: number;
}

/**
 * Reads the first bytes of a TCP connection: the length of the IMEI, then the IMEI as ASCII digits.
 * Returns null when more bytes are needed. Throws BAD_LOGIN at the first byte that no login has there, so that a port scanner
 * or a browser is detected before it has sent 17 bytes.
 */
export function decodeLogin(buffer: Buffer): Login | null {
  const available = Math.min(buffer.length, LOGIN_BYTES);
  for (let offset = 0; offset < available; offset++) {
    const byte = buffer.readUInt8(offset);
    if (!isLoginByte(byte, offset)) {
      const peer = peerOf(buffer, offset);
      throw new NotALoginError(
        `unexpected byte 0x${byte.toString(16)} at offset ${offset} of the login${PEER_TEXTS[peer]}`,
        offset,
        peer,
      );
    }
  }
  if (available < LOGIN_BYTES) {
    return null;
  }
  return { imei: buffer.toString('latin1', LENGTH_BYTES, LOGIN_BYTES), bytesRead: LOGIN_BYTES };
}

/**
 * Returns the bytes behind the keep-alive bytes at the start of `buffer`. A device whose keep-alive timer expires while it opens a new
 * connection sends some before its login. They are not answered.
 */
export function skipKeepAlives(buffer: Buffer): Buffer {
  let start = 0;
  while (start < buffer.length && buffer[start] === KEEP_ALIVE) {
    start++;
  }
  return buffer.subarray(start);
}

export function encodeLogin(imei: string): Buffer {
  requireImei(imei);
  return Buffer.from(`\0${String.fromCharCode(IMEI_DIGITS)}${imei}`, 'latin1');
}

function peerOf(buffer: Buffer, offset: number): FirstBytesPeer {
  if (offset > 0) {
    return buffer.readUInt8(0) === 0 && (offset > 1 || isPlausibleLength(buffer.readUInt8(1))) ? 'device' : 'unknown';
  }
  if (buffer.readUInt8(0) === TLS_HANDSHAKE) {
    return 'tls';
  }
  return HTTP_REQUEST.test(buffer.toString('latin1', 0, 10)) ? 'http' : 'unknown';
}

function isPlausibleLength(length: number): boolean {
  return length > 0 && length <= 64;
}

function isLoginByte(byte: number, offset: number): boolean {
  if (offset === 0) {
    return byte === 0;
  }
  if (offset === 1) {
    return byte === IMEI_DIGITS;
  }
  return isAsciiDigit(byte);
}
