import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { type AuditEntry } from './audit-entry.js';

interface Waiting {
  readonly entry: AuditEntry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Appends to the audit. Where a transaction does the deed, it is given: the deed and its entry happen together or not at all. */
@Injectable()
export class AuditService {
  private readonly logger = new Logger(AuditService.name);
  private waiting: Waiting[] = [];
  private isWriting = false;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Resolves when the entry is written (with a manager: in its transaction). */
  record(entry: AuditEntry, manager?: EntityManager): Promise<void> {
    return manager ? append(manager, [entry]) : this.join(entry);
  }

  /**
   * For a deed that is done and can't be undone, a command that may be on its way: a failure to write is logged with the entry,
   * but does not become the answer. A host that reads "failed" would do it again.
   */
  async recordDone(entry: AuditEntry): Promise<void> {
    try {
      await this.record(entry);
    } catch (error) {
      this.logger.error(`Not in the audit: ${JSON.stringify(entry)}: ${String(error)}`);
    }
  }

  /** Entries that come while others are being written are written together: a burst of commands costs a few commits, not one each. */
  private join(entry: AuditEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ entry, resolve, reject });
      if (!this.isWriting) {
        void this.writeWaiting();
      }
    });
  }

  private async writeWaiting(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await append(
          this.dataSource.manager,
          batch.map(({ entry }) => entry),
        );
        batch.forEach(({ resolve }) => resolve());
      } catch (error) {
        batch.forEach(({ reject }) => reject(error));
      }
    }
    this.isWriting = false;
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
