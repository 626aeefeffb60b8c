import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A message that a device has sent without being asked. */
@Entity('tbl_iot_device_messages')
export class StoredMessage {
  /** A 64-bit number in decimal. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', name: 'message_id', generatedIdentity: 'ALWAYS' })
  readonly messageId!: string;

  @Column({ type: 'text' })
  readonly imei!: string;

  @Column({ type: 'timestamptz', name: 'received_at' })
  readonly receivedAt!: Date;

  @Column({ type: 'smallint' })
  readonly codec!: number;

  @Column({ type: 'smallint', name: 'message_type' })
  readonly messageType!: number;

  @Column({ type: 'timestamptz', name: 'device_time', nullable: true })
  readonly deviceTime!: Date | null;

  @Column({ type: 'text' })
  readonly text!: string;

  @Column({ type: 'bytea' })
  readonly payload!: Buffer;
}
