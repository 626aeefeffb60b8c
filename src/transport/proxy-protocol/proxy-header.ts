import { ProtocolError } from '../../protocol/protocol-error.js';
import { type PeerAddress } from '../peer-address.js';
import { decodeProxyHeaderV1, type ProxyHeader } from './proxy-header-v1.js';
import { decodeProxyHeaderV2, V2_SIGNATURE } from './proxy-header-v2.js';

const V1_SIGNATURE = Buffer.from('PROXY ');

/**
 * Collects the header that a balancer sends before the bytes of a device, in version 1 or 2 of the PROXY protocol (HAProxy's
 * doc/proxy-protocol.txt, section 2). TCP may have cut it anywhere. To be used only where a header is required: if it were optional, any
 * peer could choose its address.
 */
export class ProxyHeaderReader {
  private bytes: Buffer = Buffer.alloc(0);

  /**
   * Returns the source and the bytes behind the header, or null while the header is not complete. Throws BAD_PROXY_HEADER as soon as the bytes
   * can't become a header. Collects at most 107 bytes of version 1, and 16 + 4,096 of version 2.
   */
  read(chunk: Buffer): { source: PeerAddress | null; rest: Buffer } | null {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    const header = decodeProxyHeader(this.bytes);
    return header && { source: header.source, rest: this.bytes.subarray(header.bytesRead) };
  }
}

function decodeProxyHeader(bytes: Buffer): ProxyHeader | null {
  if (begins(bytes, V1_SIGNATURE)) {
    return bytes.length < V1_SIGNATURE.length ? null : decodeProxyHeaderV1(bytes);
  }
  if (begins(bytes, V2_SIGNATURE)) {
    return bytes.length < V2_SIGNATURE.length ? null : decodeProxyHeaderV2(bytes);
  }
  throw new ProtocolError('BAD_PROXY_HEADER', 'expected a PROXY protocol header, version 1 or 2', 0);
}

/** Whether the bytes that have arrived agree with the signature. */
function begins(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.compare(signature, 0, length, 0, length) === 0;
}
