import { ApiPropertyOptional } from '../../platform/http/open-api-decorators.js';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsIn, Matches } from 'class-validator';
import { commaSeparated } from '../../platform/config/variables.js';
import { Cursor, Optional } from '../../platform/http/request-values.js';
import { EVENT_CURSOR } from '../event-cursor.js';
import { EVENT_TYPES, type EventType } from '../event-types.js';

const MAX_DEVICES = 500;
const STARTS = ['now', 'cursor'] as const;

/** A parameter that is given several times, or once with commas. Empty entries do not count; without any it is absent. */
function Several(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => {
    const texts = [value].flat().filter((text) => typeof text === 'string');
    const entries = texts.flatMap(commaSeparated);
    return entries.length > 0 ? [...new Set(entries)] : undefined;
  });
}

/** Which events a stream sends, and from where. */
export class StreamQuery {
  /** Events of these devices only: given several times, or separated by commas; at most 500. */
  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'string', pattern: '^\\d{15}$' },
    maxItems: MAX_DEVICES,
    example: ['350612345678901'],
  })
  @Several()
  @Optional()
  @ArrayMaxSize(MAX_DEVICES, { message: `imei must name at most ${MAX_DEVICES} devices` })
  @Matches(/^\d{15}$/, { each: true, message: 'imei must be 15 digits, of several devices separated by commas' })
  readonly imei?: string[];

  /** Events of these types only: given several times, or separated by commas. */
  @ApiPropertyOptional({ type: 'array', items: { type: 'string', enum: [...EVENT_TYPES] }, example: ['telemetry'] })
  @Several()
  @Optional()
  @IsIn(EVENT_TYPES, { each: true, message: `type must be of ${EVENT_TYPES.join(', ')}` })
  readonly type?: EventType[];

  /**
   * `now`: events that are committed after the request. `cursor`: those behind `after`, or from the oldest that is kept. Not given: `cursor` with
   * `after`, else `now`.
   */
  @ApiPropertyOptional({ enum: STARTS })
  @Optional()
  @IsIn(STARTS, { message: `from must be one of ${STARTS.join(', ')}` })
  readonly from?: (typeof STARTS)[number];

  /**
   * Begin behind this event: the `id` of a message, or `nextCursor` of the feed. The header `Last-Event-ID` takes its place.
   * @example '81264_1207'
   */
  @Cursor(EVENT_CURSOR)
  readonly after?: string;
}
