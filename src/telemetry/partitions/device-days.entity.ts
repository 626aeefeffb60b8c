import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Days for which a device may have records in the partition of the day. */
@Entity('tbl_iot_telemetry_device_days')
export class DeviceDaysRow {
  @PrimaryColumn({ type: 'text', name: 'iot_imei' })
  readonly imei!: string;

  /** Days since 1970-01-01. */
  @Column({ type: 'int4multirange' })
  readonly days!: string;
}

/** A day whose devices are all in tbl_iot_telemetry_device_days. */
@Entity('tbl_iot_telemetry_indexed_days')
export class IndexedDay {
  /** Since 1970-01-01. */
  @PrimaryColumn({ type: 'integer' })
  readonly day!: number;
}
