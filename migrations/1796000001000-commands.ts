import { ForwardMigration } from './forward-migration.js';

/** Commands, their attempts, and messages that devices send without being asked. */
export class Commands1796000001000 extends ForwardMigration {
  readonly name = 'Commands1796000001000';

  protected readonly statements = [
    `create table tbl_iot_command_logs (
      command_log_id bigint generated always as identity primary key,
      imei text not null,
      command text not null,
      codec smallint not null check (codec in (12, 14)),
      reply_shape text not null,
      silent boolean not null,
      mode text not null check (mode in ('live', 'queue')),
      status text not null default 'PENDING' check (status in ('PENDING', 'COMPLETED', 'FAILED')),
      reason text check (reason in ('expired', 'unconfirmed', 'rejected', 'superseded', 'cancelled', 'unrecognised', 'guard')),
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
      targets text[] not null default '{}',
      device_state text check (device_state in ('queued', 'unrecognised')),
      postponed_seconds integer not null default 86400,
      superseded_by bigint,
      action text,
      action_params json,
      urgent boolean not null default false,
      guard jsonb,
      confirmed_by text check (confirmed_by in ('reply', 'telemetry')),
      awaited_by uuid,
      constraint commands_reason_of_failure check ((status = 'FAILED') = (reason is not null)),
      constraint commands_in_flight_is_pending check (not in_flight or status = 'PENDING'),
      constraint commands_unwritten check (reason not in ('expired', 'cancelled', 'guard') or attempts = 0)
    )`,
    `comment on column tbl_iot_command_logs.retry is 'How often the command was sent again: attempts without the first one.'`,
    `comment on column tbl_iot_command_logs.due_at is 'When the sweeper must check the command, while it is pending.'`,
    `comment on column tbl_iot_command_logs.targets is 'What it sets, for example output:1 or param:2004. A newer command with an overlapping target ends this one.'`,
    `comment on column tbl_iot_command_logs.device_state is 'queued: the device has accepted the command and executes it later. unrecognised: no pattern matches its answer. In both states the command is not sent again.'`,
    `comment on column tbl_iot_command_logs.superseded_by is 'The newer command that ended this one, by the same text or by an overlapping target.'`,
    `comment on column tbl_iot_command_logs.urgent is 'It is sent before the other commands of its device that wait.'`,
    `comment on column tbl_iot_command_logs.guard is 'Conditions that are checked immediately before every attempt: maxSpeedKmh, ignition, maxRecordAgeSeconds, notAfter.'`,
    `comment on column tbl_iot_command_logs.confirmed_by is 'What completed the command: a reply of the device, or a telemetry record that shows the commanded state.'`,
    `comment on column tbl_iot_command_logs.awaited_by is 'The instance where a request waits for the end of the command.'`,
    // The rule "at most one in flight for a device and reply shape". The queries follow it; this index guarantees it.
    `create unique index commands_one_in_flight on tbl_iot_command_logs (imei, reply_shape) where in_flight`,
    `create unique index commands_idempotency on tbl_iot_command_logs (idempotency_key) where idempotency_key is not null`,
    // Finished rows are kept for ever, so the queries of the dispatcher, the sweeper and the replies have small partial indexes.
    `create index commands_open on tbl_iot_command_logs (imei, queued_at, command_log_id) where status = 'PENDING'`,
    // A partial index is used only by a query that contains its predicate. The lower bound in commands_due and commands_by_reason
    // is always true and is contained only in the sweep and in the list by reason. Without it, and with young statistics,
    // PostgreSQL chose these indexes for the pending commands of one device, and read the entries of all devices.
    `create index commands_due on tbl_iot_command_logs (due_at) where status = 'PENDING' and due_at > '-infinity'`,
    `create index commands_by_reason on tbl_iot_command_logs (reason, created_at, command_log_id)
      where reason is not null and created_at > '-infinity'`,
    // A late reply completes an unrecognised command too.
    `create index commands_late on tbl_iot_command_logs (imei, completed_at) where reason in ('unconfirmed', 'unrecognised')`,
    // Written and unconfirmed commands that a record can confirm, of all devices: few.
    `create index commands_shown_by_outputs on tbl_iot_command_logs (coalesce(completed_at, 'infinity'))
      where attempts > 0 and targets && '{output:1,output:2}' and (status = 'PENDING' or reason in ('unconfirmed', 'unrecognised'))`,
    `create index commands_of_device on tbl_iot_command_logs (imei, created_at, command_log_id)`,
    `create index commands_by_time on tbl_iot_command_logs (created_at, command_log_id)`,

    `create table tbl_iot_command_attempts (
      command_log_id bigint not null references tbl_iot_command_logs,
      attempt integer not null,
      sent_at timestamptz not null,
      socket_uuid text not null,
      result text check (result in ('confirmed', 'rejected', 'timeout', 'disconnected', 'superseded', 'postponed', 'unrecognised')),
      ended_at timestamptz,
      reply text,
      guard_facts jsonb,
      primary key (command_log_id, attempt)
    )`,

    `comment on column tbl_iot_command_attempts.guard_facts is 'What the guard was compared with: speedKmh, ignition, recordTime, recordAgeSeconds.'`,

    `create table tbl_iot_device_messages (
      message_id bigint generated always as identity primary key,
      imei text not null,
      received_at timestamptz not null,
      codec smallint not null,
      message_type smallint not null,
      device_time timestamptz,
      text text not null,
      payload bytea not null
    )`,
    `create index device_messages_of_device on tbl_iot_device_messages (imei, message_id)`,
    // Rows are inserted nearly in the order of time.
    `create index device_messages_by_time on tbl_iot_device_messages using brin (received_at)`,
  ];
}
