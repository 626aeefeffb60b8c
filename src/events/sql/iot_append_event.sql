-- Appends one event to the sequence of its device. The row of the sequence stays locked until the transaction ends: numbers are
-- given in the order of the commits, without gaps. A transaction that began to write early may get the lock late. Its event then
-- stands in the feed under the transaction of the event before it, so that the feed has the events of a device in the order of
-- their numbers too.
--
-- Why SQL: statements that change many devices or commands at a time call it in their select list, so that the change and its
-- event are one round trip and one transaction. EventsRepository.append is the same for a transaction that is open already.
create or replace function iot_append_event(event_imei text, event_type text, event_body json, to_deliver boolean default true)
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
$$;
