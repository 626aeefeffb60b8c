import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * Whether an address is in one of the CIDR blocks, which commas separate; an address without a length stands for itself. No
 * block: nobody is trusted. IPv4 and IPv4-mapped IPv6 addresses are the same. Throws where a block is none.
 */
export function trustedPeers(cidrs: string): (address: string) => boolean {
  const blocks = new BlockList();
  for (const cidr of cidrs.split(',').flatMap((part) => part.trim() || [])) {
    addBlock(blocks, cidr);
  }
  // A socket that is gone already has no address.
  return (address) => address !== '' && blocks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function addBlock(blocks: BlockList, cidr: string): void {
  const [, address = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(cidr) ?? [];
  const bits = isIPv4(address) ? 32 : 128;
  if (!(isIPv4(address) || isIPv6(address)) || address.includes('%') || Number(length ?? bits) > bits) {
    throw new Error(
      `"${cidr}" is no CIDR block: expected an address, or an address and a length, as in 10.0.0.0/8 or 2001:db8::/32`,
    );
  }
  blocks.addSubnet(address, Number(length ?? bits), bits === 32 ? 'ipv4' : 'ipv6');
}
