import { type EventType } from './event-types.js';

/** What identifies an event to the host, and its body. */
export interface EnvelopedEvent {
  readonly eventId: string;
  readonly type: EventType;
  /** A 64-bit number in decimal. */
  readonly sequence: string;
  /** ISO 8601. */
  readonly occurredAt: string;
  /** JSON text of an object. */
  readonly body: string;
}

/** The public id of an event. It is the same in all attempts, in replays and in the feed. */
export function publicEventId(eventId: string): string {
  return `evt_${eventId}`;
}

/** The JSON text that the host receives for one event: its body with id, type, sequence and time. */
export function eventJson(event: EnvelopedEvent): string {
  return withMembers(event.body, envelopeMembers(event));
}

/** Id, type, sequence and time as members of a JSON object. */
export function envelopeMembers({ eventId, type, sequence, occurredAt }: Omit<EnvelopedEvent, 'body'>): string {
  return `"eventId":"${publicEventId(eventId)}","type":"${type}","sequence":${sequence},"occurredAt":"${occurredAt}"`;
}

/**
 * Adds members to the text of a JSON object. The text is not parsed: `metadata` that a host has passed comes back unchanged to the last digit.
 * The members are added at the end, so that they win over members of the same name.
 */
export function withMembers(object: string, members: string): string {
  const end = object.lastIndexOf('}');
  const separator = object.slice(0, end).trimEnd().endsWith('{') ? '' : ',';
  return `${object.slice(0, end)}${separator}${members}}`;
}
