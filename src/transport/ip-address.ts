import { isIPv6, SocketAddress } from 'node:net';

/** One spelling for one address, the one the system uses for its own sockets; an IPv4 address within IPv6 is shown as IPv4. */
export function canonicalAddress(address: string): string {
  if (!isIPv6(address)) {
    return address;
  }
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
}
