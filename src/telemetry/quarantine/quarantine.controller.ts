import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '../../platform/http/open-api-decorators.js';
import { ApiProblem } from '../../platform/http/api-route.js';
import { Actor, type AuditActor } from '../../access/audit/audit-actor.js';
import { RequireScope } from '../../access/route-access.decorator.js';
import {
  type QuarantineAnswerDto,
  QuarantineIdParam,
  type QuarantineListDto,
  QuarantineQuery,
  type QuarantineRetriedDto,
  RetryQuarantineDto,
} from './quarantine.dto.js';
import { QuarantineService } from './quarantine.service.js';

@ApiTags('Telemetry')
@Controller('quarantine')
export class QuarantineController {
  constructor(private readonly quarantine: QuarantineService) {}

  /** Bytes that devices sent and that could not be stored as records, newest first. */
  @Get()
  @ApiOperation({ operationId: 'listQuarantineEntries' })
  async list(@Query() query: QuarantineQuery): Promise<QuarantineListDto> {
    return { success: true, ...(await this.quarantine.list(query)) };
  }

  /** One entry of the quarantine. */
  @Get(':id')
  @ApiOperation({ operationId: 'getQuarantineEntry' })
  @ApiProblem(404, 'QUARANTINE_ENTRY_NOT_FOUND')
  async get(@Param() { id }: QuarantineIdParam): Promise<QuarantineAnswerDto> {
    return { success: true, entry: await this.quarantine.get(id) };
  }

  /** Decodes entries again, for example after an upgrade, and moves those that can be decoded to the stored records. */
  @Post('retry')
  @ApiOperation({ operationId: 'retryQuarantineEntries' })
  @RequireScope('admin')
  @HttpCode(HttpStatus.OK)
  async retry(@Body() request: RetryQuarantineDto, @Actor() actor: AuditActor): Promise<QuarantineRetriedDto> {
    return { success: true, ...(await this.quarantine.retry(request, actor)) };
  }
}
