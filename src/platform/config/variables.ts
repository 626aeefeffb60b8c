import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsBoolean, IsInt, IsNumber, Max, Min } from 'class-validator';
import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * Decorators for one environment variable each. Conversion is explicit: class-transformer's implicit conversion makes
 * the text "false" true. Text that does not convert stays text, so that the validator beside it refuses it.
 */

/** A whole number between two bounds, both included. */
export function IntegerVariable(min: number, max: number): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value)),
    IsInt({ message: `$property must be a whole number` }),
    Min(min, { message: `$property must be at least ${min}` }),
    Max(max, { message: `$property must be at most ${max}` }),
  );
}

/** A decimal number between two bounds, both included. */
export function NumberVariable(min: number, max: number): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)$/.test(value) ? Number(value) : value,
    ),
    IsNumber({}, { message: `$property must be a number` }),
    Min(min, { message: `$property must be at least ${min}` }),
    Max(max, { message: `$property must be at most ${max}` }),
  );
}

/** A TCP or UDP port. 0 lets the system choose one. */
export function PortVariable(): PropertyDecorator {
  return IntegerVariable(0, 65_535);
}

/** true or false (also 1, 0, yes, no, on, off). */
export function FlagVariable(): PropertyDecorator {
  const words = new Map([
    ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
    ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
  ]);
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? (words.get(value.toLowerCase()) ?? value) : value)),
    IsBoolean({ message: '$property must be true or false (or on or off)' }),
  );
}

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

/** The entries of a variable that holds several; blanks around them, and empty ones, do not count. */
export function commaSeparated(text: string): string[] {
  return text.split(',').flatMap((entry) => entry.trim() || []);
}
