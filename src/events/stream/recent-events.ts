import { type EventPosition, isBehind } from '../event-cursor.js';
import { type StreamEvent } from './stream-event.js';

const MAX_EVENTS = 2_000;
/** Characters of their bodies. */
const MAX_SIZE = 4_194_304;

/**
 * The events at the end of the log, as the tail has read them: all that stand behind `start`, up to `end`. A client that was away for a moment resumes
 * from here, without a query; and a stream that has read the log on its own meets the tail here, however fast that moves.
 */
export class RecentEvents {
  private readonly events: StreamEvent[] = [];
  private size = 0;
  private last: EventPosition;

  constructor(private start: EventPosition) {
    this.last = start;
  }

  /** The place of the last event that was read. */
  get end(): EventPosition {
    return this.last;
  }

  add(events: readonly StreamEvent[]): void {
    this.events.push(...events);
    this.size += events.reduce((sum, { size }) => sum + size, 0);
    this.last = events.at(-1)?.position ?? this.last;
    let left = 0;
    for (; this.events.length - left > MAX_EVENTS || this.size > MAX_SIZE; left++) {
      this.size -= this.events[left]?.size ?? 0;
    }
    this.start = this.events[left - 1]?.position ?? this.start;
    this.events.splice(0, left);
  }

  /** Whether every event behind this place that has been read is here. */
  covers(position: EventPosition): boolean {
    return !isBehind(this.start, position);
  }

  /** Up to `limit` of the events behind this place. */
  after(position: EventPosition, limit: number): StreamEvent[] {
    const first = this.events.findIndex((event) => isBehind(event.position, position));
    return first === -1 ? [] : this.events.slice(first, first + limit);
  }
}
