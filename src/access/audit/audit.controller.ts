import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../route-access.decorator.js';
import { type AuditListDto, AuditQuery } from './audit.dto.js';
import { AuditRepository } from './audit.repository.js';

@ApiTags('Keys and audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly audit: AuditRepository) {}

  /** Who did what, newest first: commands given and cancelled, keys made and revoked, and more. */
  @Get()
  @RequireScope('admin')
  async list(@Query() query: AuditQuery): Promise<AuditListDto> {
    const { rows, hasMore } = await this.audit.list(query);
    return {
      success: true,
      count: rows.length,
      entries: rows.map(({ cursor: _cursor, ...entry }) => entry),
      nextCursor: hasMore ? (rows.at(-1)?.cursor ?? null) : null,
    };
  }
}
