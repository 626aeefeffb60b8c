import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { type EventType } from './event-types.js';
import { XID8 } from '../platform/database/driver-statements.js';

/** An event of the log. The key is the order of the feed: see docs/decisions/0007-events-for-the-host.md. */
@Entity('tbl_iot_events')
export class LoggedEvent {
  @PrimaryColumn({ type: XID8, name: 'transaction_id', default: () => 'pg_current_xact_id()' })
  readonly transactionId!: string;

  /** A 64-bit number in decimal. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  readonly position!: string;

  /** Counts the events of the device. A 64-bit number in decimal. */
  @Column({ type: 'bigint' })
  readonly sequence!: string;

  @Column({ type: 'timestamptz', name: 'occurred_at', default: () => 'now()' })
  readonly occurredAt!: Date;

  @Column({ type: 'timestamptz', name: 'delivered_at', nullable: true })
  readonly deliveredAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'dead_at', nullable: true })
  readonly deadAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'first_received_at', nullable: true })
  readonly firstReceivedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'last_received_at', nullable: true })
  readonly lastReceivedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'newest_time', nullable: true })
  readonly newestTime!: Date | null;

  @Column({ type: 'bigint', name: 'newest_hash', nullable: true })
  readonly newestHash!: string | null;

  @Column({ type: 'uuid', name: 'event_id', default: () => 'gen_random_uuid()' })
  readonly eventId!: string;

  @Column({ type: 'integer', name: 'record_count', nullable: true })
  readonly recordCount!: number | null;

  /** Of `recordCount`, the records that the body does not list although it lists records: too many waited for the host. */
  @Column({ type: 'integer', name: 'records_left_out', default: 0 })
  readonly recordsLeftOut!: number;

  /** A telemetry event that was neither sent nor read yet: newer records are merged into it. */
  @Column({ type: 'boolean', name: 'is_open', default: false })
  readonly isOpen!: boolean;

  @Column({ type: 'boolean', name: 'newest_is_plausible', nullable: true })
  readonly newestIsPlausible!: boolean | null;

  @Column({ type: 'text' })
  readonly imei!: string;

  @Column({ type: 'text' })
  readonly type!: EventType;

  /** Null while the event is open. */
  @Column({ type: 'json', nullable: true })
  readonly body!: unknown;

  /** Of the webhooks: the attempt that delivered the event, where that was the first one. */
  @Column({ type: 'json', name: 'first_attempt', nullable: true })
  readonly firstAttempt!: unknown;
}

/** The last sequence number of a device, that of its newest telemetry event, and the transaction that its last event stands under in the feed. */
@Entity('tbl_iot_event_sequences')
export class EventSequence {
  @PrimaryColumn({ type: 'text' })
  readonly imei!: string;

  /** A 64-bit number in decimal. */
  @Column({ type: 'bigint', name: 'last_sequence' })
  readonly lastSequence!: string;

  /** 0 when the device has none. A 64-bit number in decimal. */
  @Column({ type: 'bigint', name: 'telemetry_sequence', default: 0 })
  readonly telemetrySequence!: string;

  @Column({ type: XID8, name: 'last_transaction_id', default: '0' })
  readonly lastTransactionId!: string;
}

/** The key of one record of a telemetry event; with WEBHOOK_TELEMETRY_RECORDS=all only. */
@Entity('tbl_iot_event_records')
export class EventRecord {
  @PrimaryColumn({ type: 'uuid', name: 'event_id' })
  readonly eventId!: string;

  @Column({ type: 'text' })
  readonly imei!: string;

  @PrimaryColumn({ type: 'timestamptz', name: 'iot_timestamp' })
  readonly recordTime!: Date;

  @PrimaryColumn({ type: 'bigint', name: 'record_hash' })
  readonly recordHash!: string;
}

/** When the events were given numbers of this cluster: one row, or none. See `transaction-numbers.ts`. */
@Entity('tbl_iot_event_adoption')
export class EventAdoption {
  @PrimaryColumn({ type: 'boolean', name: 'is_only', default: true })
  readonly isOnly!: boolean;

  @Column({ type: XID8, name: 'transaction_id' })
  readonly transactionId!: string;

  /** Later events are behind it, those of before are not. A 64-bit number in decimal. */
  @Column({ type: 'bigint', name: 'first_position' })
  readonly firstPosition!: string;
}

/** The newest event that retention has deleted: one row, or none. */
@Entity('tbl_iot_event_retention')
export class EventRetentionMark {
  @PrimaryColumn({ type: 'boolean', name: 'is_only', default: true })
  readonly isOnly!: boolean;

  @Column({ type: XID8, name: 'transaction_id' })
  readonly transactionId!: string;

  @Column({ type: 'bigint' })
  readonly position!: string;
}
