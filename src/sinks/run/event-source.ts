import { type EventPosition } from '../../events/event-cursor.js';
import { eventJson, publicEventId } from '../../events/event-envelope.js';
import { type EventLogReader, type LogStart } from '../../events/event-log-reader.js';
import { type EventType } from '../../events/event-types.js';
import { type SinkSource, type SourceLag, type SourcePage } from './sink-source.js';

/** Bounds what is in flight, beside the size of a page in bytes. */
const EVENTS_PER_BATCH = 500;

/** The events of the log whose types a sink publishes. */
export class EventSource implements SinkSource {
  /** @param types null: all of them. */
  constructor(
    private readonly log: EventLogReader,
    private readonly types: ReadonlySet<EventType> | null,
  ) {}

  start(from: LogStart): Promise<EventPosition> {
    return this.log.start(from);
  }

  async readAfter(after: EventPosition): Promise<SourcePage> {
    const { rows, hasMore } = await this.log.readAfter(after, EVENTS_PER_BATCH);
    const messages = rows
      .filter(({ type }) => this.types?.has(type) ?? true)
      .map((event) => ({
        id: publicEventId(event.eventId),
        imei: event.imei,
        type: event.type,
        payload: Buffer.from(eventJson(event)),
      }));
    const { transactionId, position } = rows.at(-1) ?? after;
    return { messages, end: { transactionId, position }, hasMore };
  }

  requireKept(position: EventPosition): Promise<void> {
    return this.log.requireKept(position);
  }

  placeBefore(time: Date): Promise<EventPosition> {
    return this.log.placeBefore(time);
  }

  lag(after: EventPosition): Promise<SourceLag> {
    return this.log.lag(after);
  }

  onAppended(): void {
    // The stream of all instances has these signals.
  }
}
