import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A connected device, and the instance that it is connected to. */
@Entity('tbl_iot_device_sessions')
export class DeviceSession {
  @PrimaryColumn({ type: 'text' })
  readonly imei!: string;

  @Column({ type: 'uuid', name: 'instance_id' })
  readonly instanceId!: string;

  /** Grows with each login. A 64-bit number in decimal. */
  @Column({ type: 'bigint', default: () => "nextval('iot_session_epochs')" })
  readonly epoch!: string;

  @Column({ type: 'uuid', name: 'connection_id' })
  readonly connectionId!: string;

  @Column({ type: 'timestamptz', name: 'connected_at' })
  readonly connectedAt!: Date;

  @Column({ type: 'text', name: 'remote_address' })
  readonly remoteAddress!: string;

  @Column({ type: 'integer', name: 'remote_port' })
  readonly remotePort!: number;

  /** The instance that the device was connected to before the last login. */
  @Column({ type: 'uuid', name: 'previous_instance_id', nullable: true })
  readonly previousInstanceId!: string | null;
}
