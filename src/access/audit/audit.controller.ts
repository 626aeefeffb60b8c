import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '../../platform/http/open-api-decorators.js';
import { TIME_CURSOR } from '../../platform/database/page-cursor.js';
import { RequireScope } from '../route-access.decorator.js';
import { type AuditListDto, AuditQuery } from './audit.dto.js';
import { AuditRepository } from './audit.repository.js';

@ApiTags('Keys and audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly audit: AuditRepository) {}

  /** Who did what, newest first: commands given and cancelled, keys made and revoked, and more. */
  @Get()
  @ApiOperation({ operationId: 'listAuditEntries' })
  @RequireScope('admin')
  async list(@Query() query: AuditQuery): Promise<AuditListDto> {
    const page = await this.audit.list(query);
    return {
      success: true,
      count: page.rows.length,
      entries: page.rows.map(({ atUs: _atUs, ...entry }) => entry),
      nextCursor: TIME_CURSOR.next(page, ({ atUs, auditId }) => ({ timeUs: atUs, id: auditId })),
    };
  }
}
