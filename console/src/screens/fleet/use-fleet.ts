import { type ReadonlySignal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ApiError } from '../../api/api-error.js';
import { pollMs, streamGaps, streamState, useEvents } from '../../app/stream.js';
import { applyEvents } from './fleet-events.js';
import { FleetStore } from './fleet-store.js';
import { loadConnected, loadFleet, loadPositions } from './load-fleet.js';

export type FleetState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly error: ApiError }
  | { readonly kind: 'ready'; readonly error: ApiError | null };

export interface Fleet {
  readonly store: FleetStore;
  readonly state: ReadonlySignal<FleetState>;
  readonly retry: () => void;
}

const RETRY_MS = 3_000;

/** The fleet, read once and then kept by the stream. Without a stream it is read again every few seconds. */
export function useFleet(): Fleet {
  const fleet = useMemo(() => new LiveFleet(), []);
  useEvents((events) => applyEvents(fleet.store, events));
  const everyMs = pollMs();
  const isPolling = streamState.value === 'off';
  const gaps = streamGaps.value;
  useEffect(() => fleet.stop, [fleet]);
  // After a gap in the stream what it did not report is read.
  useEffect(() => fleet.retry(), [fleet, gaps]);
  useEffect(() => {
    const timer = window.setInterval(() => void fleet.poll(isPolling), everyMs);
    return () => window.clearInterval(timer);
  }, [fleet, everyMs, isPolling]);
  return fleet;
}

class LiveFleet implements Fleet {
  readonly store = new FleetStore();
  readonly state = signal<FleetState>({ kind: 'loading' });
  private running = new AbortController();
  private timer: number | undefined;

  readonly retry = (): void => {
    this.stop();
    this.running = new AbortController();
    void this.load(this.running.signal);
  };

  readonly stop = (): void => {
    window.clearTimeout(this.timer);
    this.running.abort();
  };

  /** What the stream would report. A hidden page asks for nothing. */
  async poll(isWithPositions: boolean): Promise<void> {
    const { signal: running } = this.running;
    if (this.state.peek().kind !== 'ready' || document.visibilityState !== 'visible') {
      return;
    }
    try {
      await loadConnected(this.store, running);
      if (isWithPositions) {
        await loadPositions(this.store, running);
      }
      this.state.value = { kind: 'ready', error: null };
    } catch (error) {
      this.fail(error, running);
    }
  }

  private async load(running: AbortSignal): Promise<void> {
    try {
      await loadFleet(this.store, running);
      this.store.publish();
      this.state.value = { kind: 'ready', error: null };
    } catch (error) {
      this.fail(error, running);
    }
  }

  private fail(cause: unknown, running: AbortSignal): void {
    if (running.aborted) {
      return;
    }
    const error = ApiError.from(cause);
    this.state.value = this.state.peek().kind === 'ready' ? { kind: 'ready', error } : { kind: 'failed', error };
    if (error.isTemporary) {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(this.retry, RETRY_MS);
    }
  }
}
