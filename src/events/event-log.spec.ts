import { EventSettings } from './events.settings.js';
import { type EntityManager } from 'typeorm';
import { type NewEvent } from './bodies/event-bodies.js';
import { EVENT_TYPES, type EventType } from './event-types.js';
import { EventLog } from './event-log.js';
import { type EventsRepository } from './events.repository.js';

const HOST = 'http://host';

interface Appended {
  readonly types: readonly EventType[];
  readonly deliver: boolean;
}

class FakeRepository {
  readonly appended: Appended[] = [];

  append(_manager: EntityManager, events: readonly NewEvent[], deliver: boolean): Promise<void> {
    this.appended.push({ types: events.map(({ type }) => type), deliver });
    return Promise.resolve();
  }
}

function eventLog(settings: Partial<EventSettings>, repository = new FakeRepository()): EventLog {
  return new EventLog(repository as unknown as EventsRepository, Object.assign(new EventSettings(), settings));
}

function recordedTypes(settings: Partial<EventSettings>): readonly EventType[] {
  const log = eventLog(settings);
  return EVENT_TYPES.filter((type) => log.records(type));
}

function event(type: EventType): NewEvent {
  return { type, imei: '350612000000001', body: {} } as NewEvent;
}

describe('EventLog', () => {
  it('records nothing without a host and without the feed, whatever is listed', () => {
    expect(recordedTypes({})).toEqual([]);
    expect(recordedTypes({ TELEMETRY_WEBHOOK_ENABLED: true, WEBHOOK_EVENTS: 'command.completed' })).toEqual([]);
  });

  it('records for a host what the old gateway sent', () => {
    expect(recordedTypes({ NOTIFICATION_URL: HOST })).toEqual(['command.completed', 'command.failed']);
    expect(recordedTypes({ NOTIFICATION_URL: HOST, TELEMETRY_WEBHOOK_ENABLED: true })).toEqual([
      'command.completed',
      'command.failed',
      'telemetry',
    ]);
  });

  it('records everything for the feed alone, and only the listed types when there is a list', () => {
    expect(recordedTypes({ EVENT_FEED_ENABLED: true })).toEqual(EVENT_TYPES);
    expect(recordedTypes({ EVENT_FEED_ENABLED: true, WEBHOOK_EVENTS: 'telemetry, device.message' })).toEqual([
      'telemetry',
      'device.message',
    ]);
    expect(
      recordedTypes({ NOTIFICATION_URL: HOST, TELEMETRY_WEBHOOK_ENABLED: true, WEBHOOK_EVENTS: 'device.connected' }),
    ).toEqual(['telemetry', 'device.connected']);
  });

  it('appends the events whose type is recorded together, in their order', async () => {
    const repository = new FakeRepository();
    const events = [event('command.failed'), event('device.message'), event('command.completed')];
    await eventLog({ NOTIFICATION_URL: HOST }, repository).append({} as EntityManager, events);
    expect(repository.appended).toEqual([{ types: ['command.failed', 'command.completed'], deliver: true }]);
  });

  it('does not ask the database when none of the types is recorded', async () => {
    const repository = new FakeRepository();
    await eventLog({ NOTIFICATION_URL: HOST }, repository).append({} as EntityManager, [event('device.message')]);
    expect(repository.appended).toEqual([]);
  });

  it('calls the listeners when events may have been appended', () => {
    const log = eventLog({});
    let calls = 0;
    log.onAppended(() => calls++);
    log.signalAppended();
    expect(calls).toBe(1);
  });
});
