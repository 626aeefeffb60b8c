import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** An entry of the device log: what happened to a device's connection or frames. */
@Entity('tbl_iot_device_log')
export class DeviceLogEntry {
  /** A 64-bit number in decimal. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', name: 'log_id', generatedIdentity: 'ALWAYS' })
  readonly logId!: string;

  @PrimaryColumn({ type: 'text' })
  readonly imei!: string;

  @Column({ type: 'timestamptz' })
  readonly at!: Date;

  @Column({ type: 'text' })
  readonly kind!: DeviceLogKind;

  @Column({ type: 'json' })
  readonly detail!: Readonly<Record<string, unknown>>;
}

export type DeviceLogKind = 'login' | 'refused' | 'closed' | 'rejected_frames' | 'resent_records';
