/** Everything the host can be told of. */
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

/** What hosts of the old gateway were told. */
export const DEFAULT_WEBHOOK_EVENTS: readonly EventType[] = ['command.completed', 'command.failed'];

/** The types named in a list with commas. Throws nothing: settings have been validated. */
export function eventTypesOf(list: string): EventType[] {
  const named = list.split(',').map((name) => name.trim());
  return EVENT_TYPES.filter((type) => named.includes(type));
}
