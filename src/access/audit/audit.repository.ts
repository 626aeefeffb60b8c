import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AccessSettings } from '../access.settings.js';
import { TableRetention } from '../../platform/retention/table-retention.js';
import { type Page, readPage } from '../../platform/database/bounded-page.js';
import { type AuditEntryDto, type AuditQuery } from './audit.dto.js';

const FIELDS = `audit_id::text as "auditId", at, action, key_id::text as "keyId", key_name as "keyName", imei, details,
                remote_address as "remoteAddress", request_id as "requestId"`;

export type AuditRow = AuditEntryDto & { readonly cursor: string };

/** Reads the audit for REST and registers its retention. AuditService writes it. */
@Injectable()
export class AuditRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    retention: TableRetention,
    settings: AccessSettings,
  ) {
    retention.register({
      table: 'tbl_iot_audit',
      timeColumn: 'at',
      retentionDays: settings.AUDIT_RETENTION_DAYS,
    });
  }

  /** Newest first. SQL, since window functions limit a page in bytes (readPage). Conditions that are not asked for are left out of the statement, so that the ones that are find their index. */
  async list(query: AuditQuery): Promise<Page<AuditRow>> {
    const values: unknown[] = [];
    const placed = (value: unknown): string => `$${values.push(value)}`;
    const { key, action, imei, from, to, cursor, limit } = query;
    const [atUs, id] = cursor?.split('_') ?? [];
    const conditions = [
      // The name of a key begins with a letter (see CreateKeyDto).
      key !== undefined && (/^\d{1,18}$/.test(key) ? `key_id = ${placed(key)}::bigint` : `key_name = ${placed(key)}`),
      action !== undefined && `action = ${placed(action)}`,
      imei !== undefined && `imei = ${placed(imei)}`,
      from !== undefined && `at >= ${placed(from)}`,
      to !== undefined && `at < ${placed(to)}`,
      atUs !== undefined &&
        `(at, audit_id) < (timestamptz 'epoch' + ${placed(atUs)}::bigint * interval '1 microsecond', ${placed(id)}::bigint)`,
    ].filter((condition) => condition !== false);
    return readPage<AuditRow>(
      this.dataSource.manager,
      {
        fields: `${FIELDS}, (extract(epoch from at) * 1000000)::bigint || '_' || audit_id as cursor`,
        alias: 'entry',
        columns: '*',
        from: 'tbl_iot_audit entry',
        where: conditions.length > 0 ? `where ${conditions.join(' and ')}` : '',
        orderBy: 'at desc, audit_id desc',
        bytes: 'octet_length(details::text)',
        limit,
      },
      values,
    );
  }
}
