import { TableBounds1790000008000 } from '../../migrations/1790000008000-table-bounds.js';
import { DataSource } from 'typeorm';
import { createTestDatabase } from '../support/test-database.js';

describe('the migration that bounds tables', () => {
  it('keeps admitted every device that the database knows and that is not registered', async () => {
    const database = await createTestDatabase();
    const dataSource = await new DataSource({ type: 'postgres', url: database.url }).initialize();
    try {
      // As the migrations before have left it.
      await database.query(`drop table tbl_iot_unregistered_devices`);
      await database.query(`drop index telemetry_quarantine_by_time, telemetry_quarantine_of_device, device_messages_by_time`);
      await database.query(`insert into tbl_iot_event_sequences values ('told', 1), ('registered', 1)`);
      await database.query(`insert into tbl_iot_devices (imei) values ('registered'), ('never seen')`);
      await database.query(
        `insert into tbl_iot_telemetry_latest (iot_imei, iot_timestamp, record_hash, timestamp, angle, speed, event_io_id, altitude, satellites, priority, latitude, longitude)
         select imei, now(), 1, now(), 0, 0, 0, 0, 0, 0, 0, 0 from unnest('{told,recorded,registered}'::text[]) imei`,
      );
      await new TableBounds1790000008000().up(dataSource.createQueryRunner());
      expect(await database.query('select imei from tbl_iot_unregistered_devices order by imei')).toEqual([
        { imei: 'recorded' },
        { imei: 'told' },
      ]);
    } finally {
      await dataSource.destroy();
      await database.drop();
    }
  });
});
