import { Entity, PrimaryColumn } from 'typeorm';

/** A day whose devices are all in tbl_iot_telemetry_device_days. */
@Entity('tbl_iot_telemetry_indexed_days')
export class IndexedDay {
  /** Since 1970-01-01. */
  @PrimaryColumn({ type: 'integer' })
  readonly day!: number;
}
