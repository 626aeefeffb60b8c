/** The functions that 1790000002000-webhooks.ts makes. */

/**
 * The one way to append an event, also from within a statement. The row of the device's sequence stays locked until the transaction ends:
 * numbers are given in the order of the commits, without gaps. A transaction that began to write early may get the lock late: its event then
 * stands in the feed under the transaction of the one before it, so that the feed has each device's events in the order of their numbers too.
 */
export const APPEND_EVENT = `
  create function iot_append_event(event_imei text, event_type text, event_body json, to_deliver boolean default true)
  returns void language sql volatile as $$
    with numbered as (
      insert into tbl_iot_event_sequences as known (imei, last_sequence, last_transaction_id) values (event_imei, 1, pg_current_xact_id())
      on conflict (imei) do update set last_sequence = known.last_sequence + 1,
                                       last_transaction_id = greatest(known.last_transaction_id, pg_current_xact_id())
      returning last_sequence, last_transaction_id
    ),
    recorded as (
      insert into tbl_iot_events (transaction_id, imei, sequence, type, body)
      select last_transaction_id, event_imei, last_sequence, event_type, event_body from numbered
      returning imei, sequence, event_id, type
    )
    insert into tbl_iot_deliveries (imei, sequence, event_id, type)
    select imei, sequence, event_id, type from recorded where to_deliver
  $$`;

/** Locks the sequences of devices, in one order for all: who holds them may open or merge into their telemetry events. */
export const LOCK_SEQUENCES = `
  create function iot_lock_event_sequences(imeis text[]) returns void language plpgsql as $$
  begin
    insert into tbl_iot_event_sequences (imei, last_sequence)
    select device.imei, 0 from unnest(imeis) as device (imei)
     where not exists (select from tbl_iot_event_sequences known where known.imei = device.imei)
     order by device.imei
    on conflict do nothing;
    perform from tbl_iot_event_sequences where imei = any (imeis) order by imei for update;
  end
  $$`;

/**
 * A batch of records: each device's open telemetry event grows, or one is opened. Each device is named once. Three statements in one call:
 * the last one has to see what was committed while the locks were waited for. An event that is locked is being closed, so the next one is
 * opened, once `on conflict` has waited for that; should it stay open after all, the null makes the batch start again, without a gap in the
 * numbers. Waiting for the lock of the event itself met deadlocks with the settling of deliveries: PostgreSQL locks the newest version of a
 * row before it finds that it is open no longer.
 *
 * The rows of the batch are carried along instead of being joined again: PostgreSQL takes an unnest for ten rows, and compared 1,000 devices
 * with 1,000 devices (320 ms).
 */
export const APPEND_TELEMETRY = `
  create function iot_append_telemetry(
    imeis text[], counts integer[], first_received timestamptz[], last_received timestamptz[],
    newest_times timestamptz[], newest_hashes bigint[], plausible boolean[], to_deliver boolean
  ) returns void language plpgsql as $$
  begin
    perform iot_lock_event_sequences(imeis);
    with batch as (
      select * from unnest(imeis, counts, first_received, last_received, newest_times, newest_hashes, plausible)
        as device (imei, records, first_at, last_at, newest_time, newest_hash, is_plausible)
    ),
    open as (
      select event.transaction_id, event.position, batch.*
        from batch join tbl_iot_events event on event.imei = batch.imei and event.is_open
         for update of event skip locked
    ),
    merged as (
      update tbl_iot_events event
         set record_count = event.record_count + open.records,
             first_received_at = least(event.first_received_at, open.first_at),
             last_received_at = greatest(event.last_received_at, open.last_at),
             (newest_is_plausible, newest_time, newest_hash) = (
               select is_plausible, time, hash
                 from (values (event.newest_is_plausible, event.newest_time, event.newest_hash),
                              (open.is_plausible, open.newest_time, open.newest_hash)) known (is_plausible, time, hash)
                order by is_plausible desc, time desc, hash desc
                limit 1)
        from open
       where event.transaction_id = open.transaction_id and event.position = open.position
      returning event.imei
    ),
    numbered as (
      update tbl_iot_event_sequences known
         set last_sequence = known.last_sequence + 1, last_transaction_id = greatest(known.last_transaction_id, pg_current_xact_id())
        from batch
       where known.imei = batch.imei and batch.imei not in (select imei from merged)
      returning known.last_sequence, known.last_transaction_id, batch.*
    ),
    opened as (
      insert into tbl_iot_events (transaction_id, imei, sequence, type, is_open, record_count, first_received_at, last_received_at,
                                  newest_is_plausible, newest_time, newest_hash)
      select last_transaction_id, imei, last_sequence, 'telemetry', true, records, first_at, last_at, is_plausible, newest_time, newest_hash
        from numbered
      on conflict (imei) where is_open do update set imei = null
      returning imei, sequence, event_id, type
    )
    insert into tbl_iot_deliveries (imei, sequence, event_id, type)
    select imei, sequence, event_id, type from opened where to_deliver;
  end
  $$`;

/** The same with every record of the batch kept by its key, and an event closed when it holds \`most\` of them. */
export const APPEND_TELEMETRY_RECORDS = `
  create function iot_append_telemetry_records(
    imeis text[], received timestamptz[], times timestamptz[], hashes bigint[], plausible boolean[], to_deliver boolean, most integer
  ) returns void language plpgsql as $$
  declare
    device record;
    open_event record;
    done integer;
  begin
    perform iot_lock_event_sequences((select array_agg(distinct imei) from unnest(imeis) as batch (imei)));
    -- Each device's own arrays, so that no device has to look through the records of all others.
    for device in
      select imei, count(*)::integer as records, array_agg(received_at order by place) as received, array_agg(record_time order by place) as times,
             array_agg(record_hash order by place) as hashes, array_agg(is_plausible order by place) as plausible
        from unnest(imeis, received, times, hashes, plausible) with ordinality
          as batch (imei, received_at, record_time, record_hash, is_plausible, place)
       group by imei
       order by imei
    loop
      done := 0;
      while done < device.records loop
        select event_id, record_count into open_event from tbl_iot_events
         where imei = device.imei and is_open
           for update skip locked;
        if not found then
          with numbered as (
            update tbl_iot_event_sequences
               set last_sequence = last_sequence + 1, last_transaction_id = greatest(last_transaction_id, pg_current_xact_id())
             where imei = device.imei
            returning last_sequence, last_transaction_id
          ),
          opened as (
            insert into tbl_iot_events (transaction_id, imei, sequence, type, is_open, record_count, newest_is_plausible)
            select last_transaction_id, device.imei, last_sequence, 'telemetry', true, 0, false from numbered
            on conflict (imei) where is_open do update set imei = null
            returning imei, sequence, event_id, type, record_count
          ),
          queued as (
            insert into tbl_iot_deliveries (imei, sequence, event_id, type)
            select imei, sequence, event_id, type from opened where to_deliver
          )
          select event_id, record_count into open_event from opened;
        end if;
        with batch as (
          select record_time, record_hash, received_at, is_plausible
            from unnest(device.received, device.times, device.hashes, device.plausible) with ordinality
              as batch (received_at, record_time, record_hash, is_plausible, place)
           order by place offset done limit most - open_event.record_count
        ),
        kept as (
          insert into tbl_iot_event_records (event_id, imei, iot_timestamp, record_hash)
          select open_event.event_id, device.imei, record_time, record_hash from batch
        ),
        newest as (
          select is_plausible, record_time, record_hash from batch
          union all
          select newest_is_plausible, newest_time, newest_hash from tbl_iot_events
           where event_id = open_event.event_id and newest_time is not null
          order by 1 desc, 2 desc, 3 desc limit 1
        ),
        arrived as (
          select count(*)::integer as records, min(received_at) as first_at, max(received_at) as last_at from batch
        )
        update tbl_iot_events event
           set record_count = event.record_count + arrived.records,
               first_received_at = least(event.first_received_at, arrived.first_at),
               last_received_at = greatest(event.last_received_at, arrived.last_at),
               newest_is_plausible = newest.is_plausible, newest_time = newest.record_time, newest_hash = newest.record_hash,
               is_open = event.record_count + arrived.records < most
          from newest, arrived
         where event.event_id = open_event.event_id;
        done := done + most - open_event.record_count;
      end loop;
    end loop;
  end
  $$`;

/** What a host is told of one record. Attributes are whatever columns the table has beside those every record has: new ones need no change here. */
export const RECORD_PARTS = `
  create function iot_record_gps(entry tbl_iot_telemetry_data) returns json language sql immutable as $$
    select json_build_object(
      'latitude', entry.latitude::float8, 'longitude', entry.longitude::float8, 'altitude', entry.altitude,
      'angle', entry.angle, 'satellites', entry.satellites, 'speed', entry.speed)
  $$;
  create function iot_record_attributes(entry tbl_iot_telemetry_data) returns jsonb language sql immutable as $$
    select jsonb_strip_nulls(
      to_jsonb(entry)
        - '{iot_imei,iot_timestamp,record_hash,timestamp,latitude,longitude,altitude,angle,satellites,speed,priority,event_io_id,generation_type,io}'::text[]
        || jsonb_build_object('iccid1', entry.iccid1::text, 'iccid2', entry.iccid2::text))
  $$;
  create function iot_json_time(moment timestamptz) returns text language sql stable as $$
    select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  $$`;

/**
 * The body of a telemetry event, from the records it stands for. Volatile, so that it sees records committed since the calling statement began:
 * the event row was locked later than that. A record that retention has dropped meanwhile is told without its values.
 */
export const TELEMETRY_BODY = `
  create function iot_telemetry_body(event tbl_iot_events) returns json language plpgsql volatile as $$
  declare
    newest tbl_iot_telemetry_data;
    records json;
    summary json;
  begin
    select * into newest from tbl_iot_telemetry_data
     where iot_imei = event.imei and iot_timestamp = event.newest_time and record_hash = event.newest_hash;
    summary := json_build_object(
      'imei', event.imei,
      'recordCount', event.record_count,
      'latestTimestamp', iot_json_time(event.newest_time),
      'latestGps', case when newest.iot_imei is not null then iot_record_gps(newest) end,
      'latestAttributes', case when newest.iot_imei is not null then iot_record_attributes(newest) end,
      'latestIo', newest.io,
      'firstReceivedAt', iot_json_time(event.first_received_at),
      'lastReceivedAt', iot_json_time(event.last_received_at));
    select json_agg(json_build_object(
             'timestamp', iot_json_time(entry.iot_timestamp), 'receivedAt', iot_json_time(entry.timestamp),
             'priority', entry.priority, 'eventIoId', entry.event_io_id,
             'gps', iot_record_gps(entry), 'attributes', iot_record_attributes(entry), 'io', entry.io)
             order by entry.iot_timestamp, entry.record_hash)
      into records
      from tbl_iot_event_records kept
      join tbl_iot_telemetry_data entry
        on entry.iot_imei = kept.imei and entry.iot_timestamp = kept.iot_timestamp and entry.record_hash = kept.record_hash
     where kept.event_id = event.event_id;
    if records is null then
      return summary;
    end if;
    return (left(summary::text, -1) || ', "records" : ' || records::text || '}')::json;
  end
  $$`;

/**
 * One batch of failed commands, leased: one whose time has come again, with the members it had, or a new one when it would be full or its first
 * member has waited long enough. One caller at a time, so that two never share the members of a batch between them. No member overtakes an
 * earlier event of its device that is not in the batch. A single member is no batch: it goes out under its own id, from then on.
 */
export const CLAIM_FAILURES = `
  create function iot_claim_failures(owner uuid, lease_seconds integer, most integer, collect_ms integer)
  returns table (event_id uuid, imei text, sequence bigint, type text, occurred_at timestamptz, body json, batch_id uuid, failures integer)
  language plpgsql as $$
  #variable_conflict use_column
  declare
    batch uuid;
  begin
    if not pg_try_advisory_xact_lock(731021) then
      return;
    end if;
    select batch_id into batch from tbl_iot_deliveries
     where batch_id is not null and next_attempt_at <= now() order by next_attempt_at limit 1;
    if batch is null then
      batch := gen_random_uuid();
      return query
      with chosen as (
        select imei, sequence, next_attempt_at from tbl_iot_deliveries
         where type = 'command.failed' and not alone and batch_id is null and next_attempt_at <= now()
         order by next_attempt_at, imei, sequence
         limit most
      ),
      member as (
        select imei, sequence, next_attempt_at from chosen
         where not exists (
           select from tbl_iot_deliveries earlier
            where earlier.imei = chosen.imei and earlier.sequence < chosen.sequence and earlier.failures < 3
              and not exists (select from chosen other where other.imei = earlier.imei and other.sequence = earlier.sequence))
      ),
      size as (
        select count(*)::integer as members, min(next_attempt_at) as oldest from member
      ),
      formed as (
        update tbl_iot_deliveries delivery
           set batch_id = case when size.members > 1 then batch end, alone = size.members = 1, locked_by = owner,
               next_attempt_at = now() + make_interval(secs => lease_seconds)
          from member, size
         where delivery.imei = member.imei and delivery.sequence = member.sequence
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
           set locked_by = owner, next_attempt_at = now() + make_interval(secs => lease_seconds)
         where delivery.batch_id = batch
        returning delivery.*
      )
      select leased.event_id, leased.imei, leased.sequence, leased.type, event.occurred_at, event.body, leased.batch_id, leased.failures
        from leased join tbl_iot_events event using (event_id)
       order by event.position;
  end
  $$`;
