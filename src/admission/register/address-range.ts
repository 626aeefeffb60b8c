import { isIP } from 'node:net';

/** Whether the text is a CIDR block without bits behind its prefix, as PostgreSQL's cidr accepts it. A single address is a block of one. */
export function isAddressRange(text: unknown): boolean {
  if (typeof text !== 'string') {
    return false;
  }
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  const width = version === 4 ? 32 : 128;
  if (version === 0 || address.includes('%') || rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) {
    return false;
  }
  const length = prefix === undefined ? width : Number(prefix);
  return (
    length <= width &&
    bitsOf(address, version)
      .slice(length)
      .every((bit) => bit === '0')
  );
}

function bitsOf(address: string, version: number): string[] {
  const parts = version === 4 ? address.split('.').map(Number) : groupsOf(address);
  return parts.flatMap((part) => [...part.toString(2).padStart(version === 4 ? 8 : 16, '0')]);
}

/** The eight groups of an IPv6 address; the platform's URL parser writes `::ffff:1.2.3.4` in groups too. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail ?? '')];
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}
