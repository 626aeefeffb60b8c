import { PreparedStatement } from '../../platform/database/driver-statements.js';
import { jsonTime } from '../../platform/json/json-source.js';
import { type ClaimedDelivery } from './delivery.js';

/** How the events of a claim are divided among requests. */
export interface Batching {
  /** Events in one request. 1: no batches. */
  readonly events: number;
  /** Their bodies together, in bytes; one more body may be in the request. */
  readonly bytes: number;
}

/**
 * Leases due deliveries. Rows are chosen first (`iot_due_deliveries`) and locked second: a concurrent claim must not make this one skip the head of a
 * device and take the event behind it. An open telemetry event is closed here; one that another transaction holds locked is left for the next claim.
 *
 * A delivery may be claimed when no earlier event of its device is pending with fewer than three failures. It is enough to look at the event just
 * before it, by its key. A look at all earlier ones reads an index entry for each event that the device had since VACUUM could last remove some, which
 * is all of them while an old transaction is open.
 *
 * Why one is enough: numbers have no gaps, and are committed in their order. Say event n is looked at, and n - 1 has been queued. Then n - 1 is pending
 * with fewer than three failures, and n waits; or it has failed three times, or has gone from the queue. In both of these cases n - 1 was claimed
 * before, and so by this rule every earlier event had failed three times or was gone at that time. Failures never become fewer, and what is gone does
 * not come back. Members of a batch are claimed and settled together, and one that is refused becomes a delivery of its own with its number.
 *
 * Two things come back or were never queued, and for them all earlier events are looked at: a replay (`alone`) is queued behind events that were
 * delivered long ago; an event that was recorded while no host was configured is neither delivered nor given up, and says nothing about those before
 * it. A replayed event does not hold up newer events, but for the next one.
 *
 * Parameters: the owner, seconds of the lease, a time before which nothing is due.
 */
export function claimStatement(limit: number, { events, bytes }: Batching): PreparedStatement<ClaimedDelivery> {
  const isBatching = events > 1;
  return new PreparedStatement<ClaimedDelivery>(
    `iot_claim_${limit}_${events}_${bytes}`,
    `
  with locked as (
    select delivery.imei, delivery.sequence, delivery.event_id, delivery.type, delivery.alone, delivery.next_attempt_at
      from iot_due_deliveries($3, ${limit}) due join tbl_iot_deliveries delivery using (imei, sequence)
     where delivery.next_attempt_at <= now() and (delivery.leased_until is null or delivery.leased_until <= now()) and delivery.batch_id is null
       for update of delivery skip locked
  ),
  openable as (
    select event.transaction_id, event.position, event.event_id
      from locked join tbl_iot_events event using (event_id)
     where locked.type = 'telemetry' and event.body is null
       for update of event skip locked
  ),
  closed as (
    update tbl_iot_events event set body = made.body, is_open = false
      from openable join iot_telemetry_bodies((select array_agg(event_id) from openable)) made using (event_id)
     where event.transaction_id = openable.transaction_id and event.position = openable.position
    returning event.event_id, event.body::text as body
  ),
  claimed as (
    select locked.imei, locked.sequence, locked.event_id, locked.alone, locked.next_attempt_at,
           event.occurred_at, coalesce(closed.body, event.body::text) as body
      from locked join tbl_iot_events event using (event_id) left join closed using (event_id)
     where event.body is not null or closed.body is not null
  )${isBatching ? batched(events, bytes) : ''}
  update tbl_iot_deliveries delivery
     set locked_by = $1, leased_until = now() + make_interval(secs => $2)${isBatching ? ', batch_id = claimed.new_batch_id' : ''}
    from ${isBatching ? 'with_batch' : 'claimed'} claimed
   where delivery.imei = claimed.imei and delivery.sequence = claimed.sequence
  returning delivery.event_id as "eventId", delivery.imei, delivery.sequence::text as sequence, delivery.type,
            ${jsonTime('claimed.occurred_at')} as "occurredAt", claimed.body, delivery.batch_id as "batchId", delivery.failures`,
  );
}

/** Divides the claimed events among requests. One that stays without others is not a batch, nor is one that was refused in a batch before. */
function batched(events: number, bytes: number): string {
  return `,
  measured as (
    select claimed.*, (row_number() over due_first - 1) / ${events} as part, sum(octet_length(body)) over due_first / ${bytes} as share
      from claimed where not alone
    window due_first as (order by next_attempt_at, imei rows unbounded preceding)
  ),
  nonce as materialized (select gen_random_uuid() as nonce),
  with_batch as (
    select imei, sequence, occurred_at, body,
           case when count(*) over (partition by part, share) > 1 then md5(nonce || ' ' || part || ' ' || share)::uuid end as new_batch_id
      from measured, nonce
     union all
    select imei, sequence, occurred_at, body, null from claimed where alone
  )`;
}
