import { ApiError } from './api-error.js';
import { consoleFetch } from './fetch.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One call of the API, as it is made and as `copy as curl` shows it. */
export interface ApiCall {
  readonly method?: Method;
  /** With the prefix and the query: `/api/v1/devices?limit=50`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How the answer is read. Not set: JSON. */
  readonly as?: 'json' | 'text';
}

/** Makes a call and returns the body of its answer. Rejects with ApiError, and with an AbortError of `signal`. */
export async function call<T>(
  { method = 'GET', path, body, headers = {}, as = 'json' }: ApiCall,
  signal?: AbortSignal,
): Promise<T> {
  let response: Response;
  try {
    response = await consoleFetch(path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw signal?.aborted === true ? error : ApiError.from(error);
  }
  if (!response.ok) {
    throw await ApiError.of(response);
  }
  return (await response[as]()) as T;
}

/** A path with a query of the values that are set. */
export function withQuery(path: string, values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') {
      query.set(name, String(value));
    }
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** The call as a command for a shell. The key is a variable: a command is pasted into chats and tickets. */
export function curlOf({ method = 'GET', path, body, headers = {} }: ApiCall): string {
  const sent = { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  return [
    'curl -sS',
    ...(method === 'GET' ? [] : [`-X ${method}`]),
    '-H "x-api-key: $IOT_API_KEY"',
    ...Object.entries(sent).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`-d ${quoted(JSON.stringify(body))}`]),
    quoted(new URL(path, window.location.origin).href),
  ].join(' ');
}

/** For a POSIX shell: nothing within single quotes has a meaning. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
