import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A device that was admitted without being registered (DEVICE_ADMISSION=open). */
@Entity('tbl_iot_unregistered_devices')
export class UnregisteredDevice {
  @PrimaryColumn({ type: 'text' })
  readonly imei!: string;

  @Column({ type: 'timestamptz', name: 'first_seen', default: () => 'now()' })
  readonly firstSeen!: Date;

  /** The last login or datagram, updated once a day. */
  @Column({ type: 'timestamptz', name: 'last_seen', default: () => 'now()' })
  readonly lastSeen!: Date;
}

/** A device that was refused because it is not registered, and how often. */
@Entity('tbl_iot_unknown_devices')
export class UnknownDevice {
  @PrimaryColumn({ type: 'text' })
  readonly imei!: string;

  @Column({ type: 'timestamptz', name: 'first_seen' })
  readonly firstSeen!: Date;

  @Column({ type: 'timestamptz', name: 'last_seen' })
  readonly lastSeen!: Date;

  @Column({ type: 'bigint', transformer: { from: Number, to: (attempts: number) => attempts } })
  readonly attempts!: number;

  @Column({ type: 'text', name: 'last_address' })
  readonly lastAddress!: string;
}
