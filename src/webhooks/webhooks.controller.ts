import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
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
  async list(@Query() query: WebhookEventQuery): Promise<WebhookEventListDto> {
    const { events, nextCursor } = await this.webhooks.list(query);
    return { success: true, count: events.length, events: events.map((event) => WebhookEventDto.from(event)), nextCursor };
  }

  /** One event with every attempt to deliver it. */
  @Get('events/:id')
  @ApiProblem(404, 'EVENT_NOT_FOUND')
  async get(@Param() { id }: EventIdParam): Promise<WebhookEventAnswerDto> {
    const { event, ...attempts } = await this.webhooks.get(id);
    return { success: true, event: WebhookEventDto.from(event), ...attempts };
  }

  /** Tells the host of an event once more, under the same id, whatever became of it before. */
  @Post('events/:id/replay')
  @ApiProblem(404, 'EVENT_NOT_FOUND')
  @ApiProblem(409, 'WEBHOOKS_DISABLED: NOTIFICATION_URL is not set')
  @HttpCode(HttpStatus.ACCEPTED)
  async replay(@Param() { id }: EventIdParam, @Actor() actor: AuditActor): Promise<ReplayAcceptedDto> {
    await this.webhooks.replay(id, actor);
    return { success: true, replayed: 1, nextCursor: null };
  }

  /** Tells the host of many events once more: without a state, of those that were given up. */
  @Post('replay')
  @ApiProblem(409, 'WEBHOOKS_DISABLED: NOTIFICATION_URL is not set')
  @HttpCode(HttpStatus.ACCEPTED)
  async replayAll(@Body() replay: ReplayDto, @Actor() actor: AuditActor): Promise<ReplayAcceptedDto> {
    return { success: true, ...(await this.webhooks.replayAll(replay, actor)) };
  }

  /** The backlog, its oldest event, and whether the host is thought to be there. */
  @Get('status')
  async status(): Promise<WebhookStatusDto> {
    return { success: true, ...(await this.webhooks.status()) };
  }
}
