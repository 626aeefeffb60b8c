import { isIPv6, SocketAddress } from 'node:net';

/** Of an IPv6 address, 16 bits each. */
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** One spelling for one address, the one the system uses for its own sockets; an IPv4 address within IPv6 is shown as IPv4. */
export function canonicalAddress(address: string): string {
  if (!isIPv6(address)) {
    return address;
  }
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
}

/** The part of an address that one peer can not change at will: of IPv6 the network, for whoever is given one address is given 2^64 of them. */
export function peerKeyOf(address: string): string {
  if (!isIPv6(address)) {
    return address;
  }
  const [head = [], tail = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  // "::" stands for all zeros that are missing.
  const groups = [...head, ...Array.from({ length: GROUPS - head.length - tail.length }, () => '0'), ...tail];
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}
