-- The schema of a freshly migrated database, from its catalogues. Made by scripts/generate-schema.mjs; do not edit.
-- After a change of migrations/ or src/*/sql/: npm run schema

create sequence iot_session_epochs;
create sequence tbl_iot_migrations_id_seq;

create table tbl_iot_api_keys (
  key_id bigint not null generated always as identity,
  name text not null,
  scopes text[] not null,
  key_sha256 bytea not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  constraint tbl_iot_api_keys_pkey PRIMARY KEY (key_id),
  constraint tbl_iot_api_keys_key_sha256_key UNIQUE (key_sha256),
  constraint tbl_iot_api_keys_key_sha256_check CHECK ((octet_length(key_sha256) = 32)),
  constraint tbl_iot_api_keys_scopes_check CHECK (((cardinality(scopes) > 0) AND (scopes <@ ARRAY['read'::text, 'command'::text, 'admin'::text])))
);
comment on column tbl_iot_api_keys.last_used_at is 'Not written with each request: up to a minute late.';
CREATE UNIQUE INDEX api_keys_one_of_a_name ON tbl_iot_api_keys USING btree (name) WHERE (revoked_at IS NULL);

create table tbl_iot_audit (
  audit_id bigint not null generated always as identity,
  at timestamp with time zone not null default now(),
  action text not null,
  key_id bigint,
  key_name text not null,
  imei text,
  details json not null,
  remote_address text,
  request_id text,
  constraint tbl_iot_audit_pkey PRIMARY KEY (audit_id)
);
CREATE INDEX audit_by_time ON tbl_iot_audit USING btree (at, audit_id);
CREATE INDEX audit_of_device ON tbl_iot_audit USING btree (imei, at, audit_id) WHERE (imei IS NOT NULL);
CREATE INDEX audit_of_key ON tbl_iot_audit USING btree (key_name, at, audit_id);

create table tbl_iot_command_attempts (
  command_log_id bigint not null,
  attempt integer not null,
  sent_at timestamp with time zone not null,
  socket_uuid text not null,
  result text,
  ended_at timestamp with time zone,
  reply text,
  guard_facts jsonb,
  constraint tbl_iot_command_attempts_pkey PRIMARY KEY (command_log_id, attempt),
  constraint tbl_iot_command_attempts_result_check CHECK ((result = ANY (ARRAY['confirmed'::text, 'rejected'::text, 'timeout'::text, 'disconnected'::text, 'superseded'::text, 'postponed'::text, 'unrecognised'::text])))
);
comment on column tbl_iot_command_attempts.guard_facts is 'What the guard was compared with: speedKmh, ignition, recordTime, recordAgeSeconds.';

create table tbl_iot_command_logs (
  command_log_id bigint not null generated always as identity,
  imei text not null,
  command text not null,
  codec smallint not null,
  reply_shape text not null,
  silent boolean not null,
  mode text not null,
  status text not null default 'PENDING'::text,
  reason text,
  late boolean not null default false,
  response text,
  metadata json,
  attempts integer not null default 0,
  retry integer not null generated always as (GREATEST((attempts - 1), 0)) stored,
  max_retry integer not null,
  timeout_seconds integer not null,
  in_flight boolean not null default false,
  socket_uuid text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  queued_at timestamp with time zone not null default now(),
  sent_at timestamp with time zone,
  estimated_timeout_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  due_at timestamp with time zone not null,
  completed_at timestamp with time zone,
  idempotency_key text,
  request_hash bytea,
  targets text[] not null default '{}'::text[],
  device_state text,
  postponed_seconds integer not null default 86400,
  superseded_by bigint,
  action text,
  action_params json,
  urgent boolean not null default false,
  guard jsonb,
  confirmed_by text,
  awaited_by uuid,
  constraint tbl_iot_command_logs_pkey PRIMARY KEY (command_log_id),
  constraint commands_in_flight_is_pending CHECK (((NOT in_flight) OR (status = 'PENDING'::text))),
  constraint commands_reason_of_failure CHECK (((status = 'FAILED'::text) = (reason IS NOT NULL))),
  constraint commands_unwritten CHECK (((reason <> ALL (ARRAY['expired'::text, 'cancelled'::text, 'guard'::text])) OR (attempts = 0))),
  constraint tbl_iot_command_logs_codec_check CHECK ((codec = ANY (ARRAY[12, 14]))),
  constraint tbl_iot_command_logs_confirmed_by_check CHECK ((confirmed_by = ANY (ARRAY['reply'::text, 'telemetry'::text]))),
  constraint tbl_iot_command_logs_device_state_check CHECK ((device_state = ANY (ARRAY['queued'::text, 'unrecognised'::text]))),
  constraint tbl_iot_command_logs_mode_check CHECK ((mode = ANY (ARRAY['live'::text, 'queue'::text]))),
  constraint tbl_iot_command_logs_reason_check CHECK ((reason = ANY (ARRAY['expired'::text, 'unconfirmed'::text, 'rejected'::text, 'superseded'::text, 'cancelled'::text, 'unrecognised'::text, 'guard'::text]))),
  constraint tbl_iot_command_logs_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'COMPLETED'::text, 'FAILED'::text])))
);
comment on column tbl_iot_command_logs.retry is 'How often the command was sent again: attempts without the first one.';
comment on column tbl_iot_command_logs.due_at is 'When the sweeper must check the command, while it is pending.';
comment on column tbl_iot_command_logs.targets is 'What it sets, for example output:1 or param:2004. A newer command with an overlapping target ends this one.';
comment on column tbl_iot_command_logs.device_state is 'queued: the device has accepted the command and executes it later. unrecognised: no pattern matches its answer. In both states the command is not sent again.';
comment on column tbl_iot_command_logs.superseded_by is 'The newer command that ended this one, by the same text or by an overlapping target.';
comment on column tbl_iot_command_logs.urgent is 'It is sent before the other commands of its device that wait.';
comment on column tbl_iot_command_logs.guard is 'Conditions that are checked immediately before every attempt: maxSpeedKmh, ignition, maxRecordAgeSeconds, notAfter.';
comment on column tbl_iot_command_logs.confirmed_by is 'What completed the command: a reply of the device, or a telemetry record that shows the commanded state.';
comment on column tbl_iot_command_logs.awaited_by is 'The instance where a request waits for the end of the command.';
CREATE INDEX commands_by_reason ON tbl_iot_command_logs USING btree (reason, created_at, command_log_id) WHERE ((reason IS NOT NULL) AND (created_at > '-infinity'::timestamp with time zone));
CREATE INDEX commands_by_time ON tbl_iot_command_logs USING btree (created_at, command_log_id);
CREATE INDEX commands_due ON tbl_iot_command_logs USING btree (due_at) WHERE ((status = 'PENDING'::text) AND (due_at > '-infinity'::timestamp with time zone));
CREATE UNIQUE INDEX commands_idempotency ON tbl_iot_command_logs USING btree (idempotency_key) WHERE (idempotency_key IS NOT NULL);
CREATE INDEX commands_late ON tbl_iot_command_logs USING btree (imei, completed_at) WHERE (reason = ANY (ARRAY['unconfirmed'::text, 'unrecognised'::text]));
CREATE INDEX commands_of_device ON tbl_iot_command_logs USING btree (imei, created_at, command_log_id);
CREATE UNIQUE INDEX commands_one_in_flight ON tbl_iot_command_logs USING btree (imei, reply_shape) WHERE in_flight;
CREATE INDEX commands_open ON tbl_iot_command_logs USING btree (imei, queued_at, command_log_id) WHERE (status = 'PENDING'::text);
CREATE INDEX commands_shown_by_outputs ON tbl_iot_command_logs USING btree (COALESCE(completed_at, 'infinity'::timestamp with time zone)) WHERE ((attempts > 0) AND (targets && '{output:1,output:2}'::text[]) AND ((status = 'PENDING'::text) OR (reason = ANY (ARRAY['unconfirmed'::text, 'unrecognised'::text]))));

create table tbl_iot_console_secret (
  is_only boolean not null default true,
  secret bytea not null,
  constraint tbl_iot_console_secret_pkey PRIMARY KEY (is_only),
  constraint tbl_iot_console_secret_is_only_check CHECK (is_only),
  constraint tbl_iot_console_secret_secret_check CHECK ((octet_length(secret) = 32))
);
comment on table tbl_iot_console_secret is 'Signs the cookies of the console, for all instances. Without its row all sessions end.';

create table tbl_iot_console_sessions (
  token_sha256 bytea not null,
  key_id bigint,
  key_proof bytea,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  constraint tbl_iot_console_sessions_pkey PRIMARY KEY (token_sha256),
  constraint tbl_iot_console_sessions_check CHECK (((key_id IS NULL) <> (key_proof IS NULL))),
  constraint tbl_iot_console_sessions_token_sha256_check CHECK ((octet_length(token_sha256) = 32))
);
comment on column tbl_iot_console_sessions.key_proof is 'Of a key of IOT_API_KEY, which has no row: HMAC-SHA-256 of its digest, by the token. Worth nothing without the token.';
CREATE INDEX console_sessions_of_a_key ON tbl_iot_console_sessions USING btree (key_id, created_at);

create table tbl_iot_deliveries (
  sequence bigint not null,
  next_attempt_at timestamp with time zone not null default now(),
  leased_until timestamp with time zone,
  event_id uuid not null,
  locked_by uuid,
  batch_id uuid,
  failures integer not null default 0,
  attempts integer not null default 0,
  alone boolean not null default false,
  held_by_outage boolean not null default false,
  imei text not null,
  type text not null,
  constraint tbl_iot_deliveries_pkey PRIMARY KEY (imei, sequence)
) with (fillfactor=40, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=1000);
comment on column tbl_iot_deliveries.leased_until is 'While the delivery is locked: when the lease ends, and any instance may take it.';
CREATE INDEX deliveries_batch ON tbl_iot_deliveries USING btree (batch_id) WHERE (batch_id IS NOT NULL);
CREATE INDEX deliveries_batch_due ON tbl_iot_deliveries USING btree (next_attempt_at) WHERE (batch_id IS NOT NULL);
CREATE INDEX deliveries_due ON tbl_iot_deliveries USING btree (next_attempt_at);
CREATE INDEX deliveries_failures ON tbl_iot_deliveries USING btree (next_attempt_at) WHERE ((type = 'command.failed'::text) AND (NOT alone) AND (batch_id IS NULL));

create table tbl_iot_delivery_attempts (
  event_id uuid not null,
  attempt integer not null,
  status integer,
  duration_ms integer not null,
  attempted_at timestamp with time zone not null,
  webhook_id text not null,
  answer text,
  error text,
  constraint tbl_iot_delivery_attempts_pkey PRIMARY KEY (event_id, attempt)
);

create table tbl_iot_device_log (
  log_id bigint not null generated always as identity,
  imei text not null,
  at timestamp with time zone not null,
  kind text not null,
  detail json not null,
  constraint tbl_iot_device_log_pkey PRIMARY KEY (imei, log_id),
  constraint tbl_iot_device_log_kind_check CHECK ((kind = ANY (ARRAY['login'::text, 'refused'::text, 'closed'::text, 'rejected_frames'::text, 'resent_records'::text])))
);
CREATE INDEX device_log_by_time ON tbl_iot_device_log USING brin (at);

create table tbl_iot_device_messages (
  message_id bigint not null generated always as identity,
  imei text not null,
  received_at timestamp with time zone not null,
  codec smallint not null,
  message_type smallint not null,
  device_time timestamp with time zone,
  text text not null,
  payload bytea not null,
  constraint tbl_iot_device_messages_pkey PRIMARY KEY (message_id)
);
CREATE INDEX device_messages_by_time ON tbl_iot_device_messages USING brin (received_at);
CREATE INDEX device_messages_of_device ON tbl_iot_device_messages USING btree (imei, message_id);

create table tbl_iot_device_sessions (
  imei text not null,
  instance_id uuid not null,
  epoch bigint not null default nextval('iot_session_epochs'::regclass),
  connection_id uuid not null,
  connected_at timestamp with time zone not null,
  remote_address text not null,
  remote_port integer not null,
  previous_instance_id uuid,
  constraint tbl_iot_device_sessions_pkey PRIMARY KEY (imei)
) with (fillfactor=70);
comment on table tbl_iot_device_sessions is 'The connected devices. A change for a device names the epoch of its session; one with an older epoch has no effect.';
CREATE INDEX device_sessions_of_instance ON tbl_iot_device_sessions USING btree (instance_id);

create table tbl_iot_devices (
  imei text not null,
  status text not null default 'registered'::text,
  name text,
  note text,
  ban_reason text,
  allowed_ranges cidr[] not null default '{}'::cidr[],
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint tbl_iot_devices_pkey PRIMARY KEY (imei),
  constraint tbl_iot_devices_status_check CHECK ((status = ANY (ARRAY['registered'::text, 'banned'::text])))
);
comment on column tbl_iot_devices.allowed_ranges is 'Addresses that the device may log in from. Empty: any address.';

create table tbl_iot_event_adoption (
  is_only boolean not null default true,
  transaction_id xid8 not null,
  first_position bigint not null,
  constraint tbl_iot_event_adoption_pkey PRIMARY KEY (is_only),
  constraint event_adoption_one_row CHECK (is_only)
);
comment on table tbl_iot_event_adoption is 'Of a database that was restored into a cluster with lower transaction numbers: the transaction that has given its events new numbers, and the position before those of all events since.';

create table tbl_iot_event_records (
  event_id uuid not null,
  imei text not null,
  iot_timestamp timestamp with time zone not null,
  record_hash bigint not null,
  constraint tbl_iot_event_records_pkey PRIMARY KEY (event_id, iot_timestamp, record_hash)
);
comment on table tbl_iot_event_records is 'Keys of the records of a telemetry event; with WEBHOOK_TELEMETRY_RECORDS=all only.';

create table tbl_iot_event_retention (
  is_only boolean not null default true,
  transaction_id xid8 not null,
  position bigint not null,
  constraint tbl_iot_event_retention_pkey PRIMARY KEY (is_only),
  constraint event_retention_one_row CHECK (is_only)
);
comment on table tbl_iot_event_retention is 'The newest event that retention has deleted. A reader that has not come so far has missed events.';

create table tbl_iot_event_sequences (
  imei text not null,
  last_sequence bigint not null,
  telemetry_sequence bigint not null default 0,
  last_transaction_id xid8 not null default '0'::xid8,
  constraint tbl_iot_event_sequences_pkey PRIMARY KEY (imei)
) with (fillfactor=70);
comment on column tbl_iot_event_sequences.telemetry_sequence is 'The number of the newest telemetry event of the device. Only this event may be open.';

create table tbl_iot_events (
  transaction_id xid8 not null default pg_current_xact_id(),
  position bigint not null generated always as identity,
  sequence bigint not null,
  occurred_at timestamp with time zone not null default now(),
  delivered_at timestamp with time zone,
  dead_at timestamp with time zone,
  first_received_at timestamp with time zone,
  last_received_at timestamp with time zone,
  newest_time timestamp with time zone,
  newest_hash bigint,
  event_id uuid not null default gen_random_uuid(),
  record_count integer,
  records_left_out integer not null default 0,
  is_open boolean not null default false,
  newest_is_plausible boolean,
  imei text not null,
  type text not null,
  body json,
  first_attempt json,
  constraint tbl_iot_events_pkey PRIMARY KEY (transaction_id, "position"),
  constraint events_event_id UNIQUE (event_id),
  constraint events_sequence UNIQUE (imei, sequence),
  constraint events_have_a_body CHECK (((body IS NOT NULL) OR (type = 'telemetry'::text))),
  constraint events_open_have_none CHECK (((NOT is_open) OR (body IS NULL)))
) with (fillfactor=80);
comment on column tbl_iot_events.is_open is 'A telemetry event that was neither sent nor read yet: newer records are merged into it.';
comment on column tbl_iot_events.first_attempt is 'The attempt that delivered the event, where that was the first one: it has no row in tbl_iot_delivery_attempts.';
CREATE INDEX events_dead ON tbl_iot_events USING btree (transaction_id, "position") WHERE (dead_at IS NOT NULL);

create table tbl_iot_functions (
  name text not null,
  sha256 text not null,
  version text not null,
  constraint tbl_iot_functions_pkey PRIMARY KEY (name)
);

create table tbl_iot_instances (
  instance_id uuid not null,
  name text not null,
  started_at timestamp with time zone not null default now(),
  heartbeat_at timestamp with time zone not null default now(),
  dead_after interval not null,
  stats json,
  constraint tbl_iot_instances_pkey PRIMARY KEY (instance_id)
);
comment on table tbl_iot_instances is 'One row per running gateway process. An instance whose heartbeat is older than dead_after is dead, and the others remove it.';

create table tbl_iot_leases (
  name text not null,
  instance_id uuid not null,
  leased_until timestamp with time zone not null,
  constraint tbl_iot_leases_pkey PRIMARY KEY (name)
) with (fillfactor=20);

create table tbl_iot_migrations (
  id integer not null default nextval('tbl_iot_migrations_id_seq'::regclass),
  timestamp bigint not null,
  name character varying not null,
  constraint "PK_2f5d1c8ca3d82a011c0c6ea54df" PRIMARY KEY (id)
);

create table tbl_iot_read_markers (
  gateway_id uuid not null,
  marker bigint not null,
  written_at timestamp with time zone not null default now(),
  constraint tbl_iot_read_markers_pkey PRIMARY KEY (gateway_id)
) with (fillfactor=20);

create table tbl_iot_record_arrival_retention (
  is_only boolean not null default true,
  transaction_id xid8 not null,
  position bigint not null,
  constraint tbl_iot_record_arrival_retention_pkey PRIMARY KEY (is_only),
  constraint tbl_iot_record_arrival_retention_is_only_check CHECK (is_only)
);
comment on table tbl_iot_record_arrival_retention is 'The newest row of tbl_iot_record_arrivals that retention has deleted.';

create table tbl_iot_record_arrivals (
  transaction_id xid8 not null default pg_current_xact_id(),
  position bigint not null generated always as identity,
  arrived_at timestamp with time zone not null default now(),
  imeis text[] not null,
  key_counts integer[] not null,
  key_times_ms bigint[] not null,
  key_hashes bigint[] not null,
  constraint tbl_iot_record_arrivals_pkey PRIMARY KEY (transaction_id, "position")
);
comment on table tbl_iot_record_arrivals is 'With SINK_TELEMETRY=records: the keys of the new records of one batch. key_counts says how many belong to each device.';

create table tbl_iot_set_aside_arrivals (
  set_aside_id bigint not null generated always as identity,
  set_aside_at timestamp with time zone not null default now(),
  imei text,
  reason text not null,
  arrived_at timestamp with time zone not null default now(),
  is_urgent boolean not null,
  imeis text[] not null,
  record_counts integer[] not null,
  first_received_ms bigint[] not null,
  last_received_ms bigint[] not null,
  newest_times_ms bigint[] not null,
  newest_hashes bigint[] not null,
  are_plausible boolean[] not null,
  key_counts integer[],
  key_times_ms bigint[],
  key_hashes bigint[],
  constraint tbl_iot_set_aside_arrivals_pkey PRIMARY KEY (set_aside_id)
);
comment on table tbl_iot_set_aside_arrivals is 'Records whose report failed, as in tbl_iot_telemetry_arrivals. docs/operate/limits.md says how to report them again.';
CREATE INDEX set_aside_arrivals_device ON tbl_iot_set_aside_arrivals USING btree (imei, set_aside_id);
CREATE INDEX set_aside_arrivals_time ON tbl_iot_set_aside_arrivals USING btree (set_aside_at);

create table tbl_iot_sinks (
  name text not null,
  engine text not null,
  transaction_id xid8 not null,
  position bigint not null,
  rewinds integer not null default 0,
  published bigint not null default 0,
  published_at timestamp with time zone,
  leased_by uuid,
  leased_until timestamp with time zone,
  paused_at timestamp with time zone,
  expired_at timestamp with time zone,
  last_error text,
  last_error_at timestamp with time zone,
  constraint tbl_iot_sinks_pkey PRIMARY KEY (name)
) with (fillfactor=10);
comment on column tbl_iot_sinks.position is 'With transaction_id: everything up to this place has been acknowledged by the engine.';
comment on column tbl_iot_sinks.rewinds is 'Counts how often an operator has set the place: what was read before is not published after it.';
comment on column tbl_iot_sinks.expired_at is 'Events behind the place were deleted, or the database was restored: nothing is published until the place is set.';

create table tbl_iot_telemetry_arrivals (
  transaction_id xid8 not null default pg_current_xact_id(),
  arrival_id bigint not null generated always as identity,
  arrived_at timestamp with time zone not null default now(),
  is_urgent boolean not null,
  imeis text[] not null,
  record_counts integer[] not null,
  first_received_ms bigint[] not null,
  last_received_ms bigint[] not null,
  newest_times_ms bigint[] not null,
  newest_hashes bigint[] not null,
  are_plausible boolean[] not null,
  key_counts integer[],
  key_times_ms bigint[],
  key_hashes bigint[],
  constraint tbl_iot_telemetry_arrivals_pkey PRIMARY KEY (transaction_id, arrival_id)
) with (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=1000);
comment on table tbl_iot_telemetry_arrivals is 'Records of devices that no event reports yet: one element of each array per device. Times are Unix milliseconds.';
comment on column tbl_iot_telemetry_arrivals.key_counts is 'With WEBHOOK_TELEMETRY_RECORDS=all: how many of key_times_ms and key_hashes belong to each device, in their order.';
CREATE INDEX telemetry_arrivals_urgent ON tbl_iot_telemetry_arrivals USING btree (transaction_id, arrival_id) WHERE is_urgent;

create table tbl_iot_telemetry_data (
  iot_timestamp timestamp with time zone not null,
  record_hash bigint not null,
  timestamp timestamp with time zone not null,
  external_extended_voltage bigint,
  trip_odometer bigint,
  total_odometer bigint,
  extended_analog_input_1 bigint,
  extended_analog_input_2 bigint,
  gsm_operator bigint,
  angle integer not null,
  speed integer not null,
  event_io_id integer not null,
  internal_battery_voltage integer,
  internal_battery_current integer,
  external_voltage integer,
  gsm_cell_id integer,
  gsm_area_code integer,
  analog_input_1 integer,
  analog_input_2 integer,
  gnss_speed integer,
  gnss_pdop integer,
  gnss_hdop integer,
  altitude smallint not null,
  satellites smallint not null,
  priority smallint not null,
  generation_type smallint,
  internal_battery_percent smallint,
  gsm_signal smallint,
  movement smallint,
  sleep_mode smallint,
  x_axis smallint,
  y_axis smallint,
  z_axis smallint,
  digital_input_1 smallint,
  digital_input_2 smallint,
  digital_input_3 smallint,
  digital_input_4 smallint,
  digital_output_1 smallint,
  digital_output_2 smallint,
  dout1_overcurrent smallint,
  dout2_overcurrent smallint,
  instant_movement smallint,
  ignition smallint,
  gnss_status smallint,
  iot_imei text not null,
  latitude numeric(10,7) not null,
  longitude numeric(10,7) not null,
  iccid1 numeric(20,0),
  iccid2 numeric(20,0),
  iso6709_coordinates text,
  io jsonb,
  constraint tbl_iot_telemetry_data_pkey PRIMARY KEY (iot_imei, iot_timestamp, record_hash)
) partition by RANGE (iot_timestamp);
comment on table tbl_iot_telemetry_data is 'One row per AVL record. Attribute columns hold raw values; io holds elements without a column.';
comment on column tbl_iot_telemetry_data.iot_timestamp is 'When the device created the record, by its own clock.';
comment on column tbl_iot_telemetry_data.record_hash is 'XXH64 of the bytes of the record.';
comment on column tbl_iot_telemetry_data.timestamp is 'When the gateway received the record.';

create table tbl_iot_telemetry_data_default partition of tbl_iot_telemetry_data DEFAULT;
CREATE INDEX tbl_iot_telemetry_data_default_time ON tbl_iot_telemetry_data_default USING btree (iot_timestamp);

create table tbl_iot_telemetry_device_days (
  iot_imei text not null,
  days int4multirange not null,
  constraint tbl_iot_telemetry_device_days_pkey PRIMARY KEY (iot_imei)
);
comment on table tbl_iot_telemetry_device_days is 'Days since 1970-01-01 for which a device may have records in the partition of the day. No such day is missing; the default partition is not covered.';

create table tbl_iot_telemetry_indexed_days (
  day integer not null,
  constraint tbl_iot_telemetry_indexed_days_pkey PRIMARY KEY (day)
);
comment on table tbl_iot_telemetry_indexed_days is 'Partitions whose devices are all in tbl_iot_telemetry_device_days. Delete the row of a day to have its partition read again.';

create table tbl_iot_telemetry_latest (
  iot_timestamp timestamp with time zone not null,
  record_hash bigint not null,
  timestamp timestamp with time zone not null,
  external_extended_voltage bigint,
  trip_odometer bigint,
  total_odometer bigint,
  extended_analog_input_1 bigint,
  extended_analog_input_2 bigint,
  gsm_operator bigint,
  angle integer not null,
  speed integer not null,
  event_io_id integer not null,
  internal_battery_voltage integer,
  internal_battery_current integer,
  external_voltage integer,
  gsm_cell_id integer,
  gsm_area_code integer,
  analog_input_1 integer,
  analog_input_2 integer,
  gnss_speed integer,
  gnss_pdop integer,
  gnss_hdop integer,
  altitude smallint not null,
  satellites smallint not null,
  priority smallint not null,
  generation_type smallint,
  internal_battery_percent smallint,
  gsm_signal smallint,
  movement smallint,
  sleep_mode smallint,
  x_axis smallint,
  y_axis smallint,
  z_axis smallint,
  digital_input_1 smallint,
  digital_input_2 smallint,
  digital_input_3 smallint,
  digital_input_4 smallint,
  digital_output_1 smallint,
  digital_output_2 smallint,
  dout1_overcurrent smallint,
  dout2_overcurrent smallint,
  instant_movement smallint,
  ignition smallint,
  gnss_status smallint,
  iot_imei text not null,
  latitude numeric(10,7) not null,
  longitude numeric(10,7) not null,
  iccid1 numeric(20,0),
  iccid2 numeric(20,0),
  iso6709_coordinates text,
  io jsonb,
  constraint tbl_iot_telemetry_latest_pkey PRIMARY KEY (iot_imei)
) with (fillfactor=70);
comment on table tbl_iot_telemetry_latest is 'The newest record of each device.';

create table tbl_iot_telemetry_quarantine (
  quarantine_id bigint not null generated always as identity,
  received_at timestamp with time zone not null default now(),
  last_received_at timestamp with time zone not null default now(),
  occurrences bigint not null default 1,
  iot_imei text not null,
  remote_address text not null,
  scope text not null,
  code text not null,
  detail text not null,
  raw bytea not null,
  raw_hash bytea not null generated always as (sha256(raw)) stored,
  constraint tbl_iot_telemetry_quarantine_pkey PRIMARY KEY (quarantine_id),
  constraint tbl_iot_telemetry_quarantine_once UNIQUE (iot_imei, raw_hash),
  constraint tbl_iot_telemetry_quarantine_scope_check CHECK ((scope = ANY (ARRAY['frame'::text, 'record'::text])))
);
comment on table tbl_iot_telemetry_quarantine is 'Bytes that a device sent and that could not be stored as records.';
CREATE INDEX telemetry_quarantine_by_time ON tbl_iot_telemetry_quarantine USING btree (received_at, quarantine_id);
CREATE INDEX telemetry_quarantine_of_device ON tbl_iot_telemetry_quarantine USING btree (iot_imei, quarantine_id);

create table tbl_iot_telemetry_relays (
  name text not null,
  relayed_at timestamp with time zone not null default now(),
  relayed_below xid8 not null default '0'::xid8,
  constraint tbl_iot_telemetry_relays_pkey PRIMARY KEY (name)
) with (fillfactor=10);
comment on column tbl_iot_telemetry_relays.relayed_below is 'Every arrival of an earlier transaction has been relayed.';

create table tbl_iot_unknown_devices (
  imei text not null,
  first_seen timestamp with time zone not null,
  last_seen timestamp with time zone not null,
  attempts bigint not null,
  last_address text not null,
  constraint tbl_iot_unknown_devices_pkey PRIMARY KEY (imei)
);
comment on table tbl_iot_unknown_devices is 'Devices that are not registered and were refused (DEVICE_ADMISSION=registered).';
CREATE INDEX unknown_devices_by_time ON tbl_iot_unknown_devices USING btree (last_seen, imei);

create table tbl_iot_unregistered_devices (
  imei text not null,
  first_seen timestamp with time zone not null default now(),
  last_seen timestamp with time zone not null default now(),
  constraint tbl_iot_unregistered_devices_pkey PRIMARY KEY (imei)
);
comment on table tbl_iot_unregistered_devices is 'Devices admitted without being registered (DEVICE_ADMISSION=open). MAX_UNREGISTERED_DEVICES limits their number.';
comment on column tbl_iot_unregistered_devices.last_seen is 'The last login or datagram, updated once a day.';
CREATE INDEX unregistered_devices_by_time ON tbl_iot_unregistered_devices USING btree (last_seen);

alter table tbl_iot_command_attempts add constraint tbl_iot_command_attempts_command_log_id_fkey FOREIGN KEY (command_log_id) REFERENCES tbl_iot_command_logs(command_log_id);
alter table tbl_iot_device_sessions add constraint tbl_iot_device_sessions_instance_id_fkey FOREIGN KEY (instance_id) REFERENCES tbl_iot_instances(instance_id);

set check_function_bodies = off;

CREATE OR REPLACE FUNCTION iot_attributes_expression(entry text)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select format($expression$('{' || array_to_string(array[%s], ',') || '}')::json$expression$,
                string_agg(format('%L || ', '"' || attname || '":') || case
                    when attname = 'iccid1' then format($text$'"' || %1$I.iccid1 || '"'$text$, entry)
                    when attname = 'iccid2' then format($text$'"' || lpad(%1$I.iccid2::text, greatest(10, length(%1$I.iccid2::text)), '0') || '"'$text$, entry)
                    when atttypid in ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype) then format('%I.%I', entry, attname)
                    else format('to_json(%I.%I)', entry, attname) end, ', ' order by attnum))
    from pg_attribute
   where attrelid = 'tbl_iot_telemetry_data'::regclass and attnum > 0 and not attisdropped
     and attname <> all ('{iot_imei,iot_timestamp,record_hash,timestamp,latitude,longitude,altitude,angle,satellites,speed,priority,event_io_id,generation_type,io}')
$function$;

CREATE OR REPLACE FUNCTION iot_claim_batch(owner uuid, lease_seconds integer, most integer, collect_ms integer, since timestamp with time zone)
 RETURNS TABLE(event_id uuid, imei text, sequence bigint, type text, occurred_at timestamp with time zone, body json, batch_id uuid, failures integer)
 LANGUAGE plpgsql
 SET enable_bitmapscan TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
declare
  batch uuid;
begin
  if not pg_try_advisory_xact_lock(731021) then
    return;
  end if;
  select batch_id into batch from tbl_iot_deliveries
   where batch_id is not null and next_attempt_at >= since and next_attempt_at <= now() and (leased_until is null or leased_until <= now())
   order by next_attempt_at limit 1;
  if batch is null then
    batch := gen_random_uuid();
    return query
    with chosen as (
      select place, imei, sequence, next_attempt_at, sequence - row_number() over (partition by imei order by sequence) as run
        from (select ctid as place, imei, sequence, next_attempt_at from tbl_iot_deliveries
               where type = 'command.failed' and not alone and batch_id is null and next_attempt_at >= since and next_attempt_at <= now()
               order by next_attempt_at, imei, sequence
               limit most) due
    ),
    unblocked as materialized (
      select imei, run from (select imei, run, min(sequence) as sequence from chosen group by imei, run) head
       where not exists (
               select from tbl_iot_deliveries earlier
                where earlier.imei = head.imei and earlier.sequence = head.sequence - 1 and earlier.failures < 3
               offset 0)
         and (exists (
               select from tbl_iot_events event
                where event.imei = head.imei and event.sequence = head.sequence - 1
                  and (event.delivered_at is not null or event.dead_at is not null)
               offset 0)
           or not exists (
               select from tbl_iot_deliveries earlier
                where earlier.imei = head.imei and earlier.sequence < head.sequence and earlier.failures < 3
               offset 0))
    ),
    member as (
      select place, next_attempt_at from chosen join unblocked using (imei, run)
    ),
    size as (
      select count(*)::integer as members, min(next_attempt_at) as oldest from member
    ),
    formed as (
      update tbl_iot_deliveries delivery
         set batch_id = case when size.members > 1 then batch end, alone = size.members = 1, locked_by = owner,
             leased_until = now() + make_interval(secs => lease_seconds)
        from member, size
       where delivery.ctid = member.place
         and (size.members >= most or size.oldest <= now() - make_interval(secs => collect_ms / 1000.0))
      returning delivery.*
    )
      select formed.event_id, formed.imei, formed.sequence, formed.type, event.occurred_at, event.body, formed.batch_id, formed.failures
        from formed join tbl_iot_events event using (event_id)
       order by event.position;
    return;
  end if;
  return query
    with leased as (
      update tbl_iot_deliveries delivery
         set locked_by = owner, leased_until = now() + make_interval(secs => lease_seconds)
       where delivery.batch_id = batch
      returning delivery.*
    )
    select leased.event_id, leased.imei, leased.sequence, leased.type, event.occurred_at, event.body, leased.batch_id, leased.failures
      from leased join tbl_iot_events event using (event_id)
     order by event.position;
end
$function$;

CREATE OR REPLACE FUNCTION iot_claim_deliveries(owner uuid, lease_seconds integer, since timestamp with time zone, most integer, looked_at integer, batch_events integer, batch_bytes integer)
 RETURNS TABLE(event_id uuid, imei text, sequence bigint, type text, occurred_at timestamp with time zone, body text, batch_id uuid, failures integer, place_in_line bigint)
 LANGUAGE plpgsql
 SET enable_bitmapscan TO 'off'
 SET enable_seqscan TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
#variable_conflict use_column
declare
  nonce uuid = gen_random_uuid();
begin
  return query
    with locked as (
      select delivery.*, due.place_in_line
        from iot_claimable_deliveries(since, most, looked_at) due
       cross join lateral (
         select delivery.ctid as place, delivery.imei, delivery.sequence, delivery.event_id, delivery.type, delivery.alone, delivery.next_attempt_at
           from tbl_iot_deliveries delivery
          where delivery.imei = due.imei and delivery.sequence = due.sequence and delivery.batch_id is null
            and (delivery.leased_until is null or delivery.leased_until <= now())
            -- In this form no index can be used for it.
            and delivery.next_attempt_at - now() <= interval '0'
            for update skip locked
       ) delivery
    ),
    openable as (
      select event.*
        from locked
       cross join lateral (
         select event.transaction_id, event.position, event.event_id from tbl_iot_events event
          where event.event_id = locked.event_id and event.body is null
            for update skip locked
       ) event
       where locked.type = 'telemetry'
    ),
    closed as (
      update tbl_iot_events event set body = made.body, is_open = false
        from openable join iot_telemetry_bodies((select array_agg(event_id) from openable)) made using (event_id)
       where event.transaction_id = openable.transaction_id and event.position = openable.position
      returning event.event_id, event.body::text as body
    ),
    claimed as (
      select locked.place, locked.place_in_line, locked.imei, locked.alone, locked.next_attempt_at, event.occurred_at,
             coalesce(closed.body, event.body::text) as body
        from locked
       cross join lateral (
         select event.occurred_at, event.body from tbl_iot_events event where event.event_id = locked.event_id offset 0
       ) event
        left join closed using (event_id)
       where event.body is not null or closed.body is not null
    ),
    measured as (
      select claimed.*, (row_number() over due_first - 1) / batch_events as part, sum(octet_length(body)) over due_first / batch_bytes as share
        from claimed
      window due_first as (partition by alone order by next_attempt_at, imei rows unbounded preceding)
    ),
    divided as (
      select place, place_in_line, occurred_at, body,
             case when batch_events > 1 and not alone and count(*) over (partition by alone, part, share) > 1
                  then md5(nonce || ' ' || part || ' ' || share)::uuid end as new_batch_id
        from measured
    )
    update tbl_iot_deliveries delivery
       set locked_by = owner, leased_until = now() + make_interval(secs => lease_seconds), batch_id = divided.new_batch_id
      from divided
     where delivery.ctid = divided.place
    returning delivery.event_id, delivery.imei, delivery.sequence, delivery.type, divided.occurred_at, divided.body, delivery.batch_id,
              delivery.failures, divided.place_in_line;
end
$function$;

CREATE OR REPLACE FUNCTION iot_claimable_deliveries(since timestamp with time zone, most integer, looked_at integer)
 RETURNS TABLE(imei text, sequence bigint, place_in_line bigint)
 LANGUAGE plpgsql
 STABLE ROWS 1
 SET enable_bitmapscan TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
#variable_conflict use_column
declare
  bound integer;
begin
  foreach bound in array array[looked_at, 2147483647]
  loop
    return query
      select delivery.imei, delivery.sequence, delivery.place_in_line
        from (select imei, sequence, alone, next_attempt_at, row_number() over (order by next_attempt_at) as place_in_line
                from tbl_iot_deliveries
               where next_attempt_at >= since and next_attempt_at <= now()
                 and (leased_until is null or leased_until <= now())
                 and batch_id is null and (alone or type <> 'command.failed')
               order by next_attempt_at
               limit bound) delivery
       where not exists (
           select from tbl_iot_deliveries previous
            where previous.imei = delivery.imei and previous.sequence = delivery.sequence - 1 and previous.failures < 3
           offset 0)
         and (not delivery.alone and exists (
                select from tbl_iot_events previous
                 where previous.imei = delivery.imei and previous.sequence = delivery.sequence - 1
                   and (previous.delivered_at is not null or previous.dead_at is not null)
                offset 0)
              or not exists (
                select from tbl_iot_deliveries earlier
                 where earlier.imei = delivery.imei and earlier.sequence < delivery.sequence and earlier.failures < 3
                offset 0))
       order by delivery.next_attempt_at
       limit most;
    exit when found;
  end loop;
end
$function$;

CREATE OR REPLACE FUNCTION iot_event_records(listed_event uuid)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  json_time constant text := 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';
  records json[];
  of_day json[];
  day date;
begin
  for day in select distinct (kept.iot_timestamp at time zone 'UTC')::date as found
               from tbl_iot_event_records kept where kept.event_id = listed_event order by found
  loop
    execute format($query$
      select array_agg(found.record order by kept.iot_timestamp, kept.record_hash)
        from tbl_iot_event_records kept
       cross join lateral (
         select json_build_object(
                  'timestamp', to_char(entry.iot_timestamp at time zone 'UTC', %1$L),
                  'receivedAt', to_char(entry.timestamp at time zone 'UTC', %1$L),
                  'priority', entry.priority, 'eventIoId', entry.event_io_id,
                  'gps', iot_record_gps(entry), 'attributes', %5$s, 'io', entry.io) as record
           from tbl_iot_telemetry_data entry
          where entry.iot_imei = kept.imei and entry.iot_timestamp = kept.iot_timestamp and entry.record_hash = kept.record_hash
            and entry.iot_timestamp >= %3$L and entry.iot_timestamp < %4$L
          limit 1) found
       where kept.event_id = %2$L and kept.iot_timestamp >= %3$L and kept.iot_timestamp < %4$L$query$,
      json_time, listed_event, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC', iot_attributes_expression('entry')) into of_day;
    records := records || of_day;
  end loop;
  return array_to_json(records);
end
$function$;

CREATE OR REPLACE FUNCTION iot_record_gps(entry tbl_iot_telemetry_data)
 RETURNS json
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select json_build_object(
    'latitude', case when entry.satellites > 0 or entry.latitude <> 0 or entry.longitude <> 0 then entry.latitude::float8 end,
    'longitude', case when entry.satellites > 0 or entry.latitude <> 0 or entry.longitude <> 0 then entry.longitude::float8 end,
    'altitude', entry.altitude, 'angle', entry.angle, 'satellites', entry.satellites, 'speed', entry.speed,
    'fix', entry.satellites > 0)
$function$;

CREATE OR REPLACE FUNCTION iot_settle_delivered(owner uuid, imeis text[], sequences bigint[], webhook_ids text[], statuses integer[], durations_ms integer[], answers text[])
 RETURNS void
 LANGUAGE plpgsql
 SET enable_bitmapscan TO 'off'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
begin
  with mine as (
    select delivery.place, result.*
      from unnest(imeis, sequences, webhook_ids, statuses, durations_ms, answers)
             as result (imei, sequence, webhook_id, status, duration_ms, answer)
     cross join lateral (
       select delivery.ctid as place from tbl_iot_deliveries delivery
        where delivery.imei = result.imei and delivery.sequence = result.sequence
       offset 0
     ) delivery
  ),
  ended as (
    delete from tbl_iot_deliveries delivery using mine
     where delivery.ctid = mine.place and delivery.locked_by = owner
    returning delivery.event_id, delivery.attempts, mine.webhook_id, mine.status, mine.duration_ms, mine.answer
  ),
  recorded as (
    update tbl_iot_events event
       set delivered_at = now(), dead_at = null,
           first_attempt = case when ended.attempts > 0 then event.first_attempt
                                else json_build_object(
                                  'attemptedAt', to_char((now() - ended.duration_ms * interval '1 millisecond') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                                  'webhookId', ended.webhook_id, 'status', ended.status, 'durationMs', ended.duration_ms,
                                  'answer', ended.answer) end
      from ended
     where event.event_id = ended.event_id
  )
  insert into tbl_iot_delivery_attempts (event_id, attempt, attempted_at, webhook_id, status, duration_ms, answer)
  select event_id, attempts + 1, now() - duration_ms * interval '1 millisecond', webhook_id, status, duration_ms, answer
    from ended where attempts > 0;
end
$function$;

CREATE OR REPLACE FUNCTION iot_settle_others(owner uuid, results json)
 RETURNS void
 LANGUAGE plpgsql
 SET enable_bitmapscan TO 'off'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
begin
  with mine as (
    select delivery.place, delivery.event_id, delivery.attempts + 1 as attempt, result.*
      from (select * from json_to_recordset(results) as result (
              imei text, sequence bigint, outcome text, "afterMs" float8, alone boolean, outage boolean,
              "webhookId" text, "durationMs" integer, status integer, answer text, error text)
             -- Locked in this order, as every other statement that locks several deliveries.
             order by imei, sequence) result
     cross join lateral (
       select delivery.ctid as place, delivery.event_id, delivery.attempts from tbl_iot_deliveries delivery
        where delivery.imei = result.imei and delivery.sequence = result.sequence and delivery.locked_by = owner
          for update
     ) delivery
  ),
  ended as (
    delete from tbl_iot_deliveries delivery using mine where delivery.ctid = mine.place and mine.outcome = 'dead'
  ),
  kept as (
    update tbl_iot_deliveries delivery
       set locked_by = null, leased_until = null, next_attempt_at = now() + mine."afterMs" * interval '1 millisecond',
           failures = failures + case when mine.outcome = 'retry' then 1 else 0 end,
           attempts = attempts + case when mine.outcome = 'released' then 0 else 1 end,
           alone = delivery.alone or mine.alone, batch_id = case when mine.alone then null else batch_id end,
           held_by_outage = mine.outage
      from mine
     where delivery.ctid = mine.place and mine.outcome <> 'dead'
  ),
  recorded as (
    update tbl_iot_events event set delivered_at = null, dead_at = now()
      from mine
     where event.event_id = mine.event_id and mine.outcome = 'dead'
  )
  insert into tbl_iot_delivery_attempts (event_id, attempt, attempted_at, webhook_id, status, duration_ms, answer, error)
  select event_id, attempt, now() - "durationMs" * interval '1 millisecond', "webhookId", status, "durationMs", answer, error
    from mine where outcome <> 'released';
end
$function$;

CREATE OR REPLACE FUNCTION iot_telemetry_bodies(event_ids uuid[])
 RETURNS TABLE(event_id uuid, body json)
 LANGUAGE plpgsql
 ROWS 100
AS $function$
declare
  json_time constant text := 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';
  day date;
begin
  for day in select distinct (event.newest_time at time zone 'UTC')::date from tbl_iot_events event where event.event_id = any (event_ids)
  loop
    return query execute format($query$
      select event.event_id,
             (left(json_build_object(
                 'imei', event.imei,
                 'recordCount', event.record_count,
                 'latestTimestamp', to_char(event.newest_time at time zone 'UTC', %1$L),
                 'latestGps', newest.gps,
                 'latestAttributes', newest.attributes,
                 'latestIo', newest.io,
                 'firstReceivedAt', to_char(event.first_received_at at time zone 'UTC', %1$L),
                 'lastReceivedAt', to_char(event.last_received_at at time zone 'UTC', %1$L))::text, -1)
               || case when event.records_left_out > 0 then ', "recordsLeftOut" : ' || event.records_left_out else '' end
               || case when exists (select from tbl_iot_event_records kept where kept.event_id = event.event_id)
                       then coalesce(', "records" : ' || iot_event_records(event.event_id)::text, '') else '' end
               || '}')::json
        from tbl_iot_events event
        left join lateral (
          select iot_record_gps(entry) as gps, %4$s as attributes, entry.io
            from tbl_iot_telemetry_data entry
           where entry.iot_imei = event.imei and entry.iot_timestamp = event.newest_time and entry.record_hash = event.newest_hash
             and entry.iot_timestamp >= %2$L and entry.iot_timestamp < %3$L
           limit 1) newest on true
       where event.event_id = any ($1) and event.newest_time >= %2$L and event.newest_time < %3$L$query$,
      json_time, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC', iot_attributes_expression('entry')) using event_ids;
  end loop;
end
$function$;
