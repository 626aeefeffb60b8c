import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, type Repository } from 'typeorm';
import { type AuditEntry } from './audit-entry.js';
import { AuditRecord } from './audit-record.entity.js';

/** Appends to the audit. */
@Injectable()
export class AuditService {
  private readonly logger = new Logger(AuditService.name);
  private lost = 0;

  constructor(@InjectRepository(AuditRecord) private readonly records: Repository<AuditRecord>) {}

  /** Entries that could not be written since the start. */
  get entriesLost(): number {
    return this.lost;
  }

  /** In the transaction of the action: both are committed, or neither. A failure must become the failure of the action. */
  async record(entry: AuditEntry, manager: EntityManager): Promise<void> {
    await append(manager.getRepository(AuditRecord), entry);
  }

  /** For what the gateway did without the database, and can not undo. A failure is logged with the entry, and counted. */
  async recordDone(entry: AuditEntry): Promise<void> {
    try {
      await append(this.records, entry);
    } catch (error) {
      this.lost++;
      this.logger.error(`Not in the audit: ${JSON.stringify(entry)}: ${String(error)}`);
    }
  }
}

async function append(records: Repository<AuditRecord>, { actor, action, imei = null, details = {} }: AuditEntry): Promise<void> {
  await records.insert({ ...actor, action, imei, details });
}
