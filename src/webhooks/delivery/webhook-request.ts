import { envelopeMembers, eventJson, publicEventId, withMembers } from '../../events/event-envelope.js';
import { type EventType } from '../../events/event-types.js';
import { type ClaimedDelivery, type WebhookRequest } from './delivery.js';

/** Paths below NOTIFICATION_URL. The first three are those of the old gateway. */
export const EVENT_PATHS: Readonly<Record<EventType, string>> = {
  'command.completed': '/webhooks/iot/v1/command/confirm',
  'command.failed': '/webhooks/iot/v1/command/bulk_failure',
  telemetry: '/webhooks/iot/v1/telemetry',
  'command.retried': '/webhooks/iot/v1/command/retried',
  'command.postponed': '/webhooks/iot/v1/command/postponed',
  'device.message': '/webhooks/iot/v1/device/message',
  'device.connected': '/webhooks/iot/v1/device/connected',
  'device.disconnected': '/webhooks/iot/v1/device/disconnected',
};

/** Where batches of events go, with WEBHOOK_BATCH_SIZE. */
export const BATCH_PATH = '/webhooks/iot/v1/events';

/** The bodies of the events in one request, together, at most; one more may be in it. */
export const BATCH_BYTES = 1_048_576;

/** Failed commands in one request, at most. */
export const FAILURES_PER_REQUEST = 100;

/** One request for each delivery, in the order in which they were claimed; the deliveries of a batch share one. */
export function webhookRequests(deliveries: readonly ClaimedDelivery[]): WebhookRequest[] {
  const single = deliveries.filter(({ batchId }) => batchId === null);
  const batches = new Map<string, ClaimedDelivery[]>();
  for (const delivery of deliveries) {
    if (delivery.batchId !== null) {
      batches.set(delivery.batchId, [...(batches.get(delivery.batchId) ?? []), delivery]);
    }
  }
  return [...single.map(requestOfEvent), ...Array.from(batches, ([batchId, members]) => requestOfBatch(batchId, members))];
}

function requestOfEvent(delivery: ClaimedDelivery): WebhookRequest {
  const id = publicEventId(delivery.eventId);
  const json = eventJson(delivery);
  const body = delivery.type === 'command.failed' ? withMembers(`{"entries":[${json}]}`, envelopeMembers(delivery)) : json;
  return { id, path: EVENT_PATHS[delivery.type], body, deliveries: [delivery], hasResults: false };
}

/** A batch has either failed commands, in the request that hosts of the old gateway know, or events of all other types. */
function requestOfBatch(batchId: string, claimed: readonly ClaimedDelivery[]): WebhookRequest {
  const id = `bat_${batchId}`;
  const isOfFailures = claimed[0]!.type === 'command.failed';
  // The same order in every attempt, so that the bytes are the same.
  const members = isOfFailures ? claimed : [...claimed].sort((one, other) => (one.imei < other.imei ? -1 : 1));
  const list = members.map(eventJson).join(',');
  const occurredAt = members.reduce((latest, member) => (member.occurredAt > latest ? member.occurredAt : latest), '');
  const type = isOfFailures ? 'command.failed' : 'batch';
  // Sequences count within a device: a batch has none of its own.
  const head = `"eventId":"${id}","type":"${type}","sequence":null,"occurredAt":"${occurredAt}"`;
  const body = withMembers(isOfFailures ? `{"entries":[${list}]}` : `{"events":[${list}]}`, head);
  const path = isOfFailures ? EVENT_PATHS['command.failed'] : BATCH_PATH;
  return { id, path, body, deliveries: members, hasResults: !isOfFailures };
}
