import { type MigrationInterface, type QueryRunner } from 'typeorm';

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
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
