import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { XID8 } from '../../platform/database/driver-statements.js';

/**
 * New records of one batch. Element i of each array belongs to the device with `imeis[i]`. Times are Unix milliseconds: the gateway writes and reads
 * them without a conversion.
 */
abstract class ArrivedReports {
  @Column({ type: 'timestamptz', name: 'arrived_at', default: () => 'now()' })
  readonly arrivedAt!: Date;

  /** A record of each of these devices has the priority 1 (high) or 2 (panic). */
  @Column({ type: 'boolean', name: 'is_urgent' })
  readonly isUrgent!: boolean;

  @Column({ type: 'text', array: true })
  readonly imeis!: string[];

  @Column({ type: 'integer', array: true, name: 'record_counts' })
  readonly recordCounts!: number[];

  @Column({ type: 'bigint', array: true, name: 'first_received_ms' })
  readonly firstReceivedMs!: string[];

  @Column({ type: 'bigint', array: true, name: 'last_received_ms' })
  readonly lastReceivedMs!: string[];

  @Column({ type: 'bigint', array: true, name: 'newest_times_ms' })
  readonly newestTimesMs!: string[];

  @Column({ type: 'bigint', array: true, name: 'newest_hashes' })
  readonly newestHashes!: string[];

  @Column({ type: 'boolean', array: true, name: 'are_plausible' })
  readonly arePlausible!: boolean[];

  /** How many of the keys belong to each device. Null: the keys are not kept, because events do not list every record. */
  @Column({ type: 'integer', array: true, name: 'key_counts', nullable: true })
  readonly keyCounts!: number[] | null;

  @Column({ type: 'bigint', array: true, name: 'key_times_ms', nullable: true })
  readonly keyTimesMs!: string[] | null;

  @Column({ type: 'bigint', array: true, name: 'key_hashes', nullable: true })
  readonly keyHashes!: string[] | null;
}

/** New records that no event reports yet. */
@Entity('tbl_iot_telemetry_arrivals')
export class TelemetryArrival extends ArrivedReports {
  @PrimaryColumn({ type: XID8, name: 'transaction_id', default: () => 'pg_current_xact_id()' })
  readonly transactionId!: string;

  /** A 64-bit number in decimal. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', name: 'arrival_id', generatedIdentity: 'ALWAYS' })
  readonly arrivalId!: string;
}

/** What could not be reported, taken out of the queue so that it does not hold up the others. An operator has to look at it. */
@Entity('tbl_iot_set_aside_arrivals')
export class SetAsideArrival extends ArrivedReports {
  /** A 64-bit number in decimal. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', name: 'set_aside_id', generatedIdentity: 'ALWAYS' })
  readonly setAsideId!: string;

  @Column({ type: 'timestamptz', name: 'set_aside_at', default: () => 'now()' })
  readonly setAsideAt!: Date;

  /** Null: the arrival cannot be read, so that all of its devices are affected. */
  @Column({ type: 'text', nullable: true })
  readonly imei!: string | null;

  @Column({ type: 'text' })
  readonly reason!: string;
}

/** How far the arrivals have been relayed. One row, whose lock is held by the instance that relays. */
@Entity('tbl_iot_telemetry_relays')
export class TelemetryRelayState {
  @PrimaryColumn({ type: 'text' })
  readonly name!: string;

  /** When the last round began that took every arrival. */
  @Column({ type: 'timestamptz', name: 'relayed_at', default: () => 'now()' })
  readonly relayedAt!: Date;

  /** Every arrival of an earlier transaction has been relayed. */
  @Column({ type: XID8, name: 'relayed_below', default: '0' })
  readonly relayedBelow!: string;
}
