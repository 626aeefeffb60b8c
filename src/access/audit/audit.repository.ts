import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type Repository } from 'typeorm';
import { AccessSettings } from '../access.settings.js';
import { TableRetention } from '../../platform/retention/table-retention.js';
import { type Page, readQueryPage } from '../../platform/database/bounded-page.js';
import { microsecondsToTime, TIME_CURSOR, timeToMicroseconds } from '../../platform/database/page-cursor.js';
import { AuditRecord } from './audit-record.entity.js';
import { type AuditEntryDto, type AuditQuery } from './audit.dto.js';

const FIELDS = `audit_id::text as "auditId", at, action, key_id::text as "keyId", key_name as "keyName", imei, details,
                remote_address as "remoteAddress", request_id as "requestId", ${timeToMicroseconds('at')} as "atUs"`;

export type AuditRow = AuditEntryDto & { readonly atUs: string };

/** Reads the audit for REST and registers its retention. AuditService writes it. */
@Injectable()
export class AuditRepository {
  constructor(
    @InjectRepository(AuditRecord) private readonly records: Repository<AuditRecord>,
    retention: TableRetention,
    settings: AccessSettings,
  ) {
    retention.register({
      table: 'tbl_iot_audit',
      timeColumn: 'at',
      retentionDays: settings.AUDIT_RETENTION_DAYS,
    });
  }

  /** Newest first. Conditions that are not asked for are left out of the statement, so that the ones that are find their index. */
  async list({ key, action, imei, from, to, cursor, limit }: AuditQuery): Promise<Page<AuditRow>> {
    const entries = this.records.createQueryBuilder('entry').select('entry.*');
    if (key !== undefined) {
      // The name of a key begins with a letter (see CreateKeyDto).
      entries.andWhere(/^\d{1,18}$/.test(key) ? 'entry.keyId = :key::bigint' : 'entry.keyName = :key', { key });
    }
    if (action !== undefined) {
      entries.andWhere('entry.action = :action', { action });
    }
    if (imei !== undefined) {
      entries.andWhere('entry.imei = :imei', { imei });
    }
    if (from !== undefined) {
      entries.andWhere('entry.at >= :from', { from });
    }
    if (to !== undefined) {
      entries.andWhere('entry.at < :to', { to });
    }
    if (cursor !== undefined) {
      entries.andWhere(`(entry.at, entry.auditId) < (${microsecondsToTime(':timeUs')}, :id::bigint)`, TIME_CURSOR.decode(cursor));
    }
    return readQueryPage<AuditRow>(this.records.manager, entries, {
      fields: FIELDS,
      orderBy: 'at desc, audit_id desc',
      bytes: 'octet_length(details::text)',
      limit,
    });
  }
}
