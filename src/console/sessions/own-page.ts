import { type IncomingHttpHeaders } from 'node:http';
import { DomainError } from '../../platform/errors/errors.js';

/** A request with a session of the console comes from a page of another origin. */
class ForeignPageError extends DomainError {
  override readonly name = 'ForeignPageError';
  readonly code = 'FOREIGN_PAGE';
  readonly httpStatus = 403;

  constructor() {
    super('The request comes from a page of another origin');
  }
}

/**
 * Refuses requests that a page of another origin has made. Browsers send Sec-Fetch-Site with TLS and on localhost, and Origin with every change;
 * programs that are no browser send neither, and carry no cookie by accident. Throws ForeignPageError.
 *
 * @param host that the client has asked for, with its port
 */
export function requireOwnPage({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders, host: string): void {
  if (site !== undefined ? site !== 'same-origin' : origin !== undefined && !isOriginOf(origin, host)) {
    throw new ForeignPageError();
  }
}

/**
 * Refuses what a page of another origin reads: with the cookie, a page of a neighbour of the site could open streams until none is left. `none` is
 * an address that the user has entered. Throws ForeignPageError.
 */
export function refuseOtherSites({ 'sec-fetch-site': site }: IncomingHttpHeaders): void {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new ForeignPageError();
  }
}

function isOriginOf(origin: string, host: string): boolean {
  try {
    const { protocol, host: expected } = new URL(origin);
    // A host with the port that is the protocol's default is the same one without it.
    return new URL(`${protocol}//${host}`).host === expected;
  } catch {
    // "null", which a page in a sandbox sends, is the origin of nothing.
    return false;
  }
}
