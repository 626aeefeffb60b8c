import { isIPv6, SocketAddress, type Socket } from 'node:net';

/** Address and port of one end of a connection. */
export interface PeerAddress {
  readonly address: string;
  readonly port: number;
}

/** The peer of the socket itself, which may be a balancer. An IPv4 address within IPv6 is written as IPv4. */
export function peerOf(socket: Socket): PeerAddress {
  return { address: withoutIPv4Prefix(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
}

/** The one spelling of an address that the system uses for its own sockets. An IPv4 address within IPv6 is written as IPv4. */
export function canonicalAddress(address: string): string {
  return isIPv6(address) ? withoutIPv4Prefix(new SocketAddress({ address, family: 'ipv6' }).address) : address;
}

/** ::ffff:192.0.2.7 becomes 192.0.2.7. */
export function withoutIPv4Prefix(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}
