import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The key of one record of a telemetry event; with WEBHOOK_TELEMETRY_RECORDS=all only. */
@Entity('tbl_iot_event_records')
export class EventRecord {
  @PrimaryColumn({ type: 'uuid', name: 'event_id' })
  readonly eventId!: string;

  @Column({ type: 'text' })
  readonly imei!: string;

  @PrimaryColumn({ type: 'timestamptz', name: 'iot_timestamp' })
  readonly recordTime!: Date;

  @PrimaryColumn({ type: 'bigint', name: 'record_hash' })
  readonly recordHash!: string;
}
