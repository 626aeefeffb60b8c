import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * One command into the ledger, as before, now for any instance: the session says who holds the device, and that instance is woken when it
 * is another one. Raises IOT29 when too many commands are open (the superseding is undone then), IOT04 when a live command finds no session.
 */
const CREATE_COMMAND = `
  create function iot_create_command(
    new_imei text, new_command text, new_codec smallint, new_reply_shape text, new_silent boolean, new_mode text, new_max_retry integer,
    new_timeout_seconds integer, life_seconds integer, new_metadata json, new_key text, new_hash bytea, own_instance uuid, most_open integer
  ) returns table (id bigint, state text, same boolean, holder uuid) language plpgsql as $$
  declare
    known record;
    superseded bigint[];
    held_by uuid;
  begin
    perform pg_advisory_xact_lock(731020, hashtext(new_imei));
    select session.instance_id into held_by from tbl_iot_device_sessions session where session.imei = new_imei;
    if new_key is not null then
      select log.command_log_id, log.status, log.request_hash into known from tbl_iot_command_logs log where log.idempotency_key = new_key;
      if found then
        return query select known.command_log_id, known.status, known.request_hash = new_hash, held_by;
        return;
      end if;
    end if;
    if new_mode = 'live' and held_by is null then
      raise exception 'the device is not connected' using errcode = 'IOT04';
    end if;

    with ended as (
      update tbl_iot_command_logs log
         set status = 'FAILED', reason = 'superseded', in_flight = false, updated_at = now(), completed_at = now()
       where log.imei = new_imei and log.status = 'PENDING' and log.command = new_command
      returning log.command_log_id
    )
    select array_agg(ended.command_log_id) into superseded from ended;
    if superseded is not null then
      -- A statement of its own: the one above may have waited for a claim, whose attempt its snapshot does not hold.
      update tbl_iot_command_attempts set result = 'superseded', ended_at = now()
       where command_log_id = any (superseded) and result is null;
    end if;
    if (select count(*) from tbl_iot_command_logs log where log.imei = new_imei and log.status = 'PENDING') >= most_open then
      raise exception 'too many open commands' using errcode = 'IOT29';
    end if;

    if held_by <> own_instance then
      perform pg_notify(iot_instance_channel(held_by), 'command ' || new_imei);
    end if;
    return query
      insert into tbl_iot_command_logs as log (
        imei, command, codec, reply_shape, silent, mode, max_retry, timeout_seconds, metadata, idempotency_key, request_hash,
        estimated_timeout_at, expires_at, due_at
      ) values (
        new_imei, new_command, new_codec, new_reply_shape, new_silent, new_mode, new_max_retry, new_timeout_seconds, new_metadata, new_key, new_hash,
        now() + make_interval(secs => new_timeout_seconds), now() + make_interval(secs => life_seconds), now() + make_interval(secs => life_seconds)
      )
      returning log.command_log_id, log.status, true, held_by;
  end
  $$`;

/** Which gateway processes there are, and which of them holds which device. */
export class Sessions1790000003000 implements MigrationInterface {
  readonly name = 'Sessions1790000003000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table tbl_iot_instances (
        instance_id uuid primary key,
        name text not null,
        started_at timestamptz not null default now(),
        heartbeat_at timestamptz not null default now(),
        dead_after interval not null,
        stats json
      )`);
    await queryRunner.query(
      `comment on table tbl_iot_instances is 'One row per running gateway process. One whose heartbeat is older than dead_after is dead, and is removed by the others.'`,
    );

    // Grows over all devices and for ever: a session that was given back and taken again never has an old epoch.
    await queryRunner.query(`create sequence iot_session_epochs`);
    await queryRunner.query(`
      create table tbl_iot_device_sessions (
        imei text primary key,
        instance_id uuid not null references tbl_iot_instances,
        epoch bigint not null default nextval('iot_session_epochs'),
        connection_id uuid not null,
        connected_at timestamptz not null,
        remote_address text not null,
        remote_port integer not null,
        previous_instance_id uuid
      )`);
    // Two rows a device at the most times of its day: room for the new one beside the old one.
    await queryRunner.query(`alter table tbl_iot_device_sessions set (fillfactor = 70)`);
    await queryRunner.query(`create index device_sessions_of_instance on tbl_iot_device_sessions (instance_id)`);
    await queryRunner.query(
      `comment on table tbl_iot_device_sessions is 'The connected devices. Who acts for a device names the epoch of its session; an older one changes nothing.'`,
    );

    // NOTIFY takes a name of 63 bytes without quotes: the id without its dashes.
    await queryRunner.query(`
      create function iot_instance_channel(instance_id uuid) returns text language sql immutable as $$
        select 'iot_instance_' || replace(instance_id::text, '-', '')
      $$`);
    await queryRunner.query(
      `drop function iot_create_command(text, text, smallint, text, boolean, text, integer, integer, integer, json, text, bytea, boolean, integer)`,
    );
    await queryRunner.query(CREATE_COMMAND);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
