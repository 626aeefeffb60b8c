import { isIPv4, isIPv6 } from 'node:net';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { canonicalAddress, type PeerAddress } from '../peer-address.js';

/** A header of the PROXY protocol, of either version. */
export interface ProxyHeader {
  /** The device at the balancer. Null for the balancer's own connections (health checks) and for unknown sources: then the address of the socket applies. */
  readonly source: PeerAddress | null;
  readonly bytesRead: number;
}

/** "If the CRLF sequence is not found in the first 107 characters, the receiver should declare the line invalid." */
const MAX_LINE_BYTES = 107;
/** "For UNKNOWN, the receiver must ignore anything presented before the CRLF." */
const UNKNOWN = /^PROXY UNKNOWN(?: .*)?$/s;
const ADDRESSES = /^PROXY TCP([46]) ([^ ]+) ([^ ]+) (\d+) (\d+)$/;
/** "Heading zeroes are not permitted." */
const PORT = /^(?:0|[1-9]\d{0,4})$/;
const MAX_PORT = 65_535;

/** Section 2.1: one line of text. The bytes begin with the signature. Returns null while the line is not complete. */
export function decodeProxyHeaderV1(bytes: Buffer): ProxyHeader | null {
  const end = bytes.subarray(0, MAX_LINE_BYTES).indexOf('\r\n');
  if (end < 0) {
    if (bytes.length >= MAX_LINE_BYTES) {
      throw new ProtocolError(
        'BAD_PROXY_HEADER',
        `expected a PROXY header line of at most ${MAX_LINE_BYTES} bytes`,
        MAX_LINE_BYTES,
      );
    }
    return null;
  }
  const line = bytes.toString('latin1', 0, end);
  const bytesRead = end + 2;
  return { source: UNKNOWN.test(line) ? null : sourceOf(line), bytesRead };
}

function sourceOf(line: string): ProxyHeader['source'] {
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = ''] = ADDRESSES.exec(line) ?? [];
  const isAddress = family === '4' ? isIPv4 : isPlainIPv6;
  if (!isAddress(source) || !isAddress(destination) || !isPort(sourcePort) || !isPort(destinationPort)) {
    throw new ProtocolError(
      'BAD_PROXY_HEADER',
      'expected two addresses of the named family and two ports in the PROXY header',
      0,
    );
  }
  return { address: canonicalAddress(source), port: Number(sourcePort) };
}

/** Without a zone, which has no meaning on another machine. */
function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function isPort(text: string): boolean {
  return PORT.test(text) && Number(text) <= MAX_PORT;
}
