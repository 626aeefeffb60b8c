import { type TestDatabase } from './test-database.js';

/** As a login does, at an instance that is not there. Returns the epoch of the session. */
export async function openSession(database: TestDatabase, imei: string): Promise<number> {
  const [session] = await database.query<{ epoch: number }>(
    `with instance as (
       insert into tbl_iot_instances (instance_id, name, dead_after) values (gen_random_uuid(), 'test', '1 hour') returning instance_id
     )
     insert into tbl_iot_device_sessions as session (imei, instance_id, connection_id, connected_at, remote_address, remote_port)
     select $1, instance_id, gen_random_uuid(), now(), '127.0.0.1', 1 from instance
     on conflict (imei) do update set imei = excluded.imei
     returning session.epoch::float8 as epoch`,
    [imei],
  );
  return session?.epoch ?? 0;
}
