import { type ClaimedDelivery } from './claimed-delivery.js';
import { EVENT_PATHS } from '../event-paths.js';

/** One POST: an event, or a batch of failed commands. Every attempt at it has the same id and the same bytes. */
export interface WebhookRequest {
  /** The `webhook-id`. */
  readonly id: string;
  readonly path: string;
  readonly body: string;
  readonly deliveries: readonly ClaimedDelivery[];
}

/** The public id of an event, the same in all attempts, replays, and the feed. */
export function publicEventId(eventId: string): string {
  return `evt_${eventId}`;
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
  const told = eventBody(delivery);
  const body = delivery.type === 'command.failed' ? withMembers(`{"entries":[${told}]}`, membersOf(delivery)) : told;
  return { id, path: EVENT_PATHS[delivery.type], body, deliveries: [delivery] };
}

function requestOfBatch(batchId: string, members: readonly ClaimedDelivery[]): WebhookRequest {
  const id = `bat_${batchId}`;
  const entries = members.map(eventBody).join(',');
  const occurredAt = members.reduce((latest, member) => (member.occurredAt > latest ? member.occurredAt : latest), '');
  // Sequences count within a device, so that a batch has none of its own; its entries have.
  const head = `"eventId":"${id}","type":"command.failed","sequence":null,"occurredAt":"${occurredAt}"`;
  return { id, path: EVENT_PATHS['command.failed'], body: withMembers(`{"entries":[${entries}]}`, head), deliveries: members };
}

/** What the host is told of one event. */
export function eventBody(event: Pick<ClaimedDelivery, 'eventId' | 'type' | 'sequence' | 'occurredAt' | 'body'>): string {
  return withMembers(event.body, membersOf(event));
}

function membersOf({
  eventId,
  type,
  sequence,
  occurredAt,
}: Pick<ClaimedDelivery, 'eventId' | 'type' | 'sequence' | 'occurredAt'>): string {
  return `"eventId":"${publicEventId(eventId)}","type":"${type}","sequence":${sequence},"occurredAt":"${occurredAt}"`;
}

/**
 * Members added to the text of a JSON object, which is not parsed: what a host passed as metadata comes back to the last digit. Added behind
 * its own, so that ours count should there be one of the same name.
 */
function withMembers(object: string, members: string): string {
  const end = object.lastIndexOf('}');
  const separator = object.slice(0, end).trimEnd().endsWith('{') ? '' : ',';
  return `${object.slice(0, end)}${separator}${members}}`;
}
