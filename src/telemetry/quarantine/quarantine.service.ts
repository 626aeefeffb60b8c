import { Injectable } from '@nestjs/common';
import { type AuditActor } from '../../access/audit/audit-actor.js';
import { AuditService } from '../../access/audit/audit.service.js';
import { DomainError } from '../../platform/errors/errors.js';
import { ID_CURSOR } from '../../platform/database/page-cursor.js';
import { givenMembers } from '../../platform/http/request-values.js';
import { QuarantineEntryDto, type QuarantineQuery, type RetryQuarantineDto } from './quarantine.dto.js';
import { QuarantineRepository } from './quarantine.repository.js';
import { QuarantineRetry, type RetryResult } from './quarantine-retry.js';

/** A page ends after the entry that reaches it; its hex is twice as long. */
const MAX_PAGE_BYTES = 1_048_576;
const DEFAULT_RETRIED_ROWS = 100;

/** The quarantine has no entry with this id. */
export class QuarantineEntryNotFoundError extends DomainError {
  override readonly name = 'QuarantineEntryNotFoundError';
  readonly code = 'QUARANTINE_ENTRY_NOT_FOUND';
  readonly httpStatus = 404;

  constructor() {
    super('The quarantine has no entry with this id');
  }
}

export interface QuarantinePage {
  readonly count: number;
  readonly entries: QuarantineEntryDto[];
  readonly nextCursor: string | null;
}

/** REST operations on the quarantine: list, read, retry. */
@Injectable()
export class QuarantineService {
  constructor(
    private readonly repository: QuarantineRepository,
    private readonly retries: QuarantineRetry,
    private readonly audit: AuditService,
  ) {}

  /** Sizes are read first: 1,000 frames of the largest size must not be in memory at once. */
  async list({ limit, cursor, ...filter }: QuarantineQuery): Promise<QuarantinePage> {
    const beforeId = cursor === undefined ? null : ID_CURSOR.decode(cursor).id;
    const sizes = await this.repository.listSizes(filter, beforeId, limit + 1);
    const page = sizes.slice(0, Math.min(limit, lengthOfPage(sizes)));
    const found = await this.repository.findAll(page.map(({ id }) => id));
    return {
      count: found.length,
      entries: found.map((entry) => QuarantineEntryDto.from(entry)),
      nextCursor: ID_CURSOR.next({ rows: page, hasMore: page.length < sizes.length }, ({ id }) => ({ id })),
    };
  }

  /** Throws QuarantineEntryNotFoundError. */
  async get(quarantineId: string): Promise<QuarantineEntryDto> {
    const entry = await this.repository.find(quarantineId);
    if (!entry) {
      throw new QuarantineEntryNotFoundError();
    }
    return QuarantineEntryDto.from(entry);
  }

  /** Each transaction that moves entries has an audit entry of its own. */
  async retry(request: RetryQuarantineDto, actor: AuditActor): Promise<RetryResult> {
    const { limit = DEFAULT_RETRIED_ROWS, cursor, ...filter } = givenMembers(request);
    const { imei = null, ...asked } = filter;
    const afterId = cursor === undefined ? '0' : ID_CURSOR.decode(cursor).id;
    return this.retries.retry(filter, afterId, limit, (manager, rows) =>
      this.audit.record({ actor, action: 'quarantine.retried', imei, details: { ...asked, ...rows } }, manager),
    );
  }
}

/** How many entries fill a page: at least one. */
function lengthOfPage(sizes: readonly { bytes: number }[]): number {
  let bytes = 0;
  const last = sizes.findIndex((entry) => (bytes += entry.bytes) >= MAX_PAGE_BYTES);
  return last === -1 ? sizes.length : last + 1;
}
