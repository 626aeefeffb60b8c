import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Bytes that a device sent and that could not be stored as records: a whole frame, or one record that the database rejected. */
@Entity('tbl_iot_telemetry_quarantine')
export class QuarantinedFrame {
  /** A 64-bit number in decimal. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS', name: 'quarantine_id' })
  readonly quarantineId!: string;

  @Column({ type: 'timestamptz', name: 'received_at', default: () => 'now()' })
  readonly receivedAt!: Date;

  @Column({ type: 'timestamptz', name: 'last_received_at', default: () => 'now()' })
  readonly lastReceivedAt!: Date;

  /** How often the device has sent these bytes. A 64-bit number in decimal. */
  @Column({ type: 'bigint', default: 1 })
  readonly occurrences!: string;

  @Column({ type: 'text', name: 'iot_imei' })
  readonly imei!: string;

  @Column({ type: 'text', name: 'remote_address' })
  readonly remoteAddress!: string;

  @Column({ type: 'text' })
  readonly scope!: 'frame' | 'record';

  /** Why it could not be stored. */
  @Column({ type: 'text', name: 'code' })
  readonly reason!: string;

  @Column({ type: 'text' })
  readonly detail!: string;

  @Column({ type: 'bytea' })
  readonly raw!: Buffer;

  @Column({
    type: 'bytea',
    name: 'raw_hash',
    select: false,
    insert: false,
    update: false,
    generatedType: 'STORED',
    asExpression: 'sha256(raw)',
  })
  readonly rawHash!: Buffer;
}
