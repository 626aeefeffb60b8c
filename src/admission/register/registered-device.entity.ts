import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type RegisteredDeviceStatus } from './registered-device.js';

/** A device that the operator has registered or banned. */
@Entity('tbl_iot_devices')
export class RegisteredDevice {
  @PrimaryColumn({ type: 'text' })
  readonly imei!: string;

  @Column({ type: 'text', default: 'registered' })
  readonly status!: RegisteredDeviceStatus;

  @Column({ type: 'text', nullable: true })
  readonly name!: string | null;

  @Column({ type: 'text', nullable: true })
  readonly note!: string | null;

  @Column({ type: 'text', name: 'ban_reason', nullable: true })
  readonly banReason!: string | null;

  /** Addresses that the device may log in from. Empty: any address. */
  @Column({ type: 'cidr', name: 'allowed_ranges', array: true, default: '{}' })
  readonly allowedRanges!: string[];

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  readonly createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()' })
  readonly updatedAt!: Date;
}
