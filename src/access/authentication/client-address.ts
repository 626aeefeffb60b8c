import { type IncomingMessage } from 'node:http';
import { isIP, isIPv6, SocketAddress } from 'node:net';
import { Injectable } from '@nestjs/common';
import { addressMatcher } from '../../platform/config/variables.js';
import { AccessSettings } from '../access.settings.js';

const FORWARDED_FOR = 'x-forwarded-for';
const FORWARDED_PROTO = 'x-forwarded-proto';
const FORWARDED_HOST = 'x-forwarded-host';
/** Of an IPv6 address, 16 bits each. */
const GROUPS = 8;
const NETWORK_GROUPS = 4;

declare module 'fastify' {
  interface FastifyRequest {
    /** Where the request comes from: the peer of the socket, or the client that a trusted proxy names. Never the header alone. */
    clientAddress: string;
  }
}

/** Finds the client of a request, behind the proxies of API_TRUSTED_PROXIES or without one. */
@Injectable()
export class ClientAddresses {
  private readonly isTrusted: (address: string) => boolean;

  constructor({ API_TRUSTED_PROXIES: proxies = '' }: AccessSettings) {
    this.isTrusted = addressMatcher(proxies);
  }

  /**
   * The rightmost address of `X-Forwarded-For` that no trusted proxy has: each proxy appends the address that it was asked from, so everything
   * to the left of that is what the client claims. An entry that is not an address ends the search at the proxy that sent it.
   */
  of({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): string {
    let address = canonicalAddress(socket.remoteAddress ?? '');
    const named = [headers[FORWARDED_FOR] ?? []].flat().join(',').split(',');
    while (named.length > 0 && this.isTrusted(address)) {
      const next = addressOf(named.pop() ?? '');
      if (next === null) {
        return address;
      }
      address = next;
    }
    return address;
  }

  /** Whether the client speaks TLS with a trusted proxy. The gateway itself speaks plain HTTP. */
  usesTls(request: Pick<IncomingMessage, 'socket' | 'headers'>): boolean {
    return this.forwarded(request, FORWARDED_PROTO)?.toLowerCase() === 'https';
  }

  /** The host, with its port, that the client has asked for. */
  hostOf(request: Pick<IncomingMessage, 'socket' | 'headers'>): string {
    return this.forwarded(request, FORWARDED_HOST) ?? request.headers.host ?? '';
  }

  /** What the outermost of the trusted proxies says: the first entry of the header. */
  private forwarded({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>, name: string): string | null {
    const isFromProxy = this.isTrusted(canonicalAddress(socket.remoteAddress ?? ''));
    return isFromProxy ? [headers[name] ?? []].flat().join(',').split(',')[0]?.trim() || null : null;
  }
}

/**
 * The part of an address that a peer can't change at will, by which limits count: an IPv4 address, or the /64 network of an IPv6 address,
 * because one host is usually given 2^64 addresses. The device port gets this function as an option.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) {
    return address;
  }
  const [head = [], tail = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  // "::" stands for all zeros that are missing.
  const groups = [...head, ...Array.from({ length: GROUPS - head.length - tail.length }, () => '0'), ...tail];
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

/** An entry of the header; some proxies write the port behind the address. Null when it is not an address. */
function addressOf(entry: string): string | null {
  const text = entry.trim();
  const [, bracketed, dotted] = /^\[([^\]]+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(text) ?? [];
  const address = bracketed ?? dotted ?? text;
  return isIP(address) === 0 || address.includes('%') ? null : canonicalAddress(address);
}

/** One spelling for one address; an IPv4 address within IPv6 is written as IPv4. */
function canonicalAddress(address: string): string {
  if (!isIPv6(address) || address.includes('%')) {
    return address;
  }
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
}
