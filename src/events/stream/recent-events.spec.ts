import { type EventPosition } from '../event-cursor.js';
import { RecentEvents } from './recent-events.js';
import { StreamEvent } from './stream-event.js';

function place(position: number): EventPosition {
  return { transactionId: '9', position: String(position) };
}

function event(position: number, body = '{}'): StreamEvent {
  const { transactionId, position: text } = place(position);
  const occurredAt = '2026-11-23T12:00:00.000Z';
  const imei = '350612000000001';
  return new StreamEvent({
    transactionId,
    position: text,
    eventId: 'e',
    type: 'telemetry',
    imei,
    sequence: '1',
    occurredAt,
    body,
  });
}

function range(from: number, to: number): StreamEvent[] {
  return Array.from({ length: to - from + 1 }, (_each, index) => event(from + index));
}

function positions(events: readonly StreamEvent[]): string[] {
  return events.map(({ position }) => position.position);
}

describe('the recent events', () => {
  it('are those behind a place, by number and not by text', () => {
    const recent = new RecentEvents(place(7));
    recent.add(range(8, 11));
    expect(positions(recent.after(place(9), 10))).toEqual(['10', '11']);
    expect(positions(recent.after(place(7), 2))).toEqual(['8', '9']);
    expect(recent.after(place(11), 10)).toEqual([]);
    expect(recent.end).toEqual(place(11));
  });

  it('cover their start and everything behind it, also what is still to come', () => {
    const recent = new RecentEvents(place(7));
    expect([6, 7, 8, 100].map((position) => recent.covers(place(position)))).toEqual([false, true, true, true]);
  });

  it('are at most 2,000: the start moves to the last one that was dropped', () => {
    const recent = new RecentEvents(place(0));
    recent.add(range(1, 2_000));
    expect(recent.covers(place(0))).toBe(true);
    recent.add(range(2_001, 2_003));
    expect([2, 3].map((position) => recent.covers(place(position)))).toEqual([false, true]);
    expect(positions(recent.after(place(3), 5_000))).toHaveLength(2_000);
  });

  it('are at most 4 MiB of bodies', () => {
    const recent = new RecentEvents(place(0));
    const mebibyte = `{"text":"${'x'.repeat(1_048_565)}"}`;
    recent.add(Array.from({ length: 4 }, (_each, index) => event(index + 1, mebibyte)));
    expect(recent.covers(place(0))).toBe(true);
    recent.add([event(5)]);
    expect([0, 1].map((position) => recent.covers(place(position)))).toEqual([false, true]);
    recent.add([event(6, mebibyte.repeat(5))]);
    expect(recent.after(place(1), 10)).toEqual([]);
    expect([5, 6].map((position) => recent.covers(place(position)))).toEqual([false, true]);
  });
});
