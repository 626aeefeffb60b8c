import { Matches } from 'class-validator';
import { EVENT_CURSOR } from '../events/event-cursor.js';
import { Cursor, OptionalTime } from '../platform/http/request-values.js';

/** The `:name` of a sink. */
export class SinkNameParam {
  /** @example 'nats' */
  @Matches(/^[a-z0-9][a-z0-9-]{0,49}$/, { message: 'name must be lower-case letters, digits and dashes' })
  readonly name!: string;
}

/** Where a sink goes on: `cursor` or `time`, one of them. */
export class RewindDto {
  /**
   * Behind this event: a `cursor` of a sink or a `nextCursor` of `GET events`. `0_0` is the place before the first event.
   * @example '81264_1207'
   */
  @Cursor(EVENT_CURSOR)
  readonly cursor?: string;

  /** From the first event of this time or later. */
  @OptionalTime()
  readonly time?: Date;
}
