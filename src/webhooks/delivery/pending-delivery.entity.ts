import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A delivery that is still to be made. */
@Entity('tbl_iot_deliveries')
export class PendingDelivery {
  /** A 64-bit number in decimal. */
  @PrimaryColumn({ type: 'bigint' })
  readonly sequence!: string;

  @Column({ type: 'timestamptz', name: 'next_attempt_at', default: () => 'now()' })
  readonly nextAttemptAt!: Date;

  /** While the delivery is locked: when the lease ends. */
  @Column({ type: 'timestamptz', name: 'leased_until', nullable: true })
  readonly leasedUntil!: Date | null;

  @Column({ type: 'uuid', name: 'event_id' })
  readonly eventId!: string;

  @Column({ type: 'uuid', name: 'locked_by', nullable: true })
  readonly lockedBy!: string | null;

  @Column({ type: 'uuid', name: 'batch_id', nullable: true })
  readonly batchId!: string | null;

  @Column({ type: 'integer', default: 0 })
  readonly failures!: number;

  @Column({ type: 'integer', default: 0 })
  readonly attempts!: number;

  /** Not as a member of a batch. */
  @Column({ type: 'boolean', default: false })
  readonly alone!: boolean;

  @Column({ type: 'boolean', name: 'held_by_outage', default: false })
  readonly heldByOutage!: boolean;

  @PrimaryColumn({ type: 'text' })
  readonly imei!: string;

  @Column({ type: 'text' })
  readonly type!: string;
}
