import { Column, Entity, PrimaryColumn } from 'typeorm';
import { XID8 } from '../platform/database/driver-statements.js';

/** A sink: its place in what it publishes, and which instance publishes. A sink that is no longer configured keeps its row. */
@Entity('tbl_iot_sinks')
export class Sink {
  @PrimaryColumn({ type: 'text' })
  readonly name!: string;

  @Column({ type: 'text' })
  readonly engine!: string;

  /** With `position`: everything up to this place has been acknowledged by the engine. */
  @Column({ type: XID8, name: 'transaction_id' })
  readonly transactionId!: string;

  @Column({ type: 'bigint' })
  readonly position!: string;

  /** How often an operator has set the place. */
  @Column({ type: 'integer', default: 0 })
  readonly rewinds!: number;

  /** Acknowledged messages; one that is published again counts again. A 64-bit number in decimal. */
  @Column({ type: 'bigint', default: 0 })
  readonly published!: string;

  @Column({ type: 'timestamptz', name: 'published_at', nullable: true })
  readonly publishedAt!: Date | null;

  @Column({ type: 'uuid', name: 'leased_by', nullable: true })
  readonly leasedBy!: string | null;

  @Column({ type: 'timestamptz', name: 'leased_until', nullable: true })
  readonly leasedUntil!: Date | null;

  @Column({ type: 'timestamptz', name: 'paused_at', nullable: true })
  readonly pausedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'expired_at', nullable: true })
  readonly expiredAt!: Date | null;

  /** Null while the last attempt succeeded. */
  @Column({ type: 'text', name: 'last_error', nullable: true })
  readonly lastError!: string | null;

  @Column({ type: 'timestamptz', name: 'last_error_at', nullable: true })
  readonly lastErrorAt!: Date | null;
}
