import rateLimit from '@fastify/rate-limit';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessSettings } from '../access.settings.js';
import { DomainError } from '../../platform/errors/errors.js';
import { isApiRoute, isSessionRoute } from '../../platform/http/api-route.js';
import { Authentication } from './authentication.js';
import { networkOf } from './client-address.js';
import { SECOND_MS } from '../../platform/time-units.js';

class RateLimitedError extends DomainError {
  override readonly name = 'RateLimitedError';
  readonly code = 'RATE_LIMITED';
  readonly httpStatus = 429;

  constructor(perSecond: number) {
    super(`More than ${perSecond} requests in a second: wait as long as Retry-After says`);
  }
}

/**
 * Limits requests per second for each known key, and for each address (IPv6: each /64 network) without one. By the key that was found, not
 * by the header: a guesser with a thousand keys is still one address. Runs behind the limit of failed authentications, which comes before
 * the look-up. Signing in counts for the address. Counted by this instance alone. Registered before routes are made: the plugin hooks into each.
 */
export async function limitRate(app: NestFastifyApplication): Promise<void> {
  const { API_RATE_LIMIT_PER_SECOND: perSecond } = app.get(AccessSettings);
  if (perSecond === 0) {
    return;
  }
  const authentication = app.get(Authentication);
  await app.register(rateLimit, {
    max: perSecond,
    timeWindow: SECOND_MS,
    allowList: (request) => !isApiRoute(request) && !isSessionRoute(request),
    keyGenerator: async (request) => {
      const caller = isApiRoute(request) ? await authentication.of(request) : null;
      return caller ? `key ${caller.keyId ?? caller.name}` : `address ${networkOf(request.clientAddress)}`;
    },
    errorResponseBuilder: () => new RateLimitedError(perSecond),
  });
}
