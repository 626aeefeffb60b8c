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

/** `placeInLine`: how many due deliveries were looked at, up to this one. */
export type ClaimedInLine = ClaimedDelivery & { readonly placeInLine: number };

const FIELDS = `event_id as "eventId", imei, sequence::text as sequence, type, ${jsonTime('occurred_at')} as "occurredAt", body::text as body,
  batch_id as "batchId", failures`;

/**
 * Leases due deliveries (`iot_claim_deliveries.sql`). Rows are chosen first (`iot_claimable_deliveries.sql`) and locked second: a concurrent claim must not make
 * this one skip the head of a device and take the event behind it.
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
 * Parameters: the owner, seconds of the lease, a time before which nothing is due, how many deliveries to claim and to look at, and the numbers of a `Batching`.
 */
export const CLAIM = new PreparedStatement<ClaimedInLine>(
  'iot_claim_deliveries',
  `select ${FIELDS}, place_in_line::float8 as "placeInLine" from iot_claim_deliveries($1, $2, $3, $4, $5, $6, $7)`,
);

/** Leases one batch (`iot_claim_batch.sql`). Parameters: the owner, seconds of the lease, members at most, milliseconds for which a batch collects them, a time before which nothing is due. */
export const CLAIM_BATCH = new PreparedStatement<ClaimedDelivery>(
  'iot_claim_batch',
  `select ${FIELDS} from iot_claim_batch($1, $2, $3, $4, $5)`,
);
