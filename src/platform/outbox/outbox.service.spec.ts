import { EventSettings } from '../config/settings.js';
import { EVENT_TYPES, type EventType } from './event-types.js';
import { OutboxService } from './outbox.service.js';

function wantedBy(settings: Partial<EventSettings>): readonly EventType[] {
  const outbox = new OutboxService(Object.assign(new EventSettings(), settings));
  return EVENT_TYPES.filter((type) => outbox.wants(type));
}

describe('OutboxService', () => {
  it('wants nothing while nobody asks for events, whatever is listed', () => {
    expect(wantedBy({})).toEqual([]);
    expect(wantedBy({ TELEMETRY_WEBHOOK_ENABLED: true, WEBHOOK_EVENTS: 'command.completed' })).toEqual([]);
  });

  it('wants for a host what the old gateway told', () => {
    expect(wantedBy({ NOTIFICATION_URL: 'http://host' })).toEqual(['command.completed', 'command.failed']);
    expect(wantedBy({ NOTIFICATION_URL: 'http://host', TELEMETRY_WEBHOOK_ENABLED: true })).toEqual([
      'command.completed',
      'command.failed',
      'telemetry',
    ]);
  });

  it('wants everything for the feed alone, and what is listed when something is', () => {
    expect(wantedBy({ EVENT_FEED_ENABLED: true })).toEqual(EVENT_TYPES);
    expect(wantedBy({ EVENT_FEED_ENABLED: true, WEBHOOK_EVENTS: 'telemetry, device.message' })).toEqual([
      'telemetry',
      'device.message',
    ]);
    expect(
      wantedBy({ NOTIFICATION_URL: 'http://host', TELEMETRY_WEBHOOK_ENABLED: true, WEBHOOK_EVENTS: 'device.connected' }),
    ).toEqual(['telemetry', 'device.connected']);
  });

  it('wakes who delivers', () => {
    const outbox = new OutboxService(new EventSettings());
    let woken = 0;
    outbox.onAnnounced(() => woken++);
    outbox.announce();
    expect(woken).toBe(1);
  });
});
