import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query, UseInterceptors } from '@nestjs/common';
import { ApiOperation, ApiTags } from '../platform/http/open-api-decorators.js';
import { ApiProblem } from '../platform/http/api-route.js';
import { Actor, type AuditActor } from '../access/audit/audit-actor.js';
import { JsonSourceInterceptor } from '../platform/json/json-source.js';
import {
  type ReplayAcceptedDto,
  type WebhookEventAnswerDto,
  WebhookEventDto,
  type WebhookEventListDto,
  type WebhookStatusDto,
} from './webhook-event.dto.js';
import { EventIdParam, ReplayDto, WebhookEventQuery } from './webhook-query.dto.js';
import { WebhooksService } from './webhooks.service.js';

@ApiTags('Webhooks')
@Controller('webhooks')
@UseInterceptors(JsonSourceInterceptor)
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  /** Events and how their deliveries stand, newest first. */
  @Get('events')
  @ApiOperation({ operationId: 'listWebhookEvents' })
  async list(@Query() query: WebhookEventQuery): Promise<WebhookEventListDto> {
    const { events, nextCursor } = await this.webhooks.list(query);
    return { success: true, count: events.length, events: events.map((event) => WebhookEventDto.from(event)), nextCursor };
  }

  /** One event with every attempt to deliver it. */
  @Get('events/:id')
  @ApiOperation({ operationId: 'getWebhookEvent' })
  @ApiProblem(404, 'EVENT_NOT_FOUND')
  async get(@Param() { id }: EventIdParam): Promise<WebhookEventAnswerDto> {
    const { event, ...attempts } = await this.webhooks.get(id);
    return { success: true, event: WebhookEventDto.from(event), ...attempts };
  }

  /** Delivers an event again, with the same id, in whatever state it is. */
  @Post('events/:id/replay')
  @ApiOperation({ operationId: 'replayWebhookEvent' })
  @ApiProblem(404, 'EVENT_NOT_FOUND')
  @ApiProblem(409, 'WEBHOOKS_DISABLED: NOTIFICATION_URL is not set')
  @HttpCode(HttpStatus.ACCEPTED)
  async replay(@Param() { id }: EventIdParam, @Actor() actor: AuditActor): Promise<ReplayAcceptedDto> {
    await this.webhooks.replay(id, actor);
    return { success: true, replayed: 1, nextCursor: null };
  }

  /** Delivers many events again: without a state, those whose delivery was given up. */
  @Post('replay')
  @ApiOperation({ operationId: 'replayWebhookEvents' })
  @ApiProblem(409, 'WEBHOOKS_DISABLED: NOTIFICATION_URL is not set')
  @HttpCode(HttpStatus.ACCEPTED)
  async replayAll(@Body() replay: ReplayDto, @Actor() actor: AuditActor): Promise<ReplayAcceptedDto> {
    return { success: true, ...(await this.webhooks.replayAll(replay, actor)) };
  }

  /** The backlog, its oldest event, and the state of the circuit breaker. */
  @Get('status')
  @ApiOperation({ operationId: 'getWebhookStatus' })
  async status(): Promise<WebhookStatusDto> {
    return { success: true, ...(await this.webhooks.status()) };
  }
}
