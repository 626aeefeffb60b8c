import { ProtocolError } from '../../protocol/protocol-error.js';
import { canonicalAddress } from '../peer-address.js';
import { type ProxyHeader } from './proxy-header-v1.js';

export const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Signature, version and command, family and protocol, length of the rest. */
const FIXED_BYTES = 16;
const VERSION = 2;
const LOCAL = 0;
const PROXY = 1;
const STREAM = 1;
const MAX_PROTOCOL = 2;
/** By address family: AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX. "Other values must be rejected as invalid by receivers." */
const ADDRESS_BYTES = [0, 12, 36, 216];
const AF_INET = 1;
const AF_INET6 = 2;
/** Addresses and TLVs. Balancers send less than 600 bytes, but the field allows 65,535. */
const MAX_LENGTH = 4_096;

/**
 * Section 2.2: a binary block. The bytes begin with the signature. Returns null while the block is not complete. TLVs are skipped, also the
 * optional checksum PP2_TYPE_CRC32C: TCP has checked the bytes.
 */
export function decodeProxyHeaderV2(bytes: Buffer): ProxyHeader | null {
  // Each byte is checked as soon as it has arrived, so that the same headers are rejected wherever TCP cuts them.
  const isLocal = bytes.length > 12 && readCommand(bytes.readUInt8(12)) === LOCAL;
  const family = bytes.length > 13 && !isLocal ? readFamily(bytes.readUInt8(13)) : null;
  if (bytes.length < FIXED_BYTES) {
    return null;
  }
  const bytesRead = FIXED_BYTES + readLength(bytes, family);
  return bytes.length < bytesRead ? null : { source: sourceOf(bytes, family), bytesRead };
}

function readCommand(byte: number): number {
  const command = byte & 0x0f;
  if (byte >> 4 !== VERSION || command > PROXY) {
    throw new ProtocolError(
      'BAD_PROXY_HEADER',
      `expected version 2 and command 0 or 1 in the PROXY header, got 0x${byte.toString(16)}`,
      12,
    );
  }
  return command;
}

/** The address family, or 0 (AF_UNSPEC) for protocols other than a stream: their addresses are not those of this connection. */
function readFamily(byte: number): number {
  const family = byte >> 4;
  const protocol = byte & 0x0f;
  if (family >= ADDRESS_BYTES.length || protocol > MAX_PROTOCOL) {
    throw new ProtocolError(
      'BAD_PROXY_HEADER',
      `expected a known address family and protocol in the PROXY header, got 0x${byte.toString(16)}`,
      13,
    );
  }
  return protocol === STREAM ? family : 0;
}

function readLength(bytes: Buffer, family: number | null): number {
  const length = bytes.readUInt16BE(14);
  const min = ADDRESS_BYTES[family ?? 0] ?? 0;
  if (length < min || length > MAX_LENGTH) {
    throw new ProtocolError(
      'BAD_PROXY_HEADER',
      `expected ${min} to ${MAX_LENGTH} bytes of addresses in the PROXY header, got ${length}`,
      14,
    );
  }
  return length;
}

/** Source address, destination address, source port, destination port. */
function sourceOf(bytes: Buffer, family: number | null): ProxyHeader['source'] {
  if (family === AF_INET) {
    return { address: bytes.subarray(16, 20).join('.'), port: bytes.readUInt16BE(24) };
  }
  if (family === AF_INET6) {
    const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(16 + 2 * group).toString(16));
    return { address: canonicalAddress(groups.join(':')), port: bytes.readUInt16BE(48) };
  }
  return null;
}
