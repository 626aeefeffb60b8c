import { BlockList, isIP, isIPv6 } from 'node:net';
import { commaSeparated } from './comma-separated.js';

/** Whether every entry of a list with commas is an address or a CIDR block. */
export function areAddressBlocks(list: unknown): boolean {
  return typeof list === 'string' && commaSeparated(list).every(isAddressBlock);
}

/** The blocks of such a list; an address alone is a block of one. IPv4 and IPv4-mapped IPv6 addresses match each other. */
export function addressBlocks(list: string): BlockList {
  const blocks = new BlockList();
  for (const block of commaSeparated(list)) {
    const [address = '', length] = block.split('/');
    const isSix = isIPv6(address);
    blocks.addSubnet(address, Number(length ?? (isSix ? 128 : 32)), isSix ? 'ipv6' : 'ipv4');
  }
  return blocks;
}

function isAddressBlock(block: string): boolean {
  const [, address = '', length] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(block) ?? [];
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  return version !== 0 && Number(length ?? bits) <= bits;
}
