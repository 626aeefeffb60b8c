import { ApiProperty } from '../platform/http/open-api-decorators.js';
import { Cursor, PageLimit } from '../platform/http/request-values.js';
import { JsonSource } from '../platform/json/json-source.js';
import { EVENT_CURSOR } from './event-cursor.js';
import { eventJson, publicEventId } from './event-envelope.js';
import { eventSchemaName } from './event-schemas.js';
import { EVENT_TYPES, type EventType } from './event-types.js';
import { type RecordedEvent } from './recorded-event.js';

const BODIES = [...EVENT_TYPES.map((type) => ({ $ref: `#/components/schemas/${eventSchemaName(type)}` })), { type: 'null' }];

/** An event as a webhook delivers it. */
export class FeedEventDto {
  /**
   * The `webhook-id` of the event when it is delivered alone.
   * @example 'evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52'
   */
  readonly eventId!: string;
  @ApiProperty({ enum: EVENT_TYPES })
  readonly type!: EventType;
  /** @example '350612345678901' */
  readonly imei!: string;
  /** Counts up within the device, without gaps. */
  readonly sequence!: number;
  /** @example '2026-11-23T12:00:00.000Z' */
  readonly occurredAt!: string;
  /** What a webhook delivers; of a failed command, its entry. Null for a telemetry event that has not been delivered or read, and still grows. */
  @ApiProperty({ oneOf: BODIES })
  readonly body!: unknown;

  static from(event: RecordedEvent): FeedEventDto {
    const { eventId, type, imei, sequence, occurredAt, body } = event;
    return {
      eventId: publicEventId(eventId),
      type,
      imei,
      sequence: Number(sequence),
      occurredAt,
      body: body === null ? null : new JsonSource(eventJson({ ...event, body })),
    };
  }
}

export class EventFeedDto {
  readonly success!: true;
  readonly count!: number;
  readonly events!: FeedEventDto[];
  /**
   * Give it as `after` to go on from here, now or when something has happened.
   * @example '81264_1207'
   */
  readonly nextCursor!: string;
  /** There is more at once. */
  readonly hasMore!: boolean;
}

/** From where in the feed. */
export class EventFeedQuery {
  /**
   * `nextCursor` of the last answer. Not given: from the oldest event that is kept.
   * @example '81264_1207'
   */
  @Cursor(EVENT_CURSOR)
  readonly after?: string;

  /** Events an answer. */
  @PageLimit()
  readonly limit: number = 100;
}
