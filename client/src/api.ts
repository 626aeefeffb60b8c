import createClient, { type Client } from 'openapi-fetch';
import { IotBrokerError } from './errors.js';
import { type paths } from './schema.generated.js';

export interface IotBrokerOptions {
  /** Where the gateway answers, without /api/v1: `https://iot.example.com`. Empty in a page that the gateway itself serves. */
  readonly url: string;
  /** Not needed where a cookie authenticates. */
  readonly apiKey?: string;
  /** Sent with every request. As a function for what changes, a CSRF token for example: it is called for each request. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
  /** In place of the global fetch. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** Which cookies a browser sends: `same-origin` when not given. */
  readonly credentials?: 'omit' | 'same-origin' | 'include';
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** The typed client of all operations. Its calls return `{ data, error, response }` and throw only when no answer comes. */
export type Api = Client<paths, 'application/json'>;

export function createApi({ url, apiKey, headers = {}, credentials, ...options }: IotBrokerOptions): Api {
  const api = createClient<paths, 'application/json'>({
    baseUrl: url.replace(/\/+$/, ''),
    fetch: options.fetch ?? ((request: Request) => globalThis.fetch(request)),
    ...(credentials === undefined ? {} : { credentials }),
    ...(apiKey === undefined ? {} : { headers: { 'x-api-key': apiKey } }),
  });
  api.use({
    onRequest({ request }) {
      for (const [name, value] of Object.entries(typeof headers === 'function' ? headers() : headers)) {
        request.headers.set(name, value);
      }
    },
  });
  return api;
}

interface Answer<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** The body of a successful answer. Throws IotBrokerError for any other, and what the signal was aborted with. */
export async function dataOf<Data>(answer: Promise<Answer<Data>>): Promise<NonNullable<Data>> {
  const { data, error, response } = await answer.catch((cause: unknown) => {
    throw networkError(cause);
  });
  if (!response.ok) {
    throw IotBrokerError.of(response, error);
  }
  if (typeof data !== 'object' || data === null) {
    throw new IotBrokerError('UNEXPECTED_ANSWER', 'The answer is not that of a gateway', { status: response.status });
  }
  return data;
}

/** fetch rejects with a TypeError when no answer comes, and with the reason of the signal, which stays as it is. */
export function networkError(cause: unknown): unknown {
  // By name: fetch can be one of another realm.
  switch ((cause as { readonly name?: unknown } | null)?.name) {
    case 'SyntaxError':
      return new IotBrokerError('UNEXPECTED_ANSWER', 'The answer is not JSON', { cause });
    case 'TypeError':
      return new IotBrokerError('NETWORK', 'The gateway could not be reached', { cause });
    default:
      return cause;
  }
}
