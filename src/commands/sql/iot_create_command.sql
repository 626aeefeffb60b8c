-- Creates one command. The advisory lock orders what is done to the commands of one device: what is counted and ended stays so
-- until the commit. Raises IOT29 when too many commands are open (everything is undone then), IOT04 when a live command finds no
-- session.
--
-- Older open commands with the same text or an overlapping target end here, in the transaction that makes the newer one visible:
-- no claim can take an older one after it could have taken the newer one. Never sent, or the same text: superseded. Sent:
-- unconfirmed, because the device may execute it, or have executed it. `contradicted` counts the latter; their events are
-- appended in the order of their ids.
--
-- Why SQL: up to seven statements in one round trip. On a busy machine a round trip costs more than its statement.
create or replace function iot_create_command(
  new_imei text, new_command text, new_codec smallint, new_reply_shape text, new_targets text[], new_silent boolean, new_mode text,
  new_max_retry integer, new_timeout_seconds integer, life_seconds integer, new_postponed_seconds integer, new_metadata json, new_key text,
  new_hash bytea, own_instance uuid, most_open integer, record_failures boolean, deliver_failures boolean
) returns table (id bigint, state text, same boolean, holder uuid, contradicted integer) language plpgsql as $$
declare
  known record;
  held_by uuid;
  new_id bigint;
  older bigint[];
  failed integer := 0;
begin
  perform pg_advisory_xact_lock(731020, hashtext(new_imei));
  select session.instance_id into held_by from tbl_iot_device_sessions session where session.imei = new_imei;
  if new_key is not null then
    select log.command_log_id, log.status, log.request_hash into known from tbl_iot_command_logs log where log.idempotency_key = new_key;
    if found then
      return query select known.command_log_id, known.status, known.request_hash = new_hash, held_by, 0;
      return;
    end if;
  end if;
  if new_mode = 'live' and held_by is null then
    raise exception 'the device is not connected' using errcode = 'IOT04';
  end if;

  insert into tbl_iot_command_logs as log (
    imei, command, codec, reply_shape, targets, silent, mode, max_retry, timeout_seconds, postponed_seconds, metadata, idempotency_key,
    request_hash, estimated_timeout_at, expires_at, due_at
  ) values (
    new_imei, new_command, new_codec, new_reply_shape, new_targets, new_silent, new_mode, new_max_retry, new_timeout_seconds,
    new_postponed_seconds, new_metadata, new_key, new_hash, now() + make_interval(secs => new_timeout_seconds),
    now() + make_interval(secs => life_seconds), now() + make_interval(secs => life_seconds)
  ) returning log.command_log_id into new_id;

  -- Locked in the order of their ids, as by everything that locks several commands of one device.
  select array_agg(locked.command_log_id) into older from (
    select log.command_log_id from tbl_iot_command_logs log
     where log.imei = new_imei and log.status = 'PENDING' and log.command_log_id <> new_id
       and (log.command = new_command or log.targets && new_targets)
     order by log.command_log_id
       for update
  ) locked;
  if older is not null then
    -- Statements of their own: the one above may have waited for a claim, whose attempt its snapshot does not hold.
    update tbl_iot_command_logs log
       set status = 'FAILED', superseded_by = new_id, in_flight = false, updated_at = now(), completed_at = now(),
           reason = case when log.command = new_command or log.attempts = 0 then 'superseded' else 'unconfirmed' end
     where log.command_log_id = any (older);
    update tbl_iot_command_attempts set result = 'superseded', ended_at = now()
     where command_log_id = any (older) and result is null;
    select count(*) into failed from tbl_iot_command_logs log where log.command_log_id = any (older) and log.reason = 'unconfirmed';
  end if;
  if (select count(*) from tbl_iot_command_logs log where log.imei = new_imei and log.status = 'PENDING') > most_open then
    raise exception 'too many open commands' using errcode = 'IOT29';
  end if;
  if failed > 0 and record_failures then
    perform iot_append_event(log.imei, 'command.failed', json_build_object(
              'command_log_id', log.command_log_id::text, 'imei', log.imei, 'command', log.command, 'metadata', log.metadata,
              'reason', log.reason, 'response', log.response, 'attempts', log.attempts, 'superseded_by', new_id::text), deliver_failures)
       from (
         select * from tbl_iot_command_logs ended
          where ended.command_log_id = any (older) and ended.reason = 'unconfirmed' order by ended.command_log_id
       ) log;
  end if;

  if held_by <> own_instance then
    perform pg_notify('iot_instance_' || replace(held_by::text, '-', ''), 'command ' || new_imei);
  end if;
  return query select new_id, 'PENDING'::text, true, held_by, failed;
end
$$;
