import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, type Repository, type SelectQueryBuilder } from 'typeorm';
import { TelemetrySettings } from '../telemetry.settings.js';
import { type BoundedTable } from '../../platform/retention/bounded-table.js';
import { TableRetention } from '../../platform/retention/table-retention.js';
import { QuarantinedFrame } from './quarantined-frame.entity.js';

/** What a device sent and could not be stored as records. */
export interface QuarantineEntry {
  readonly imei: string;
  readonly remoteAddress: string;
  readonly scope: 'frame' | 'record';
  readonly code: string;
  readonly detail: string;
  readonly raw: Buffer;
}

export interface QuarantineFilter {
  readonly imei?: string;
  readonly reason?: string;
  readonly from?: Date;
  readonly to?: Date;
}

/** The SQL on `tbl_iot_telemetry_quarantine`. */
@Injectable()
export class QuarantineRepository {
  private readonly table: BoundedTable;

  constructor(
    @InjectRepository(QuarantinedFrame) private readonly frames: Repository<QuarantinedFrame>,
    retention: TableRetention,
    settings: TelemetrySettings,
  ) {
    this.table = retention.register({
      table: 'tbl_iot_telemetry_quarantine',
      timeColumn: 'received_at',
      retentionDays: settings.QUARANTINE_RETENTION_DAYS,
      maxRows: settings.QUARANTINE_MAX_ROWS,
      perDevice: { imeiColumn: 'iot_imei', idColumn: 'quarantine_id', maxRows: settings.QUARANTINE_MAX_ROWS_PER_DEVICE },
      expendable: 'not exists (select from tbl_iot_devices device where device.imei = row.iot_imei)',
    });
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.frames.manager.transaction(work);
  }

  /** The same bytes of the same device are stored once, with a count. SQL: the query builder's `orUpdate` cannot add to the stored value. */
  async keep(entry: QuarantineEntry): Promise<void> {
    await this.frames.query(
      `insert into tbl_iot_telemetry_quarantine as kept (iot_imei, remote_address, scope, code, detail, raw)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (iot_imei, raw_hash) do update set occurrences = kept.occurrences + 1, last_received_at = now()`,
      [entry.imei, entry.remoteAddress, entry.scope, entry.code, entry.detail, entry.raw],
    );
    this.table.noteRows(entry.imei);
  }

  async find(quarantineId: string): Promise<QuarantinedFrame | null> {
    return this.frames.findOneBy({ quarantineId });
  }

  /** Ids and sizes, newest first. */
  async listSizes(filter: QuarantineFilter, beforeId: string | null, limit: number): Promise<{ id: string; bytes: number }[]> {
    const query = matching(this.frames.createQueryBuilder('entry'), filter);
    if (beforeId !== null) {
      query.andWhere('entry.quarantineId < :beforeId', { beforeId });
    }
    return query
      .select('entry.quarantineId', 'id')
      .addSelect('octet_length(entry.raw)', 'bytes')
      .orderBy('entry.quarantineId', 'DESC')
      .limit(limit)
      .getRawMany<{ id: string; bytes: number }>();
  }

  /** Newest first. */
  async findAll(ids: readonly string[]): Promise<QuarantinedFrame[]> {
    return this.frames.find({ where: { quarantineId: In([...ids]) }, order: { quarantineId: 'DESC' } });
  }

  /** The next rows after an id, oldest first, locked until the transaction ends. Rows that another transaction has locked are left out. */
  async lockNext(manager: EntityManager, filter: QuarantineFilter, afterId: string, limit: number): Promise<QuarantinedFrame[]> {
    return matching(manager.getRepository(QuarantinedFrame).createQueryBuilder('entry'), filter)
      .andWhere('entry.quarantineId > :afterId', { afterId })
      .orderBy('entry.quarantineId')
      .limit(limit)
      .setLock('pessimistic_write')
      .setOnLocked('skip_locked')
      .getMany();
  }

  async remove(manager: EntityManager, quarantineId: string): Promise<void> {
    await manager.getRepository(QuarantinedFrame).delete({ quarantineId });
  }
}

function matching(
  query: SelectQueryBuilder<QuarantinedFrame>,
  { imei, reason, from, to }: QuarantineFilter,
): SelectQueryBuilder<QuarantinedFrame> {
  query.where('true');
  if (imei !== undefined) {
    query.andWhere('entry.imei = :imei', { imei });
  }
  if (reason !== undefined) {
    query.andWhere('entry.reason = :reason', { reason });
  }
  if (from !== undefined) {
    query.andWhere('entry.receivedAt >= :from', { from });
  }
  if (to !== undefined) {
    query.andWhere('entry.receivedAt < :to', { to });
  }
  return query;
}
