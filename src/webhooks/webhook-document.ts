import { type OpenAPIObject } from '@nestjs/swagger';
import { eventSchemaName } from '../events/event-schemas.js';
import { EVENT_TYPES, type EventType } from '../events/event-types.js';
import { BATCH_PATH, EVENT_PATHS, FAILURES_PER_REQUEST } from './delivery/webhook-request.js';

type Webhooks = NonNullable<OpenAPIObject['webhooks']>;
type Operation = NonNullable<Webhooks[string]['post']>;

const BATCH_SCHEMA = 'EventBatchRequest';

/** The requests with several events: of failed commands, and of others with WEBHOOK_BATCH_SIZE. */
export const BATCH_SCHEMAS = {
  [BATCH_SCHEMA]: {
    type: 'object',
    description: 'Events of different devices that were due at the same time: from two to WEBHOOK_BATCH_SIZE.',
    required: ['events', 'eventId', 'type', 'sequence', 'occurredAt'],
    properties: {
      events: {
        type: 'array',
        minItems: 2,
        items: {
          oneOf: EVENT_TYPES.filter((type) => type !== 'command.failed').map((type) => ({
            $ref: `#/components/schemas/${eventSchemaName(type)}`,
          })),
        },
      },
      eventId: {
        type: 'string',
        description: 'The id of the batch.',
        examples: ['bat_3c1de6a0-5f0b-4f8e-8f61-0c1c2f7a9d11'],
      },
      type: { type: 'string', const: 'batch' },
      sequence: { type: 'null', description: 'Each event has its own.' },
      occurredAt: { type: 'string', format: 'date-time', description: 'When the latest of the events happened.' },
    },
  },
  BulkFailureRequest: {
    type: 'object',
    description: `Failed commands: up to ${FAILURES_PER_REQUEST}, collected for up to a second.`,
    required: ['entries', 'eventId', 'type', 'sequence', 'occurredAt'],
    properties: {
      entries: {
        type: 'array',
        minItems: 1,
        maxItems: FAILURES_PER_REQUEST,
        items: { $ref: `#/components/schemas/${eventSchemaName('command.failed')}` },
      },
      eventId: {
        type: 'string',
        description: 'The id of the request: that of its only event, or that of the batch.',
        examples: ['bat_3c1de6a0-5f0b-4f8e-8f61-0c1c2f7a9d11'],
      },
      type: { type: 'string', const: 'command.failed', description: 'The type of the events.' },
      sequence: {
        type: ['integer', 'null'],
        description: 'That of the only event; null for a batch, whose entries have their own.',
        examples: [null],
      },
      occurredAt: { type: 'string', format: 'date-time', description: 'When the latest of the events happened.' },
    },
  },
};

/** The requests to the host, one for each event type and one for batches, for the OpenAPI document. */
export const WEBHOOKS: Webhooks = {
  ...Object.fromEntries(EVENT_TYPES.map((type) => [type, { post: eventOperation(type) }])),
  batch: { post: batchOperation() },
};

function eventOperation(type: EventType): Operation {
  const schema = type === 'command.failed' ? 'BulkFailureRequest' : eventSchemaName(type);
  return webhookOperation(`receive${eventSchemaName(type)}`, EVENT_PATHS[type], schema);
}

function batchOperation(): Operation {
  const operation = webhookOperation('receiveEventBatch', BATCH_PATH, BATCH_SCHEMA);
  const accepted =
    'Delivered, but for the events that the answer wants to have again: `{"results":[{"eventId":"evt_...","status":"retry"}]}`.';
  const again = { description: 'The events are sent again, each in a request of its own.' };
  const description = `${operation.description} Only with WEBHOOK_BATCH_SIZE above 1.`;
  return { ...operation, description, responses: { '2XX': { description: accepted }, default: again } };
}

function webhookOperation(operationId: string, path: string, schema: string): Operation {
  return {
    operationId,
    tags: ['Webhooks'],
    summary: `POST ${path}`,
    description: `Sent to NOTIFICATION_URL followed by \`${path}\`. Signed as Standard Webhooks describe when WEBHOOK_SECRET is set.`,
    security: [],
    parameters: [
      header(
        'webhook-id',
        true,
        'The id of the event or the batch. It is the same in every attempt.',
        'evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52',
      ),
      header('webhook-timestamp', true, 'The time of this attempt, in Unix seconds.', '1795435200'),
      header(
        'webhook-signature',
        false,
        'One or two signatures of `id.timestamp.body`, separated by a space. Absent without WEBHOOK_SECRET.',
        'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      ),
    ],
    requestBody: { required: true, content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } } },
    responses: {
      '2XX': { description: 'Delivered.' },
      '410': { description: 'The event is given up at once.' },
      default: { description: 'The event is sent again, as WEBHOOK_RETRY_SCHEDULE says. 429 and 503 may carry Retry-After.' },
    },
  };
}

function header(name: string, required: boolean, description: string, example: string) {
  return { name, in: 'header' as const, required, description, example, schema: { type: 'string' as const } };
}
