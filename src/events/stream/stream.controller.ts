import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '../../platform/http/open-api-decorators.js';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { actorOf, callerOf } from '../../access/audit/audit-actor.js';
import { InvalidInputError } from '../../platform/errors/errors.js';
import { ApiProblem } from '../../platform/http/api-route.js';
import { BEGINNING, EVENT_CURSOR, type EventPosition } from '../event-cursor.js';
import { EventLog } from '../event-log.js';
import { EVENT_TYPES } from '../event-types.js';
import { EventStreams } from './event-streams.js';
import { StreamQuery } from './stream-query.dto.js';
import { EventsNotRecordedError } from './stream.errors.js';

const LAST_EVENT_ID = 'last-event-id';
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // Positions of vehicles are not to be kept; and what a proxy compresses, it collects first.
  'cache-control': 'no-store, no-transform',
  // nginx: pass on every write.
  'x-accel-buffering': 'no',
};
const EXAMPLE = `retry: 2000
id: 81264_0

id: 81264_1207
event: device.connected
data: {"imei":"350612345678901","connectedAt":"2026-11-23T12:00:00.000Z","eventId":"evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52","type":"device.connected","sequence":7,"occurredAt":"2026-11-23T12:00:00.000Z"}

: heartbeat
id: 81270_1211

`;

/**
 * Not Nest's `@Sse()`: it formats every message for every client, from an Observable each, and disconnects a slow client without a last message.
 * Here an event's bytes are made once and are shared by all streams, and a slow client gets the place to resume at. Guards, pipes and the
 * filter of errors run before the handler as on every other route; then the handler takes the connection over.
 */
@ApiTags('Webhooks')
@Controller('stream')
export class StreamController {
  constructor(
    private readonly streams: EventStreams,
    private readonly log: EventLog,
  ) {}

  /**
   * Streams events as they happen, as Server-Sent Events. `id` is the cursor of the feed, `event` the type, `data` the JSON that a webhook delivers.
   * A client that connects again with `Last-Event-ID` gets every event that follows it, once. A comment is sent every 15 seconds. A client that reads too slowly
   * gets `event: overflow` with the `cursor` at which it resumes, and is disconnected.
   */
  @Get()
  @ApiOperation({ operationId: 'streamEvents' })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The `id` of the last message that was received. It takes the place of `after` and `from`; browsers send it.',
    schema: { type: 'string', pattern: EVENT_CURSOR.pattern.source, example: '81264_1207' },
  })
  @ApiOkResponse({
    description:
      'The stream. It ends when the client disconnects, reads too slowly, or its key is revoked or its session ends, and when the instance stops.',
    content: { 'text/event-stream': { schema: { type: 'string' }, example: EXAMPLE } },
  })
  @ApiProblem(409, 'EVENTS_NOT_RECORDED: neither EVENT_FEED_ENABLED nor NOTIFICATION_URL is set')
  @ApiProblem(410, 'CURSOR_EXPIRED: events after the cursor have been deleted, or it is of another database')
  @ApiProblem(429, 'TOO_MANY_STREAMS: STREAM_MAX_CONNECTIONS or STREAM_MAX_CONNECTIONS_PER_KEY is reached')
  async open(@Query() query: StreamQuery, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const after = startOf(query, request.headers[LAST_EVENT_ID]);
    if (!EVENT_TYPES.some((type) => this.log.records(type))) {
      throw new EventsNotRecordedError();
    }
    if (request.method === 'HEAD') {
      void reply.headers(HEADERS).send();
      return;
    }
    const { imei, type } = query;
    const filter = { imeis: imei ? new Set(imei) : null, types: type ? new Set(type) : null };
    await this.streams.open({ actor: actorOf(request), caller: callerOf(request), filter, after }, () => {
      reply.hijack();
      return { response: reply.raw, headers: { ...reply.getHeaders(), ...HEADERS } };
    });
  }
}

/** Null: from now. Throws InvalidInputError. */
function startOf({ from, after }: StreamQuery, lastEventId: string | string[] | undefined): EventPosition | null {
  if (typeof lastEventId === 'string' && lastEventId !== '') {
    if (!EVENT_CURSOR.pattern.test(lastEventId)) {
      throw new InvalidInputError('Last-Event-ID must be the id of a message of this stream');
    }
    return EVENT_CURSOR.decode(lastEventId);
  }
  if (from === 'now' && after !== undefined) {
    throw new InvalidInputError('after is not taken with from=now');
  }
  if (after !== undefined) {
    return EVENT_CURSOR.decode(after);
  }
  return from === 'cursor' ? BEGINNING : null;
}
