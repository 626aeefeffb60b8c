import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '../platform/http/open-api-decorators.js';
import { Actor, type AuditActor } from '../access/audit/audit-actor.js';
import { RequireScope } from '../access/route-access.decorator.js';
import { ApiProblem } from '../platform/http/api-route.js';
import { type SinkAnswerDto, type SinkListDto } from './sink.dto.js';
import { RewindDto, SinkNameParam } from './sink-query.dto.js';
import { SinksService } from './sinks.service.js';

@ApiTags('Sinks')
@Controller('sinks')
export class SinksController {
  constructor(private readonly sinks: SinksService) {}

  /** The sinks that SINKS configures: how far each engine has received the events, and whether it receives them now. */
  @Get()
  @ApiOperation({ operationId: 'listSinks' })
  async list(): Promise<SinkListDto> {
    const sinks = await this.sinks.list();
    return { success: true, count: sinks.length, sinks };
  }

  /** Publishes the events behind a cursor, or from a time on, again; or passes over events. It begins within a second. A sink that is `expired` begins to publish, one that is paused stays paused. */
  @Post(':name/rewind')
  @HttpCode(HttpStatus.OK)
  @RequireScope('admin')
  @ApiOperation({ operationId: 'rewindSink' })
  @ApiProblem(404, 'SINK_NOT_FOUND')
  @ApiProblem(410, 'CURSOR_EXPIRED: events after `cursor` have been deleted, or it is of another database')
  async rewind(@Param() { name }: SinkNameParam, @Body() body: RewindDto, @Actor() actor: AuditActor): Promise<SinkAnswerDto> {
    return { success: true, sink: await this.sinks.rewind(name, body, actor) };
  }

  /** Publishes nothing to the sink until it is resumed, also after a restart. What is in flight is finished. */
  @Post(':name/pause')
  @HttpCode(HttpStatus.OK)
  @RequireScope('admin')
  @ApiOperation({ operationId: 'pauseSink' })
  @ApiProblem(404, 'SINK_NOT_FOUND')
  async pause(@Param() { name }: SinkNameParam, @Actor() actor: AuditActor): Promise<SinkAnswerDto> {
    return { success: true, sink: await this.sinks.setPaused(name, true, actor) };
  }

  /** Publishes again, from where the sink was paused. */
  @Post(':name/resume')
  @HttpCode(HttpStatus.OK)
  @RequireScope('admin')
  @ApiOperation({ operationId: 'resumeSink' })
  @ApiProblem(404, 'SINK_NOT_FOUND')
  async resume(@Param() { name }: SinkNameParam, @Actor() actor: AuditActor): Promise<SinkAnswerDto> {
    return { success: true, sink: await this.sinks.setPaused(name, false, actor) };
  }
}
