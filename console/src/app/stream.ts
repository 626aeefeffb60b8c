import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { IotBroker, type StreamEvent } from '../../../client/src/index.js';
import { ApiError } from '../api/api-error.js';
import { consoleFetch } from '../api/fetch.js';
import { EventBatches, type EventListener } from './event-batches.js';

export { type StreamEvent };

/** `off`: the gateway records no events, or this key may not read them. Screens ask again and again then. */
export type StreamState = 'connecting' | 'live' | 'reconnecting' | 'off';

export const streamState = signal<StreamState>('connecting');
/** Grows when events may have been missed: the place in the log has expired. What was read before is to be read again. */
export const streamGaps = signal(0);

/** Before the stream is asked for again after a refusal: a gateway that was restarted may record events. */
const OFF_RETRY_MS = 30_000;
/** How often a screen reads what the stream reports, while there is no stream. */
const POLL_MS = 5_000;
/** The stream reports changes; this is for what it does not report. */
const LIVE_POLL_MS = 60_000;

const batches = new EventBatches();

/** The connection is open when its answer is: the iterator itself speaks first with the first event. */
const broker = new IotBroker({
  url: '',
  fetch: async (request) => {
    const response = await consoleFetch(request);
    if (response.ok) {
      streamState.value = 'live';
    }
    return response;
  },
});

/** Reads the stream until the signal is aborted. One per tab: the shell calls it. Never rejects. */
export async function followStream(signal: AbortSignal): Promise<void> {
  while (!isAborted(signal)) {
    try {
      for await (const event of broker.stream({ signal, onReconnect: () => (streamState.value = 'reconnecting') })) {
        batches.push(event);
      }
    } catch (cause) {
      await settleFailure(ApiError.from(cause), signal);
    }
  }
  batches.clear();
  streamState.value = 'connecting';
}

async function settleFailure(error: ApiError, signal: AbortSignal): Promise<void> {
  if (isAborted(signal)) {
    return;
  }
  if (error.code === 'CURSOR_EXPIRED') {
    streamState.value = 'reconnecting';
    streamGaps.value++;
    return;
  }
  streamState.value = 'off';
  await pause(OFF_RETRY_MS, signal);
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      window.clearTimeout(timer);
      resolve();
    });
  });
}

/** Calls the listener with what has arrived, at most once per animation frame, until the returned function is called. */
export function onEvents(listener: EventListener): () => void {
  return batches.listen(listener);
}

/** `onEvents` for as long as the component is shown. */
export function useEvents(listener: EventListener): void {
  const current = useRef(listener);
  useEffect(() => {
    current.current = listener;
  });
  useEffect(() => onEvents((events) => current.current(events)), []);
}

/** How often a screen reads again what the stream reports. Reads signals: a component that calls it follows them. */
export function pollMs(): number {
  return streamState.value === 'off' ? POLL_MS : LIVE_POLL_MS;
}

/** Calls `refresh` after a gap in the events. */
export function useGaps(refresh: () => void): void {
  const gaps = streamGaps.value;
  const seen = useRef(gaps);
  useEffect(() => {
    if (seen.current !== gaps) {
      seen.current = gaps;
      refresh();
    }
  });
}

/** Of one refresh after events: a read that takes longer than this would be cancelled by the next one. */
const REFRESH_MS = 1_000;

/** Calls `refresh` soon after events of interest, at most once a second, and after a gap. */
export function useRefreshOn(isOfInterest: (event: StreamEvent) => boolean, refresh: () => void): void {
  const timer = useRef<number | undefined>(undefined);
  const last = useRef(0);
  const latest = useRef(refresh);
  useEffect(() => {
    latest.current = refresh;
  });
  useEvents((events) => {
    if (timer.current === undefined && events.some(isOfInterest)) {
      timer.current = window.setTimeout(
        () => {
          timer.current = undefined;
          last.current = Date.now();
          latest.current();
        },
        Math.max(0, last.current + REFRESH_MS - Date.now()),
      );
    }
  });
  useGaps(refresh);
  useEffect(() => () => window.clearTimeout(timer.current), []);
}
