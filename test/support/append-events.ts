import { type DataSource, type EntityManager } from 'typeorm';
import { type NewEvent } from '../../src/events/bodies/event-bodies.js';
import { EventsRepository } from '../../src/events/events.repository.js';

/** Appends events with empty bodies, in a transaction of its own or in that of the manager. */
export async function appendEvents(
  source: DataSource,
  events: readonly { readonly imei: string; readonly type: string }[],
  { manager = source.manager, deliver = true }: { readonly manager?: EntityManager; readonly deliver?: boolean } = {},
): Promise<void> {
  const given = events.map(({ imei, type }) => ({ imei, type, body: { imei } }) as unknown as NewEvent);
  await new EventsRepository(source).append(manager, given, deliver);
}
