import { type StreamEvent } from '../../../client/src/index.js';

export type EventListener = (events: readonly StreamEvent[]) => void;

/** More do not wait for a frame: a tab that is not drawn must not collect without end. */
const MAX_WAITING = 2_000;
/** A hidden page has no animation frames. */
const HIDDEN_MS = 1_000;

/** Collects events until the next animation frame, so that a screen is rendered once for all of them. */
export class EventBatches {
  private readonly listeners = new Set<EventListener>();
  private waiting: StreamEvent[] = [];
  private cancel: (() => void) | null = null;

  listen(listener: EventListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  push(event: StreamEvent): void {
    if (this.listeners.size === 0) {
      return;
    }
    this.waiting.push(event);
    if (this.waiting.length >= MAX_WAITING) {
      this.flush();
    } else {
      this.cancel ??= schedule(() => this.flush());
    }
  }

  clear(): void {
    this.cancel?.();
    this.cancel = null;
    this.waiting = [];
  }

  private flush(): void {
    const events = this.waiting;
    this.clear();
    for (const listener of this.listeners) {
      try {
        listener(events);
      } catch (error) {
        // One screen that fails must not end the stream of the others.
        console.error(error);
      }
    }
  }
}

function schedule(flush: () => void): () => void {
  if (document.visibilityState === 'hidden') {
    const timer = window.setTimeout(flush, HIDDEN_MS);
    return () => window.clearTimeout(timer);
  }
  const frame = window.requestAnimationFrame(flush);
  return () => window.cancelAnimationFrame(frame);
}
