import { Column, Entity, PrimaryColumn } from 'typeorm';
import { ATTRIBUTE_COLUMNS } from '../telemetry-columns.js';
import { type StoredIo } from './telemetry-record.js';

/** The columns of a record that belong to no key. Those of attributes follow from ATTRIBUTE_COLUMNS. */
abstract class RecordColumns {
  @Column({ type: 'timestamptz', name: 'timestamp' })
  readonly receivedAt!: Date;

  @Column({ type: 'numeric', precision: 10, scale: 7 })
  readonly latitude!: string;

  @Column({ type: 'numeric', precision: 10, scale: 7 })
  readonly longitude!: string;

  @Column({ type: 'smallint' })
  readonly altitude!: number;

  @Column({ type: 'integer' })
  readonly angle!: number;

  @Column({ type: 'smallint' })
  readonly satellites!: number;

  @Column({ type: 'integer' })
  readonly speed!: number;

  @Column({ type: 'smallint' })
  readonly priority!: number;

  @Column({ type: 'integer', name: 'event_io_id' })
  readonly eventIoId!: number;

  @Column({ type: 'smallint', name: 'generation_type', nullable: true })
  readonly generationType!: number | null;

  @Column({ type: 'jsonb', nullable: true })
  readonly io!: StoredIo | null;
}

for (const { name, type } of ATTRIBUTE_COLUMNS) {
  const digits = type === 'numeric' ? { precision: 20, scale: 0 } : {};
  Column({ type, nullable: true, ...digits })(RecordColumns.prototype, name);
}

/** One AVL record. The table has one partition for each day. Reads and writes of many records are SQL: see telemetry-record.ts. */
@Entity('tbl_iot_telemetry_data')
export class TelemetryRow extends RecordColumns {
  @PrimaryColumn({ type: 'text', name: 'iot_imei' })
  readonly imei!: string;

  @PrimaryColumn({ type: 'timestamptz', name: 'iot_timestamp' })
  readonly deviceTime!: Date;

  /** XXH64 of the bytes of the record. A 64-bit number in decimal. */
  @PrimaryColumn({ type: 'bigint', name: 'record_hash' })
  readonly recordHash!: string;
}

/** The newest record of a device. */
@Entity('tbl_iot_telemetry_latest')
export class LatestRow extends RecordColumns {
  @PrimaryColumn({ type: 'text', name: 'iot_imei' })
  readonly imei!: string;

  @Column({ type: 'timestamptz', name: 'iot_timestamp' })
  readonly deviceTime!: Date;

  @Column({ type: 'bigint', name: 'record_hash' })
  readonly recordHash!: string;
}
