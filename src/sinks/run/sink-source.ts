import { type EventPosition } from '../../events/event-cursor.js';
import { type LogStart } from '../../events/event-log-reader.js';
import { type SinkMessage } from '../engine/sink-engine.js';

/** What a sink reads at a time. */
export interface SourcePage {
  readonly messages: readonly SinkMessage[];
  /** Behind everything that was read, also what the sink does not publish. */
  readonly end: EventPosition;
  /** There is more at once. */
  readonly hasMore: boolean;
}

export interface SourceLag {
  readonly events: number;
  readonly seconds: number;
}

/** What a sink publishes: in one order, from any place in it. */
export interface SinkSource {
  /** Where a new sink begins. */
  start(from: LogStart): Promise<EventPosition>;
  /** Throws CursorExpiredError. */
  readAfter(after: EventPosition): Promise<SourcePage>;
  /** Throws CursorExpiredError. */
  requireKept(position: EventPosition): Promise<void>;
  placeBefore(time: Date): Promise<EventPosition>;
  lag(after: EventPosition): Promise<SourceLag>;
  /** Calls back when something may have been appended in this process that has no signal among those of events. */
  onAppended(listener: () => void): void;
}
