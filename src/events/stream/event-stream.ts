import { type ServerResponse } from 'node:http';
import { EVENT_CURSOR, type EventPosition, isBehind } from '../event-cursor.js';
import { cursorBlock, messageOf, type StreamEvent } from './stream-event.js';
import { passes, type StreamFilter } from './stream-filter.js';
import { SECOND_MS } from '../../platform/time-units.js';

/** Why a stream has ended. */
export const CLOSE_REASONS = ['client', 'overflow', 'stalled', 'stopping', 'key', 'expired', 'error'] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

/** How long a client waits before it connects again. */
const RETRY_MS = 2_000;
/** Of a stopping instance, spread over this time: clients must not all come to the next instance in the same moment. */
const STOPPING_RETRY_MS = { from: 200, to: 2_000 };
/** Time to read the rest for a client whose stream has ended. */
const LINGER_MS = 10 * SECOND_MS;
const KEEP_ALIVE_MS = 30 * SECOND_MS;
/** A client that has read nothing for this long, with bytes waiting for it. */
const STALLED_MS = 60 * SECOND_MS;

export type StreamHeaders = Readonly<Record<string, number | string | string[] | undefined>>;

export interface StreamOptions {
  readonly filter: StreamFilter;
  /** The stream begins behind this place. */
  readonly start: EventPosition;
  readonly maxBufferedBytes: number;
  /** Called once, when no more is sent. */
  readonly onClosed: (reason: CloseReason) => void;
}

/**
 * One client's stream: writes messages, and ends when the client does not read them in time. What waits for it is bounded by `maxBufferedBytes` and the
 * events of one round of the tail; these are the same bytes in all streams.
 */
export class EventStream {
  readonly filter: StreamFilter;
  sent = 0;
  heartbeatAt = performance.now();
  /** Everything up to here was sent, or does not pass the filter. */
  private place: EventPosition;
  private round = -1;
  private isEnded = false;
  private taken = { bytes: -1, at: performance.now() };

  constructor(
    private readonly response: ServerResponse,
    private readonly options: StreamOptions,
  ) {
    this.filter = options.filter;
    this.place = options.start;
  }

  get position(): EventPosition {
    return this.place;
  }

  get isOpen(): boolean {
    return !this.isEnded;
  }

  /**
   * Sends the headers, and the place from which a client resumes that loses the connection before the first event. A stream whose client is gone
   * already has ended when this returns.
   */
  open(headers: StreamHeaders): void {
    const { response } = this;
    const { socket } = response;
    if (this.isLost()) {
      // `close` was emitted before anything listened: while the request waited for the database.
      return;
    }
    // Heartbeats and the check for stalled clients take the place of the time limit of the server.
    socket?.setTimeout(0);
    socket?.setKeepAlive(true, KEEP_ALIVE_MS);
    // No chunks, the end of the connection is the end of the stream: an event's bytes are then the same for every client, and are not copied.
    response.useChunkedEncodingByDefault = false;
    response.once('close', () => this.finish('client'));
    // A write to a connection that was just lost. `close` follows.
    response.on('error', () => undefined);
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) {
        response.setHeader(name, value);
      }
    }
    response.write(cursorBlock(this.place, `retry: ${RETRY_MS}\n`));
  }

  /**
   * Sends an event, unless the stream is already past it.
   *
   * @param round what is sent in the same round is not yet read by any client, however fast: only what waits since earlier rounds counts.
   */
  send(event: StreamEvent, round: number): void {
    if (this.isEnded || !isBehind(event.position, this.place) || this.isLost()) {
      return;
    }
    if (round !== this.round && this.response.writableLength > this.options.maxBufferedBytes) {
      this.overflow();
      return;
    }
    this.round = round;
    this.place = event.position;
    this.sent++;
    this.response.write(event.bytes);
  }

  /** Sends those of consecutive events that pass the filter; the stream is past all of them then. */
  sendPassing(events: readonly StreamEvent[], round: number): void {
    events.filter((event) => passes(this.filter, event)).forEach((event) => this.send(event, round));
    const last = events.at(-1);
    if (last && this.isOpen) {
      this.pass(last.position);
    }
  }

  /** Nothing up to this place is to be sent any more. */
  pass(position: EventPosition): void {
    if (isBehind(position, this.place)) {
      this.place = position;
    }
  }

  /** Shows that the connection lives, and where to resume. Ends the stream of a client that reads nothing. */
  heartbeat(now: number): void {
    this.heartbeatAt = now;
    if (this.isLost()) {
      return;
    }
    const waiting = this.response.writableLength;
    const bytes = (this.response.socket?.bytesWritten ?? 0) - waiting;
    if (waiting === 0 || bytes !== this.taken.bytes) {
      this.taken = { bytes, at: now };
    } else if (now - this.taken.at >= STALLED_MS) {
      this.finish('stalled');
      this.response.destroy();
      return;
    }
    this.response.write(cursorBlock(this.place, ': heartbeat\n'));
  }

  /** Resolves when the client has taken most of what was written, or the stream has ended. */
  async drained(): Promise<void> {
    const { response } = this;
    if (this.isEnded || !response.writableNeedDrain) {
      return;
    }
    await new Promise<void>((resolve) => {
      const done = (): void => {
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });
  }

  close(reason: CloseReason): void {
    if (this.isEnded) {
      return;
    }
    if (reason === 'stopping') {
      const { from, to } = STOPPING_RETRY_MS;
      this.response.write(`retry: ${Math.round(from + Math.random() * (to - from))}\n\n`);
    }
    this.finish(reason);
    this.end();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.response.destroy();
  }

  /** Ends the stream of a connection that is closed. */
  private isLost(): boolean {
    const isLost = this.response.destroyed || this.response.closed;
    if (isLost) {
      this.finish('client');
    }
    return isLost;
  }

  private overflow(): void {
    const data = JSON.stringify({ cursor: EVENT_CURSOR.encode(this.place), maxBufferedBytes: this.options.maxBufferedBytes });
    this.response.write(messageOf(this.place, 'overflow', data));
    this.finish('overflow');
    this.end();
  }

  private finish(reason: CloseReason): void {
    if (!this.isEnded) {
      this.isEnded = true;
      this.options.onClosed(reason);
    }
  }

  private end(): void {
    const { response } = this;
    const timer = setTimeout(() => response.destroy(), LINGER_MS).unref();
    response.once('close', () => clearTimeout(timer));
    response.end();
  }
}
