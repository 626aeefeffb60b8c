import { type ClaimedDelivery } from './claimed-delivery.js';
import { envelopeMembers, eventJson, publicEventId, withMembers } from '../../events/event-envelope.js';
import { EVENT_PATHS } from '../event-paths.js';

/** Failed commands in one request, at most. */
export const FAILURES_PER_REQUEST = 100;

/** One POST: an event, or a batch of failed commands. Every attempt at it has the same id and the same bytes. */
export interface WebhookRequest {
  /** The `webhook-id`. */
  readonly id: string;
  readonly path: string;
  readonly body: string;
  readonly deliveries: readonly ClaimedDelivery[];
}

/** Deliveries in the order in which they were claimed; those of a batch become one request. */
export function webhookRequests(deliveries: readonly ClaimedDelivery[]): WebhookRequest[] {
  const alone = deliveries.filter(({ batchId }) => batchId === null);
  const batches = new Map<string, ClaimedDelivery[]>();
  for (const delivery of deliveries) {
    if (delivery.batchId !== null) {
      batches.set(delivery.batchId, [...(batches.get(delivery.batchId) ?? []), delivery]);
    }
  }
  return [...alone.map(requestOfEvent), ...Array.from(batches, ([batchId, members]) => requestOfBatch(batchId, members))];
}

function requestOfEvent(delivery: ClaimedDelivery): WebhookRequest {
  const id = publicEventId(delivery.eventId);
  const json = eventJson(delivery);
  const body = delivery.type === 'command.failed' ? withMembers(`{"entries":[${json}]}`, envelopeMembers(delivery)) : json;
  return { id, path: EVENT_PATHS[delivery.type], body, deliveries: [delivery] };
}

function requestOfBatch(batchId: string, members: readonly ClaimedDelivery[]): WebhookRequest {
  const id = `bat_${batchId}`;
  const entries = members.map(eventJson).join(',');
  const occurredAt = members.reduce((latest, member) => (member.occurredAt > latest ? member.occurredAt : latest), '');
  // Sequences count within a device, so that a batch has none of its own; its entries have.
  const head = `"eventId":"${id}","type":"command.failed","sequence":null,"occurredAt":"${occurredAt}"`;
  return { id, path: EVENT_PATHS['command.failed'], body: withMembers(`{"entries":[${entries}]}`, head), deliveries: members };
}
