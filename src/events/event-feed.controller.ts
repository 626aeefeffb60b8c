import { Controller, Get, Query, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '../platform/http/open-api-decorators.js';
import { ApiProblem } from '../platform/http/api-route.js';
import { JsonSourceInterceptor } from '../platform/json/json-source.js';
import { BEGINNING, EVENT_CURSOR } from './event-cursor.js';
import { EventsRepository } from './events.repository.js';
import { type EventFeedDto, EventFeedQuery, FeedEventDto } from './event.dto.js';

@ApiTags('Webhooks')
@Controller('events')
@UseInterceptors(JsonSourceInterceptor)
export class EventFeedController {
  constructor(private readonly repository: EventsRepository) {}

  /** The same events for a host that would rather fetch: in one order, from behind `after`; none is ever put before what was read. */
  @Get()
  @ApiOperation({ operationId: 'listEvents' })
  @ApiProblem(410, 'CURSOR_EXPIRED: events after `after` have been deleted, or it is of another database')
  async read(@Query() { after, limit }: EventFeedQuery): Promise<EventFeedDto> {
    const start = await this.repository.startOf(after === undefined ? BEGINNING : EVENT_CURSOR.decode(after));
    const { rows: events, hasMore } = await this.repository.readAfter(start, limit);
    await this.repository.requireKept(start);
    return {
      success: true,
      count: events.length,
      events: events.map((event) => FeedEventDto.from(event)),
      nextCursor: EVENT_CURSOR.encode(events.at(-1) ?? start),
      hasMore,
    };
  }
}
