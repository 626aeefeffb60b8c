import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far a gateway has counted on the primary. A standby that shows the number has replayed everything committed before it. */
@Entity('tbl_iot_read_markers')
export class ReadMarkerRow {
  /** A gateway process. */
  @PrimaryColumn({ type: 'uuid', name: 'gateway_id' })
  readonly gatewayId!: string;

  /** A 64-bit number in decimal. */
  @Column({ type: 'bigint' })
  readonly marker!: string;

  @Column({ type: 'timestamptz', name: 'written_at', default: () => 'now()' })
  readonly writtenAt!: Date;
}
