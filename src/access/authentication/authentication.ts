import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { type AuditActor } from '../audit/audit-actor.js';
import { AuditService } from '../audit/audit.service.js';
import { AccessSettings } from '../access.settings.js';
import { DomainError } from '../../platform/errors/errors.js';
import { API_KEY_HEADER } from '../../platform/http/api-route.js';
import { AcceptedKeys } from './accepted-keys.js';
import { ApiKeys } from '../keys/settings-keys.js';
import { AuthFailures, HourlyReports } from './auth-failures.js';
import { AuthCounters } from '../access-metrics.js';
import { KnownKeys } from '../keys/known-keys.js';
import { type Caller } from '../scope.js';
import { networkOf } from './client-address.js';
import { ForgedSessionError, type SessionCallers } from './session-callers.js';

const MAX_REPORTS_PER_HOUR = 100;

/** No key, or an unknown one. The answer does not say which of the two. */
export class UnauthorizedError extends DomainError {
  override readonly name = 'UnauthorizedError';
  readonly code = 'UNAUTHORIZED';
  readonly httpStatus = 401;

  constructor() {
    super('Unauthorized');
  }
}

/** The network has failed too often. Its keys are not looked up, so the answer is the same for a right and a wrong one. */
class TooManyAuthFailuresError extends DomainError {
  override readonly name = 'TooManyAuthFailuresError';
  readonly code = 'TOO_MANY_AUTH_FAILURES';
  readonly httpStatus = 429;

  constructor(override readonly retryAfterSeconds: number) {
    super('Too many failed authentications from this address: wait as long as Retry-After says');
  }
}

/** Finds out whose key a request carries: once per request, for the rate limit and for the guard, and with a limit on failures. */
@Injectable()
export class Authentication {
  private readonly logger = new Logger(Authentication.name);
  private readonly found = new WeakMap<FastifyRequest, Promise<Caller | null>>();
  /** Requests with one key from one network that arrive together share one look-up. */
  private readonly lookups = new Map<string, Promise<Caller | null>>();
  private readonly accepted = new AcceptedKeys();
  private readonly failures: AuthFailures;
  private readonly reports = new HourlyReports(MAX_REPORTS_PER_HOUR);
  private sessions: SessionCallers | null = null;

  constructor(
    private readonly keys: ApiKeys,
    private readonly stored: KnownKeys,
    private readonly counters: AuthCounters,
    private readonly audit: AuditService,
    private readonly settings: AccessSettings,
  ) {
    const { API_AUTH_FAILURES_PER_ADDRESS: max, API_AUTH_FAILURE_WINDOW_SECONDS: windowSeconds } = settings;
    this.failures = new AuthFailures({ max, windowSeconds }, (network) => this.report(network));
  }

  /** From now on a request without a key may carry a session. */
  useSessions(sessions: SessionCallers): void {
    this.sessions = sessions;
  }

  /**
   * Null for no key, or an unknown one. A request with a key is that key's, whatever session it carries beside it. Throws
   * TooManyAuthFailuresError, and what SessionCallers throws.
   */
  of(request: FastifyRequest): Promise<Caller | null> {
    const known = this.found.get(request);
    if (known) {
      return known;
    }
    const key = request.headers[API_KEY_HEADER];
    const caller = key === undefined ? this.ofSession(request) : this.ofKey(key, request);
    this.found.set(request, caller);
    return caller;
  }

  /** Whose key this is that came with the request; null for an unknown one. Throws TooManyAuthFailuresError. */
  ofKey(key: string | string[] | undefined, request: FastifyRequest): Promise<Caller | null> {
    return this.authenticate(key, networkOf(request.clientAddress));
  }

  /** A session that is good is not refused for what its network did: it can not be guessed. A forged one counts like a wrong key. */
  async ofSession(request: FastifyRequest): Promise<Caller | null> {
    try {
      const caller = await this.sessions?.callerOf(request);
      return caller ?? (await this.ofKey(undefined, request));
    } catch (error) {
      if (!(error instanceof ForgedSessionError)) {
        throw error;
      }
      const network = networkOf(request.clientAddress);
      if (this.failures.isBlocked(network)) {
        throw this.blocked(network);
      }
      this.failures.note(network);
      this.counters.unknownKey++;
      return null;
    }
  }

  private async authenticate(key: string | string[] | undefined, network: string): Promise<Caller | null> {
    if (typeof key !== 'string') {
      if (this.failures.isBlocked(network)) {
        throw this.blocked(network);
      }
      this.counters.missingKey++;
      return null;
    }
    const entry = `${network} ${digestOf(key)}`;
    const caller = await (this.accepted.has(entry) ? this.findAccepted(key, network) : this.findShared(entry, key, network));
    if (caller) {
      this.accepted.add(entry);
    } else {
      this.accepted.delete(entry);
      this.counters.unknownKey++;
    }
    return caller;
  }

  /** A key that worked within the last hour is looked up whatever its network did: it may have been revoked. */
  private async findAccepted(key: string, network: string): Promise<Caller | null> {
    const caller = await this.find(key);
    if (!caller) {
      this.failures.note(network);
    }
    return caller;
  }

  private async findShared(entry: string, key: string, network: string): Promise<Caller | null> {
    const running = this.lookups.get(entry);
    if (running) {
      const caller = await running;
      if (!caller) {
        this.failures.note(network);
      }
      return caller;
    }
    if (!this.failures.begin(network)) {
      throw this.blocked(network);
    }
    const lookup = this.findCounted(key, network).finally(() => this.lookups.delete(entry));
    this.lookups.set(entry, lookup);
    return lookup;
  }

  private async findCounted(key: string, network: string): Promise<Caller | null> {
    let caller: Caller | null;
    try {
      caller = await this.find(key);
    } catch (error) {
      this.failures.giveBack(network);
      throw error;
    }
    if (caller) {
      this.failures.giveBack(network);
    } else {
      this.failures.failed(network);
    }
    return caller;
  }

  private async find(key: string): Promise<Caller | null> {
    return this.keys.find(key) ?? (await this.stored.find(key));
  }

  private blocked(network: string): TooManyAuthFailuresError {
    this.counters.blocked++;
    return new TooManyAuthFailuresError(this.failures.retryAfterSeconds(network));
  }

  /** The log says it once per window, the audit once per hour; both for a bounded number of networks. */
  private report(network: string): void {
    this.counters.blockedAddresses++;
    const { API_AUTH_FAILURES_PER_ADDRESS: max, API_AUTH_FAILURE_WINDOW_SECONDS: seconds } = this.settings;
    this.logger.warn(
      `${max} failed authentications from ${network} within ${seconds} s: unknown keys from there get 429 meanwhile`,
      // The limit of log lines holds for all addresses together: the owner of a /48 of IPv6 has 65,536 networks.
      { remoteAddress: network, listener: 'API' },
    );
    if (!this.reports.admit(network)) {
      return;
    }
    const actor: AuditActor = { keyId: null, keyName: 'gateway', remoteAddress: network, requestId: null };
    void this.audit.recordDone({ actor, action: 'api.address-blocked', details: { failures: max, windowSeconds: seconds } });
  }
}

function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
