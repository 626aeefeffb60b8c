import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/require-scope.decorator.js';
import { AuditQuery } from './audit-query.dto.js';
import { type AuditListDto } from './audit.dto.js';
import { AuditRepository } from './audit.repository.js';

@ApiTags('Keys and audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly audit: AuditRepository) {}

  /** Who did what, newest first: commands given and cancelled, keys made and revoked, and more. */
  @Get()
  @RequireScope('admin')
  async list(@Query() query: AuditQuery): Promise<AuditListDto> {
    const found = await this.audit.list(query, query.limit + 1);
    const page = found.slice(0, query.limit);
    return {
      success: true,
      count: page.length,
      entries: page.map(({ cursor: _cursor, ...entry }) => entry),
      nextCursor: found.length > query.limit ? (page.at(-1)?.cursor ?? null) : null,
    };
  }
}
