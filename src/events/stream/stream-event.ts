import { EVENT_CURSOR, type EventPosition } from '../event-cursor.js';
import { eventJson } from '../event-envelope.js';
import { type EventType } from '../event-types.js';
import { type RecordedEvent } from '../recorded-event.js';

/** What ends a line of a stream. In JSON they stand between the tokens only: `metadata` comes as the host has sent it. */
const LINE_END = /\r\n|\r|\n/;

/** An event of the log as every stream sends it. Its bytes are made when the first stream sends it, and shared by all. */
export class StreamEvent {
  readonly position: EventPosition;
  readonly type: EventType;
  readonly imei: string;
  /** Characters of its body: about what it occupies in memory. */
  readonly size: number;
  private encoded: Buffer | null = null;

  constructor(private readonly event: RecordedEvent & { readonly body: string }) {
    const { transactionId, position, type, imei, body } = event;
    this.position = { transactionId, position };
    this.type = type;
    this.imei = imei;
    this.size = body.length;
  }

  get bytes(): Buffer {
    return (this.encoded ??= Buffer.from(messageOf(this.position, this.event.type, eventJson(this.event))));
  }
}

/** The events of a page up to the first that is still open, if there is one. */
export function streamEventsOf(page: readonly RecordedEvent[]): StreamEvent[] {
  const events: StreamEvent[] = [];
  for (const { body, ...event } of page) {
    if (body === null) {
      break;
    }
    events.push(new StreamEvent({ ...event, body }));
  }
  return events;
}

/** A message of a stream (HTML standard, "Server-sent events"). */
export function messageOf(position: EventPosition, type: string, json: string): string {
  const data = json.split(LINE_END).map((line) => `data: ${line}\n`);
  return `id: ${EVENT_CURSOR.encode(position)}\nevent: ${type}\n${data.join('')}\n`;
}

/**
 * Moves the place at which a client resumes, without a message: a block without data changes the last event id and dispatches nothing.
 * With few events behind its filter, a client would otherwise resume at an old one, and read the log from there.
 */
export function cursorBlock(position: EventPosition, lines: string): string {
  return `${lines}id: ${EVENT_CURSOR.encode(position)}\n\n`;
}
