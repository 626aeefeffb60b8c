import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { Actor } from '../../platform/audit/actor.decorator.js';
import { type AuditActor } from '../../platform/audit/audit-entry.js';
import { RequireScope } from '../../platform/http/require-scope.decorator.js';
import {
  type QuarantineAnswerDto,
  QuarantineIdParam,
  type QuarantineListDto,
  QuarantineQuery,
  type QuarantineRetriedDto,
  RetryQuarantineDto,
} from './quarantine.dto.js';
import { QuarantineService } from './quarantine.service.js';

const problem = (status: number, description: string) =>
  ApiResponse({ status, description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } } });

@ApiTags('Telemetry')
@problem(HttpStatus.SERVICE_UNAVAILABLE, 'The database cannot be reached')
@Controller('quarantine')
export class QuarantineController {
  constructor(private readonly quarantine: QuarantineService) {}

  /** Bytes that devices sent and that could not be stored as records, newest first. */
  @Get()
  async list(@Query() query: QuarantineQuery): Promise<QuarantineListDto> {
    return { success: true, ...(await this.quarantine.list(query)) };
  }

  /** One entry of the quarantine. */
  @Get(':id')
  @problem(HttpStatus.NOT_FOUND, 'Not in quarantine')
  async get(@Param() { id }: QuarantineIdParam): Promise<QuarantineAnswerDto> {
    return { success: true, entry: await this.quarantine.get(id) };
  }

  /** Decodes entries again, for example after an upgrade, and moves those that can be decoded to the stored records. */
  @Post('retry')
  @RequireScope('admin')
  @HttpCode(HttpStatus.OK)
  async retry(@Body() request: RetryQuarantineDto, @Actor() actor: AuditActor): Promise<QuarantineRetriedDto> {
    return { success: true, ...(await this.quarantine.retry(request, actor)) };
  }
}
