import { BODY_SCHEMAS } from './bodies/event-bodies.js';
import { integer, type JsonSchema, text, time } from './bodies/json-schema.js';
import { EVENT_TYPES, type EventType } from './event-types.js';

/** Fields of every event, beside those of its type. */
const ENVELOPE = {
  eventId: text('The id of the event, the same in every attempt and replay.', 'evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52'),
  sequence: integer('The number of the event within its device, without gaps.', 7),
  occurredAt: time('When it happened.'),
} as const satisfies Record<string, JsonSchema>;

/** The name of the schema of a type, for example `CommandCompletedEvent`. */
export function eventSchemaName(type: EventType): string {
  const words = type.split('.').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Event`;
}

/** The JSON Schema of what the host receives for an event of each type, by its name in the OpenAPI document. */
export const EVENT_SCHEMAS: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  EVENT_TYPES.map((type) => [eventSchemaName(type), eventSchema(type)]),
);

/** Its fields and those of the body, in the order in which they are sent. */
function eventSchema(type: EventType): JsonSchema {
  const { properties, required, ...body } = BODY_SCHEMAS[type];
  const { eventId, sequence, occurredAt } = ENVELOPE;
  const ownType: JsonSchema = { type: 'string', const: type, description: 'The type of the event.' };
  const envelope = { eventId, type: ownType, sequence, occurredAt };
  return { ...body, properties: { ...properties, ...envelope }, required: [...(required ?? []), ...Object.keys(envelope)] };
}
