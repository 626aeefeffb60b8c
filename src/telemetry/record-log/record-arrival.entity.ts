import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { XID8 } from '../../platform/database/driver-statements.js';

/**
 * The keys of the new records of one batch, for sinks of all records. The key is the order in which they are read: as in the event log, only rows of
 * transactions older than any that is still running are shown.
 */
@Entity('tbl_iot_record_arrivals')
export class RecordArrival {
  @PrimaryColumn({ type: XID8, name: 'transaction_id', default: () => 'pg_current_xact_id()' })
  readonly transactionId!: string;

  /** A 64-bit number in decimal. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  readonly position!: string;

  @Column({ type: 'timestamptz', name: 'arrived_at', default: () => 'now()' })
  readonly arrivedAt!: Date;

  @Column({ type: 'text', array: true })
  readonly imeis!: string[];

  /** How many of the keys belong to each device. */
  @Column({ type: 'integer', array: true, name: 'key_counts' })
  readonly keyCounts!: number[];

  /** Device times, Unix milliseconds. */
  @Column({ type: 'bigint', array: true, name: 'key_times_ms' })
  readonly keyTimesMs!: string[];

  @Column({ type: 'bigint', array: true, name: 'key_hashes' })
  readonly keyHashes!: string[];
}

/** The newest arrival that retention has deleted: one row, or none. */
@Entity('tbl_iot_record_arrival_retention')
export class RecordArrivalRetentionMark {
  @PrimaryColumn({ type: 'boolean', name: 'is_only', default: true })
  readonly isOnly!: boolean;

  @Column({ type: XID8, name: 'transaction_id' })
  readonly transactionId!: string;

  @Column({ type: 'bigint' })
  readonly position!: string;
}
