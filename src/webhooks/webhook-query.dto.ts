import { ApiPropertyOptional } from '../platform/http/open-api-decorators.js';
import { IsIn, Matches } from 'class-validator';
import { Cursor, Optional, OptionalTime, PageLimit } from '../platform/http/request-values.js';
import { EVENT_TYPES, type EventType } from '../events/event-types.js';
import { EVENT_CURSOR } from '../events/event-cursor.js';
import { EVENT_STATES, type EventState } from './deliverable-event.js';

const REPLAYABLE: readonly EventState[] = ['dead', 'delivered', 'recorded'];

/** Which events. Newest first. */
export class WebhookEventQuery {
  /** `recorded`: for the feed only, not delivered. */
  @ApiPropertyOptional({ enum: EVENT_STATES })
  @Optional()
  @IsIn(EVENT_STATES, { message: `state must be one of ${EVENT_STATES.join(', ')}` })
  readonly state?: EventState;

  /** What happened. */
  @ApiPropertyOptional({ enum: EVENT_TYPES })
  @Optional()
  @IsIn(EVENT_TYPES, { message: `type must be one of ${EVENT_TYPES.join(', ')}` })
  readonly type?: EventType;

  /**
   * Of one device only.
   * @example '350612345678901'
   */
  @Optional()
  @Matches(/^\d{15}$/, { message: 'imei must be 15 digits' })
  readonly imei?: string;

  /** Occurred at this time or later, ISO 8601 or Unix milliseconds. */
  @OptionalTime()
  readonly from?: Date;

  /** Occurred before this time. */
  @OptionalTime()
  readonly to?: Date;

  /** Events a page. */
  @PageLimit()
  readonly limit: number = 100;

  /**
   * `nextCursor` of the page before.
   * @example '81264_1207'
   */
  @Cursor(EVENT_CURSOR)
  readonly cursor?: string;
}

/** Which events are replayed. */
export class ReplayDto {
  /** How they stand now. */
  @ApiPropertyOptional({ enum: REPLAYABLE, default: 'dead' })
  @Optional()
  @IsIn(REPLAYABLE, { message: `state must be one of ${REPLAYABLE.join(', ')}` })
  readonly state: EventState = 'dead';

  /** What happened. */
  @ApiPropertyOptional({ enum: EVENT_TYPES })
  @Optional()
  @IsIn(EVENT_TYPES, { message: `type must be one of ${EVENT_TYPES.join(', ')}` })
  readonly type?: EventType;

  /**
   * Of one device only.
   * @example '350612345678901'
   */
  @Optional()
  @Matches(/^\d{15}$/, { message: 'imei must be 15 digits' })
  readonly imei?: string;

  /**
   * Occurred at this time or later, ISO 8601.
   * @example '2026-11-23T00:00:00Z'
   */
  @OptionalTime()
  readonly from?: Date;

  /**
   * Occurred before this time.
   * @example '2026-11-24T00:00:00Z'
   */
  @OptionalTime()
  readonly to?: Date;

  /**
   * `nextCursor` of the answer before, when there were more.
   * @example '81264_1207'
   */
  @Cursor(EVENT_CURSOR)
  readonly cursor?: string;
}

/** The `:id` of a path. */
export class EventIdParam {
  /**
   * The `eventId` of an event.
   * @example 'evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52'
   */
  @Matches(/^evt_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, { message: 'id must be an eventId: evt_ and a UUID' })
  readonly id!: string;
}
