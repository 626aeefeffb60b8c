import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { ClientAddresses } from '../../access/authentication/client-address.js';
import { ForgedSessionError, type SessionCallers } from '../../access/authentication/session-callers.js';
import { KeyBindings } from '../../access/keys/key-bindings.js';
import { type Caller } from '../../access/scope.js';
import { AuditService } from '../../access/audit/audit.service.js';
import { DomainError } from '../../platform/errors/errors.js';
import { HOUR_MS, SECOND_MS } from '../../platform/time-units.js';
import { ConsoleSessionsRepository } from './console-sessions.repository.js';
import { KnownSessions } from './known-sessions.js';
import { refuseOtherSites, requireOwnPage } from './own-page.js';
import { csrfTokenOf, isSame, SessionCookie } from './session-cookie.js';

const LASTS_HOURS = 12;
/** One more ends the oldest. */
const MAX_SESSIONS_PER_KEY = 50;
export const CSRF_HEADER = 'x-csrf-token';

/** A change with a session of the console lacks its CSRF token. */
class CsrfTokenError extends DomainError {
  override readonly name = 'CsrfTokenError';
  readonly code = 'CSRF_TOKEN_INVALID';
  readonly httpStatus = 403;

  constructor() {
    super(`A change with a session needs the header ${CSRF_HEADER} with the csrfToken of GET /console/session`);
  }
}

/** A session with its caller. */
export interface SignedIn {
  readonly caller: Caller;
  readonly token: Buffer;
  readonly csrfToken: string;
  readonly expiresAt: Date;
}

/** Makes, finds and ends sessions. They are rows of the database, so that any instance takes them and none takes one that was ended. */
@Injectable()
export class ConsoleSessions implements SessionCallers {
  private cookie: Promise<SessionCookie> | null = null;

  constructor(
    private readonly repository: ConsoleSessionsRepository,
    private readonly known: KnownSessions,
    private readonly keys: KeyBindings,
    private readonly clients: ClientAddresses,
    private readonly audit: AuditService,
  ) {}

  /** @param key that was found to be the one of `caller`. */
  async begin(key: string, caller: Caller, request: FastifyRequest): Promise<SignedIn> {
    const token = (await this.cookies()).makeToken();
    const binding = this.keys.bind(key, caller, token);
    await this.repository.transaction(async (manager) => {
      await this.repository.insert(manager, { ...binding, digest: digestOf(token), lastsHours: LASTS_HOURS });
      await this.repository.trim(manager, caller.keyId, MAX_SESSIONS_PER_KEY);
      await this.audit.record({ actor: actorOf(caller, request), action: 'console.signed-in' }, manager);
    });
    return { caller, token, csrfToken: csrfTokenOf(token), expiresAt: new Date(Date.now() + LASTS_HOURS * HOUR_MS) };
  }

  /** A session of which the key is good no longer has ended with it: then only the row is deleted. */
  async end(token: Buffer, request: FastifyRequest): Promise<void> {
    const digest = digestOf(token);
    const caller = await this.callerNow(token);
    await this.repository.transaction(async (manager) => {
      if ((await this.repository.delete(manager, digest)) && caller) {
        await this.audit.record({ actor: actorOf(caller, request), action: 'console.signed-out' }, manager);
      }
    });
    this.known.forget(digest);
  }

  /**
   * Ends the session of a request, also one of which the key is good no longer. False when the request carries no session that this gateway has given
   * out. Throws ForeignPageError, CsrfTokenError.
   */
  async signOut(request: FastifyRequest): Promise<boolean> {
    const token = await this.tokenOf(request);
    if (!token || token === 'forged') {
      return false;
    }
    this.requireOwnChange(csrfTokenOf(token), request);
    await this.end(token, request);
    return true;
  }

  /** The token of the cookie, whether its session is good or not. */
  async tokenOf({ headers, raw }: FastifyRequest): Promise<Buffer | 'forged' | null> {
    return headers.cookie === undefined ? null : (await this.cookies()).read(headers.cookie, this.clients.usesTls(raw));
  }

  /** Null without a session, or when its key is good no longer. Throws ForgedSessionError. Rejects while the database is unavailable. */
  async find(request: FastifyRequest): Promise<SignedIn | null> {
    const token = await this.tokenOf(request);
    if (token === 'forged') {
      throw new ForgedSessionError();
    }
    const session = token && (await this.known.find(digestOf(token)));
    const caller = token && session ? await this.keys.find(session, token) : null;
    if (!token || !session || !caller) {
      return null;
    }
    return { caller, token, csrfToken: csrfTokenOf(token), expiresAt: new Date(Date.now() + session.remainingMs()) };
  }

  /**
   * For the API: a request must be one that the console's own page has made, or the user by its address. Throws ForgedSessionError,
   * ForeignPageError, CsrfTokenError.
   */
  async callerOf(request: FastifyRequest): Promise<Caller | null> {
    const session = await this.find(request);
    if (!session) {
      return null;
    }
    if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) {
      refuseOtherSites(request.headers);
    } else {
      this.requireOwnChange(session.csrfToken, request);
    }
    const { caller, token } = session;
    return { ...caller, session: { id: digestOf(token).toString('hex'), find: () => this.callerNow(token) } };
  }

  private async callerNow(token: Buffer): Promise<Caller | null> {
    const session = await this.known.find(digestOf(token));
    return session && this.keys.find(session, token);
  }

  private requireOwnChange(csrfToken: string, request: FastifyRequest): void {
    this.requireOwnPage(request);
    const given = request.headers[CSRF_HEADER];
    if (typeof given !== 'string' || !isSame(given, csrfToken)) {
      throw new CsrfTokenError();
    }
  }

  /** Throws ForeignPageError. */
  requireOwnPage(request: FastifyRequest): void {
    requireOwnPage(request.headers, this.clients.hostOf(request.raw));
  }

  /** The Set-Cookie header that gives the browser this session, or takes any away from it. */
  async cookieHeader(session: SignedIn | null, request: FastifyRequest): Promise<string> {
    const maxAgeSeconds = session ? (LASTS_HOURS * HOUR_MS) / SECOND_MS : 0;
    return (await this.cookies()).header(session?.token ?? null, {
      isSecure: this.clients.usesTls(request.raw),
      maxAgeSeconds,
    });
  }

  private cookies(): Promise<SessionCookie> {
    this.cookie ??= this.repository.secret(randomBytes(32)).then(
      (secret) => new SessionCookie(secret),
      (error: unknown) => {
        this.cookie = null;
        throw error;
      },
    );
    return this.cookie;
  }
}

function actorOf({ keyId, name }: Caller, { clientAddress, id }: FastifyRequest) {
  return { keyId, keyName: name, remoteAddress: clientAddress, requestId: id };
}

function digestOf(token: Buffer): Buffer {
  return createHash('sha256').update(token).digest();
}
