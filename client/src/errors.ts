import { type DocumentedErrorCode, type GuardFacts, type Problem } from './schema.generated.js';

/**
 * Codes of the gateway, and of the client itself. NETWORK: no answer came. TIMEOUT: a time limit of the caller is over. UNEXPECTED_ANSWER: what answered
 * is not the gateway, a proxy for example.
 */
export type ErrorCode = DocumentedErrorCode | 'NETWORK' | 'TIMEOUT' | 'UNEXPECTED_ANSWER' | (string & {});

/** Request timeout, too many requests. */
const TEMPORARY = [408, 429];
const FIRST_SERVER_ERROR = 500;

interface ErrorDetails {
  readonly status?: number;
  readonly requestId?: string | null;
  readonly facts?: GuardFacts | undefined;
  readonly retryAfterSeconds?: number | null;
  readonly cause?: unknown;
}

/** Every error that the client throws, except the reason of an AbortSignal, which is thrown as it is. */
export class IotBrokerError extends Error {
  override readonly name = 'IotBrokerError';
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Identifies the request in the log of the gateway. Null when no answer came. */
  readonly requestId: string | null;
  /** Of GUARD_NOT_MET: what the guard was compared with. */
  readonly facts: GuardFacts | undefined;
  /** When another attempt makes sense, as the gateway says with 429 and 503. */
  readonly retryAfterSeconds: number | null;

  constructor(
    /** Stable: compare this, never the message. */
    readonly code: ErrorCode,
    message: string,
    { status = 0, requestId = null, facts, retryAfterSeconds = null, cause }: ErrorDetails = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.requestId = requestId;
    this.facts = facts;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the same request can succeed later: no answer, 408, 429 and 5xx. */
  get isTemporary(): boolean {
    return this.code === 'NETWORK' || TEMPORARY.includes(this.status) || this.status >= FIRST_SERVER_ERROR;
  }

  /** The error of an answer that is not a success. `body` is what was parsed of it. */
  static of({ status, headers }: Response, body: unknown): IotBrokerError {
    const { code, error, facts, requestId } = isProblem(body)
      ? body
      : { code: 'UNEXPECTED_ANSWER', error: `The server answered with status ${status}`, facts: undefined, requestId: null };
    const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
    return new IotBrokerError(code, error, {
      status,
      requestId: headers.get('x-request-id') ?? requestId ?? null,
      facts,
      retryAfterSeconds: Number.isNaN(retryAfter) ? null : retryAfter,
    });
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'error' in body;
}
