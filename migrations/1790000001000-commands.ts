import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** The row of a device's sequence stays locked until the transaction ends: numbers are given in the order of the commits, without gaps. */
const APPEND_EVENT = `
  create function iot_append_event(event_imei text, event_type text, event_body json) returns void language sql volatile as $$
    with numbered as (
      insert into tbl_iot_event_sequences as known (imei, last_sequence) values (event_imei, 1)
      on conflict (imei) do update set last_sequence = known.last_sequence + 1
      returning last_sequence
    )
    insert into tbl_iot_outbox (imei, sequence, type, body)
    select event_imei, last_sequence, event_type, event_body from numbered
  $$`;

/**
 * One command into the ledger. The lock orders what is done to one device's commands: what is counted and superseded stays so until the
 * commit. Raises IOT29 when too many are open (the superseding is undone then), IOT04 when a live command finds no connection.
 */
const CREATE_COMMAND = `
  create function iot_create_command(
    new_imei text, new_command text, new_codec smallint, new_reply_shape text, new_silent boolean, new_mode text, new_max_retry integer,
    new_timeout_seconds integer, life_seconds integer, new_metadata json, new_key text, new_hash bytea, is_connected boolean, most_open integer
  ) returns table (id bigint, state text, same boolean) language plpgsql as $$
  declare
    known record;
    superseded bigint[];
  begin
    perform pg_advisory_xact_lock(731020, hashtext(new_imei));
    if new_key is not null then
      select log.command_log_id, log.status, log.request_hash into known from tbl_iot_command_logs log where log.idempotency_key = new_key;
      if found then
        return query select known.command_log_id, known.status, known.request_hash = new_hash;
        return;
      end if;
    end if;
    if new_mode = 'live' and not is_connected then
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

    if not is_connected then
      perform pg_notify('iot_commands', new_imei);
    end if;
    return query
      insert into tbl_iot_command_logs as log (
        imei, command, codec, reply_shape, silent, mode, max_retry, timeout_seconds, metadata, idempotency_key, request_hash,
        estimated_timeout_at, expires_at, due_at
      ) values (
        new_imei, new_command, new_codec, new_reply_shape, new_silent, new_mode, new_max_retry, new_timeout_seconds, new_metadata, new_key, new_hash,
        now() + make_interval(secs => new_timeout_seconds), now() + make_interval(secs => life_seconds), now() + make_interval(secs => life_seconds)
      )
      returning log.command_log_id, log.status, true;
  end
  $$`;

/** The ledger of commands, their attempts, what devices say unasked, and the outbox of events for the host. */
export class Commands1790000001000 implements MigrationInterface {
  readonly name = 'Commands1790000001000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table tbl_iot_command_logs (
        command_log_id bigint generated always as identity primary key,
        imei text not null,
        command text not null,
        codec smallint not null check (codec in (12, 14)),
        reply_shape text not null,
        silent boolean not null,
        mode text not null check (mode in ('live', 'queue')),
        status text not null default 'PENDING' check (status in ('PENDING', 'COMPLETED', 'FAILED')),
        reason text check (reason in ('expired', 'unconfirmed', 'rejected', 'superseded', 'cancelled')),
        late boolean not null default false,
        response text,
        metadata json,
        attempts integer not null default 0,
        retry integer not null generated always as (greatest(attempts - 1, 0)) stored,
        max_retry integer not null,
        timeout_seconds integer not null,
        in_flight boolean not null default false,
        socket_uuid text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        queued_at timestamptz not null default now(),
        sent_at timestamptz,
        estimated_timeout_at timestamptz not null,
        expires_at timestamptz not null,
        due_at timestamptz not null,
        completed_at timestamptz,
        idempotency_key text,
        request_hash bytea,
        constraint commands_reason_of_failure check ((status = 'FAILED') = (reason is not null)),
        constraint commands_in_flight_is_pending check (not in_flight or status = 'PENDING'),
        constraint commands_unwritten check (reason not in ('expired', 'cancelled') or attempts = 0)
      )`);
    // The proof of "at most one in flight for a device and reply shape"; queries are only manners.
    await queryRunner.query(
      `create unique index commands_one_in_flight on tbl_iot_command_logs (imei, reply_shape) where in_flight`,
    );
    await queryRunner.query(
      `create unique index commands_idempotency on tbl_iot_command_logs (idempotency_key) where idempotency_key is not null`,
    );
    // Finished rows are kept for ever: what the dispatcher, the sweeper and the replies ask for has indexes of its own.
    await queryRunner.query(
      `create index commands_open on tbl_iot_command_logs (imei, queued_at, command_log_id) where status = 'PENDING'`,
    );
    await queryRunner.query(`create index commands_due on tbl_iot_command_logs (due_at) where status = 'PENDING'`);
    await queryRunner.query(
      `create index commands_late on tbl_iot_command_logs (imei, completed_at) where reason = 'unconfirmed'`,
    );
    await queryRunner.query(`create index commands_of_device on tbl_iot_command_logs (imei, created_at, command_log_id)`);
    await queryRunner.query(
      `create index commands_by_reason on tbl_iot_command_logs (reason, created_at, command_log_id) where reason is not null`,
    );
    await queryRunner.query(`create index commands_by_time on tbl_iot_command_logs (created_at, command_log_id)`);
    await queryRunner.query(
      `comment on column tbl_iot_command_logs.retry is 'How often it was sent again: attempts without the first one.'`,
    );
    await queryRunner.query(
      `comment on column tbl_iot_command_logs.due_at is 'When the sweeper has to look at it, while it is pending.'`,
    );

    await queryRunner.query(`
      create table tbl_iot_command_attempts (
        command_log_id bigint not null references tbl_iot_command_logs,
        attempt integer not null,
        sent_at timestamptz not null,
        socket_uuid text not null,
        result text check (result in ('confirmed', 'rejected', 'timeout', 'disconnected', 'superseded', 'not_written')),
        ended_at timestamptz,
        reply text,
        primary key (command_log_id, attempt)
      )`);

    await queryRunner.query(`
      create table tbl_iot_device_messages (
        message_id bigint generated always as identity primary key,
        imei text not null,
        received_at timestamptz not null,
        codec smallint not null,
        message_type smallint not null,
        device_time timestamptz,
        text text not null,
        payload bytea not null
      )`);
    await queryRunner.query(`create index device_messages_of_device on tbl_iot_device_messages (imei, message_id)`);

    await queryRunner.query(`
      create table tbl_iot_event_sequences (
        imei text primary key,
        last_sequence bigint not null
      )`);
    await queryRunner.query(`
      create table tbl_iot_outbox (
        event_id uuid primary key default gen_random_uuid(),
        imei text not null references tbl_iot_event_sequences,
        sequence bigint not null,
        type text not null,
        occurred_at timestamptz not null default now(),
        body json not null,
        constraint outbox_sequence unique (imei, sequence)
      )`);

    // Functions where several statements belong together: on a busy machine a round trip costs more than what it asks for.
    await queryRunner.query(APPEND_EVENT);
    await queryRunner.query(CREATE_COMMAND);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
