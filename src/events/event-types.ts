/** Types of the events that a host can receive. */
export const EVENT_TYPES = [
  'command.completed',
  'command.failed',
  'command.retried',
  'command.postponed',
  'telemetry',
  'device.message',
  'device.connected',
  'device.disconnected',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** An event of one type. `body` is what the host receives beside id, type, sequence and time. */
export interface EventOf<Type extends EventType, Body extends object> {
  readonly type: Type;
  readonly imei: string;
  readonly body: Body;
}

/** The types that are delivered by default: those that the old gateway sent. */
export const DEFAULT_WEBHOOK_EVENTS: readonly EventType[] = ['command.completed', 'command.failed'];

/** The types in a list separated by commas. Unknown names are left out: the validation of the settings has refused them. */
export function eventTypesOf(list: string): EventType[] {
  const named = list.split(',').map((name) => name.trim());
  return EVENT_TYPES.filter((type) => named.includes(type));
}
