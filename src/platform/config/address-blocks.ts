import { BlockList, isIP, isIPv6 } from 'node:net';
import { commaSeparated } from './comma-separated.js';

/** Whether every entry of a list with commas is an address or a CIDR block. */
export function areAddressBlocks(list: unknown): boolean {
  return typeof list === 'string' && commaSeparated(list).every(isAddressBlock);
}

/**
 * Returns a function that tests whether an address is in one of the blocks of such a list. An address alone is a block of one, and an
 * empty list matches nothing. IPv4 and IPv4-mapped IPv6 addresses match each other. The empty address, of a socket that is closed, never matches.
 */
export function addressMatcher(list: string): (address: string) => boolean {
  const blocks = new BlockList();
  for (const block of commaSeparated(list)) {
    const [address = '', length] = block.split('/');
    const isSix = isIPv6(address);
    blocks.addSubnet(address, Number(length ?? (isSix ? 128 : 32)), isSix ? 'ipv6' : 'ipv4');
  }
  return (address) => address !== '' && blocks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function isAddressBlock(block: string): boolean {
  const [, address = '', length] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(block) ?? [];
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  return version !== 0 && Number(length ?? bits) <= bits;
}
