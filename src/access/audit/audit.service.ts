import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { type AuditEntry } from './audit-entry.js';

/** Appends to the audit. */
@Injectable()
export class AuditService {
  private readonly logger = new Logger(AuditService.name);
  private lost = 0;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Entries that could not be written since the start. */
  get entriesLost(): number {
    return this.lost;
  }

  /** In the transaction of the action: both are committed, or neither. A failure must become the failure of the action. */
  async record(entry: AuditEntry, manager: EntityManager): Promise<void> {
    await append(manager, [entry]);
  }

  /** For what the gateway did without the database, and can not undo. A failure is logged with the entry, and counted. */
  async recordDone(entry: AuditEntry): Promise<void> {
    try {
      await append(this.dataSource.manager, [entry]);
    } catch (error) {
      this.lost++;
      this.logger.error(`Not in the audit: ${JSON.stringify(entry)}: ${String(error)}`);
    }
  }
}

async function append(manager: EntityManager, entries: readonly AuditEntry[]): Promise<void> {
  const rows = entries.map(({ actor, action, imei = null, details = {} }) => ({ ...actor, action, imei, details }));
  await manager.query(
    `insert into tbl_iot_audit (action, key_id, key_name, imei, details, remote_address, request_id)
     select action, "keyId", "keyName", imei, details, "remoteAddress", "requestId"
       from json_to_recordset($1::json)
         as entry (action text, "keyId" bigint, "keyName" text, imei text, details json, "remoteAddress" text, "requestId" text)`,
    [JSON.stringify(rows)],
  );
}
