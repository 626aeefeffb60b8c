import { type Socket } from 'node:net';
import { type ProxySource } from '../proxy-protocol/proxy-source.js';

/** Who is at the other end of the socket itself; an IPv4 address within IPv6 is shown as IPv4. */
export function peerOf(socket: Socket): ProxySource {
  return { address: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''), port: socket.remotePort ?? 0 };
}
