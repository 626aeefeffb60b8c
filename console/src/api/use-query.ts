import { type ReadonlySignal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ApiError } from './api-error.js';
import { type ApiCall, call } from './call.js';

/** What a screen knows of what it asked for. */
export type QueryState<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly error: ApiError }
  /** `error`: the last attempt to read it again has failed, and this is what was read at `at`. */
  | { readonly kind: 'ready'; readonly data: T; readonly at: Date; readonly error: ApiError | null };

export interface Query<T> {
  readonly state: ReadonlySignal<QueryState<T>>;
  readonly call: ApiCall;
  /** Reads again, now. */
  readonly refresh: () => void;
}

export interface QueryOptions {
  /** Reads again so often while the page is visible. Not set: only on demand. */
  readonly everyMs?: number;
  /** Of calls that are not worth making: a scope that the key lacks. */
  readonly isEnabled?: boolean;
}

/** After a failure that may pass. */
const RETRY_MS = 3_000;

/**
 * Reads from the API for as long as the component is shown. Another path starts with nothing; the answer of an earlier path is not shown for a later one. What may
 * be temporary (no answer, the database, a limit) is retried automatically.
 */
export function useQuery<T>(request: ApiCall | string, { everyMs, isEnabled = true }: QueryOptions = {}): Query<T> {
  const asked: ApiCall = typeof request === 'string' ? { path: request } : request;
  const { path, as = 'json' } = asked;
  const reader = useMemo(() => new QueryReader<T>({ path, as }), [path, as]);
  useEffect(() => {
    if (!isEnabled) {
      return undefined;
    }
    reader.start(everyMs);
    return () => reader.stop();
  }, [reader, everyMs, isEnabled]);
  return reader;
}

class QueryReader<T> implements Query<T> {
  readonly state = signal<QueryState<T>>({ kind: 'loading' });
  private running: AbortController | null = null;
  private timer: number | undefined;
  private everyMs: number | undefined;

  constructor(readonly call: ApiCall) {}

  readonly refresh = (): void => {
    this.cancel();
    void this.read();
  };

  start(everyMs: number | undefined): void {
    this.everyMs = everyMs;
    document.addEventListener('visibilitychange', this.onVisibility);
    this.refresh();
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.cancel();
  }

  private readonly onVisibility = (): void => {
    if (document.visibilityState === 'visible' && this.everyMs !== undefined) {
      this.refresh();
    }
  };

  private async read(): Promise<void> {
    const running = new AbortController();
    this.running = running;
    try {
      const data = await call<T>(this.call, running.signal);
      this.state.value = { kind: 'ready', data, at: new Date(), error: null };
      this.schedule(this.everyMs);
    } catch (cause) {
      if (running.signal.aborted) {
        return;
      }
      const error = ApiError.from(cause);
      const before = this.state.peek();
      this.state.value = before.kind === 'ready' ? { ...before, error } : { kind: 'failed', error };
      this.schedule(error.isTemporary ? RETRY_MS : undefined);
    }
  }

  private schedule(ms: number | undefined): void {
    if (ms === undefined || this.running === null) {
      return;
    }
    this.timer = window.setTimeout(() => {
      // A hidden page reads again when it is shown.
      if (document.visibilityState === 'visible') {
        void this.read();
      }
    }, ms);
  }

  private cancel(): void {
    window.clearTimeout(this.timer);
    this.running?.abort();
    this.running = null;
  }
}
