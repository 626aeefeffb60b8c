import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Bounds of the tables that devices write to: indexes for deleting the oldest rows, and the admitted devices that are not registered. */
export class TableBounds1790000008000 implements MigrationInterface {
  readonly name = 'TableBounds1790000008000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `create index telemetry_quarantine_by_time on tbl_iot_telemetry_quarantine (received_at, quarantine_id)`,
    );
    await queryRunner.query(
      `create index telemetry_quarantine_of_device on tbl_iot_telemetry_quarantine (iot_imei, quarantine_id)`,
    );
    // Messages are inserted nearly in the order of time.
    await queryRunner.query(`create index device_messages_by_time on tbl_iot_device_messages using brin (received_at)`);

    await queryRunner.query(`
      create table tbl_iot_unregistered_devices (
        imei text primary key,
        first_seen timestamptz not null default now(),
        last_seen timestamptz not null default now()
      )`);
    await queryRunner.query(
      `comment on table tbl_iot_unregistered_devices is 'Devices admitted without being registered (DEVICE_ADMISSION=open). MAX_UNREGISTERED_DEVICES bounds their number.'`,
    );
    await queryRunner.query(
      `comment on column tbl_iot_unregistered_devices.last_seen is 'A day when the device logged in or sent a datagram: updated once a day.'`,
    );
    await queryRunner.query(`create index unregistered_devices_by_time on tbl_iot_unregistered_devices (last_seen)`);
    // Devices that have been admitted before stay admitted, whatever the bound is.
    await queryRunner.query(`
      insert into tbl_iot_unregistered_devices (imei)
      select imei
        from (select iot_imei as imei from tbl_iot_telemetry_latest
              union select imei from tbl_iot_event_sequences
              union select imei from tbl_iot_device_sessions) known
       where not exists (select from tbl_iot_devices device where device.imei = known.imei)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
