import { type Api, type CallOptions, networkError } from './api.js';
import { delay, jittered, SECOND_MS } from './delay.js';
import { IotBrokerError } from './errors.js';
import { type FeedEvent } from './schema.generated.js';
import { type ServerSentEvent, ServerSentEventParser } from './server-sent-events.js';

/** What the host receives for an event: the JSON of a webhook. */
export type IotEvent = NonNullable<FeedEvent['body']>;
export type IotEventType = IotEvent['type'];

/** An event of the stream. `type` narrows `data`. */
export type StreamEvent = {
  [Type in IotEventType]: {
    readonly type: Type;
    readonly data: Extract<IotEvent, { type: Type }>;
    /** Give it as `after` to continue behind this event. */
    readonly cursor: string;
  };
}[IotEventType];

export interface StreamOptions extends CallOptions {
  /** Events of these devices only. */
  readonly imei?: string | readonly string[];
  /** Events of these types only. */
  readonly type?: IotEventType | readonly IotEventType[];
  /** Where to start: `now`, or at the event behind `after`. */
  readonly from?: 'now' | 'cursor';
  /** A cursor of this stream or of the feed. */
  readonly after?: string;
  /** A connection that is silent for longer is taken for dead. The gateway sends a comment every 15 s. Default 45,000. */
  readonly silenceMs?: number;
  /** Called when the connection was lost, with its error, before the pause. */
  readonly onReconnect?: (reconnect: { readonly error: unknown; readonly inMs: number }) => void;
}

const STREAM_PATH = '/api/v1/stream';
const DEFAULT_SILENCE_MS = 45_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
const OVERFLOW = 'overflow';

/** Where the stream stands between connections. */
interface Position {
  after: string | undefined;
  retryMs: number;
  /** Connections in a row that brought nothing. */
  failures: number;
}

/**
 * Events as they happen. A lost connection is replaced after a pause, and the events continue behind the last one. The pause grows with every failure, has
 * jitter, and is at least as long as the gateway asks for. Errors that no later attempt can change (401, 403, other 4xx) are thrown.
 *
 * The iteration ends when the signal is aborted, without an error.
 */
export async function* streamEvents(api: Api, options: StreamOptions): AsyncGenerator<StreamEvent, void, undefined> {
  const { signal, onReconnect } = options;
  const position: Position = { after: options.after, retryMs: FIRST_RETRY_MS, failures: 0 };
  while (!isAborted(signal)) {
    let error: unknown = null;
    try {
      yield* readConnection(api, options, position);
    } catch (cause) {
      if (isAborted(signal)) {
        return;
      }
      error = networkError(cause);
      if (!(error instanceof IotBrokerError && error.isTemporary)) {
        throw error;
      }
    }
    const inMs = pauseMs(position, error);
    position.failures++;
    onReconnect?.({ error, inMs });
    await delay(inMs, signal).catch(() => undefined);
  }
}

/** A function, because TypeScript takes the state before an await for the one after it. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted ?? false;
}

function pauseMs({ retryMs, failures }: Position, error: unknown): number {
  const grownMs = Math.min(retryMs * 2 ** failures, Math.max(LONGEST_RETRY_MS, retryMs));
  const askedMs = error instanceof IotBrokerError ? (error.retryAfterSeconds ?? 0) * SECOND_MS : 0;
  return Math.max(jittered(grownMs), askedMs);
}

/** The events of one connection, until it ends or an overflow replaces it. */
async function* readConnection(
  api: Api,
  options: StreamOptions,
  position: Position,
): AsyncGenerator<StreamEvent, void, undefined> {
  const connection = new AbortController();
  const abort = (): void => connection.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', abort, { once: true });
  const parser = new ServerSentEventParser();
  try {
    for await (const text of readTexts(api, options, position, connection)) {
      position.failures = 0;
      const events = parser.push(text);
      position.retryMs = parser.retryMs ?? position.retryMs;
      for (const event of events) {
        position.after = event.id || position.after;
        if (event.type === OVERFLOW) {
          position.after = overflowCursor(event) ?? position.after;
          return;
        }
        yield streamEvent(event);
      }
      position.after = parser.lastId || position.after;
    }
  } finally {
    options.signal?.removeEventListener('abort', abort);
    connection.abort();
  }
}

async function* readTexts(
  api: Api,
  { imei, type, from, silenceMs = DEFAULT_SILENCE_MS }: StreamOptions,
  { after }: Position,
  connection: AbortController,
): AsyncGenerator<string, void, undefined> {
  const silence = (): IotBrokerError => new IotBrokerError('NETWORK', `The stream was silent for ${silenceMs} ms`);
  let timer = setTimeout(() => connection.abort(silence()), silenceMs);
  try {
    const query = after === undefined ? { imei, type, from } : { imei, type, after };
    const body = await openStream(api, query, connection.signal);
    const reader = body.getReader();
    const decoder = new TextDecoder();
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => connection.abort(silence()), silenceMs);
      yield decoder.decode(chunk.value, { stream: true });
    }
  } finally {
    clearTimeout(timer);
  }
}

async function openStream(api: Api, query: object, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  // The document of an older gateway does not have the path.
  const get = api.GET as unknown as (path: string, init: object) => Promise<{ error?: unknown; response: Response }>;
  const headers = { accept: 'text/event-stream' };
  const { error, response } = await get(STREAM_PATH, { params: { query }, headers, parseAs: 'stream', signal });
  if (!response.ok) {
    throw IotBrokerError.of(response, error);
  }
  const { body, status } = response;
  if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !body) {
    throw new IotBrokerError('UNEXPECTED_ANSWER', 'The answer is not an event stream', { status });
  }
  return body;
}

function streamEvent({ type, data, id }: ServerSentEvent): StreamEvent {
  return { type, data: JSON.parse(data) as unknown, cursor: id } as StreamEvent;
}

/** The cursor is in the data; where it is not, it is the id. */
function overflowCursor({ data }: ServerSentEvent): string | undefined {
  try {
    const { cursor } = JSON.parse(data) as { cursor?: unknown };
    return typeof cursor === 'string' ? cursor : undefined;
  } catch {
    // Not JSON: the cursor itself, or nothing of use.
    return /^\d+_\d+$/.test(data) ? data : undefined;
  }
}
