import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Work that one instance at a time does, and which one until when. */
@Entity('tbl_iot_leases')
export class Lease {
  @PrimaryColumn({ type: 'text' })
  readonly name!: string;

  @Column({ type: 'uuid', name: 'instance_id' })
  readonly instanceId!: string;

  @Column({ type: 'timestamptz', name: 'leased_until' })
  readonly leasedUntil!: Date;
}
