import { IotBrokerError } from '../../../client/src/errors.js';

/** The body of an answer that is not a success. */
export interface Problem {
  readonly error: string;
  readonly code: string;
  readonly requestId?: string;
  readonly [detail: string]: unknown;
}

/** Of a call that got no answer. */
export const UNREACHABLE = 'UNREACHABLE';
const DATABASE_UNAVAILABLE = 'DATABASE_UNAVAILABLE';

/** A call that was not answered with a success, or not at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    message: string,
    /** Null when no answer came. */
    readonly status: number | null,
    /** Of the API, or UNREACHABLE. */
    readonly code: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }

  get isDatabaseUnavailable(): boolean {
    return this.code === DATABASE_UNAVAILABLE;
  }

  /** Whether the same call can succeed a moment later. */
  get isTemporary(): boolean {
    return this.status === null || this.status === 429 || this.status >= 502;
  }

  static async of(response: Response): Promise<ApiError> {
    const problem = (await response.json().catch(() => null)) as Problem | null;
    const message = problem?.error ?? `The gateway answered ${response.status}`;
    return new ApiError(message, response.status, problem?.code ?? 'ERROR', problem ?? {});
  }

  /** For whatever a call was rejected with. */
  static from(error: unknown): ApiError {
    if (error instanceof IotBrokerError) {
      const { message, status, code, requestId, facts } = error;
      return new ApiError(message, status === 0 ? null : status, code, { requestId, facts });
    }
    return error instanceof ApiError ? error : new ApiError('The gateway does not answer', null, UNREACHABLE, { cause: error });
  }
}
