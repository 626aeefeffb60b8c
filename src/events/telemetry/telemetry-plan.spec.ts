import { type OpenEvent, TelemetryPlan } from './telemetry-plan.js';
import { addReport, type TelemetryReport } from './telemetry-report.js';

const FUTURE = 1_000_000;

function report(count: number, more: Partial<TelemetryReport> = {}): TelemetryReport {
  const counts = { firstReceivedMs: 10, lastReceivedMs: 20, newestMs: 100, newestHash: 1n, isPlausible: true };
  return { imei: 'a', count, ...counts, keys: null, ...more };
}

/** Records with the device times 1 to `count`. */
function listed(count: number, firstMs = 1): TelemetryReport {
  const timesMs = Array.from({ length: count }, (_, index) => firstMs + index);
  return report(count, { newestMs: firstMs + count - 1, keys: { timesMs, hashes: timesMs.map(String) } });
}

function openEvent(more: Partial<OpenEvent> = {}): OpenEvent {
  return {
    ...report(5, { newestMs: 50 }),
    eventId: 'open',
    transactionId: '7',
    position: '1',
    leftOut: 0,
    isOpen: true,
    ...more,
  };
}

const summaries = () => new TelemetryPlan({ maxListed: null, plausibleBeforeMs: FUTURE });
const lists = (maxListed = Infinity) => new TelemetryPlan({ maxListed, plausibleBeforeMs: FUTURE });

describe('a report', () => {
  it('counts what is added, and keeps the newest record: a plausible one before any other, then by time, then by hash', () => {
    const known = report(1, { newestMs: 100, newestHash: 5n });
    addReport(known, report(2, { newestMs: 900, isPlausible: false, firstReceivedMs: 5, lastReceivedMs: 15 }));
    expect(known).toMatchObject({ count: 3, newestMs: 100, firstReceivedMs: 5, lastReceivedMs: 20 });
    addReport(known, report(1, { newestMs: 99, newestHash: 9n }));
    expect(known).toMatchObject({ count: 4, newestMs: 100, newestHash: 5n });
    addReport(known, report(1, { newestMs: 100, newestHash: 6n }));
    expect(known).toMatchObject({ count: 5, newestMs: 100, newestHash: 6n });
  });
});

describe('the plan for events that sum up', () => {
  it('opens an event for a device without one', () => {
    const plan = summaries();
    plan.add(report(3), null);
    expect(plan.extended).toEqual([]);
    expect(plan.opened).toMatchObject([{ imei: 'a', count: 3, newestMs: 100, newestHash: 1n, leftOut: 0, isOpen: true }]);
    expect(plan.listed).toEqual([]);
  });

  it('adds to the open event, whatever it has counted', () => {
    const plan = summaries();
    plan.add(report(3), openEvent({ count: 1_000_000 }));
    expect(plan.opened).toEqual([]);
    expect(plan.extended).toMatchObject([{ eventId: 'open', count: 1_000_003, newestMs: 100, isOpen: true }]);
  });
});

describe('the plan for events that list every record', () => {
  const sizes = ({ extended, opened }: TelemetryPlan) => [...extended, ...opened].map(({ count, isOpen }) => [count, isOpen]);

  it('fills events of a hundred, each with the newest of its own records', () => {
    const plan = lists();
    plan.add(listed(230), null);
    expect(sizes(plan)).toEqual([
      [100, false],
      [100, false],
      [30, true],
    ]);
    expect(plan.opened.map(({ newestMs }) => newestMs)).toEqual([100, 200, 230]);
    expect(plan.listed.map(({ timeMs }) => timeMs)).toEqual(listed(230).keys?.timesMs);
    expect(new Set(plan.listed.map(({ eventId }) => eventId)).size).toBe(3);
  });

  it('fills the open event first, and leaves it open while it has room', () => {
    const filled = lists();
    filled.add(listed(100), openEvent({ count: 60 }));
    expect(sizes(filled)).toEqual([
      [100, false],
      [60, true],
    ]);
    const room = lists();
    room.add(listed(39), openEvent({ count: 60 }));
    expect(sizes(room)).toEqual([[99, true]]);
  });

  it('does not list in an open event that has summed up more than a list can hold', () => {
    const plan = lists();
    plan.add(listed(1), openEvent({ count: 500 }));
    expect(sizes(plan)).toEqual([
      [500, false],
      [1, true],
    ]);
  });

  it('counts what may not be listed in the last event, or in one of its own', () => {
    const plan = lists(30);
    plan.add(listed(50), null);
    expect(plan.opened).toMatchObject([{ count: 50, leftOut: 20, newestMs: 50, isOpen: true }]);
    plan.add({ ...listed(8), imei: 'b' }, null);
    expect(plan.opened[1]).toMatchObject({ imei: 'b', count: 8, leftOut: 8, newestMs: 8, isOpen: true });
    expect([plan.listed.length, plan.leftOut]).toEqual([30, 28]);
    const full = lists(100);
    full.add(listed(101), null);
    expect(full.opened).toMatchObject([
      { count: 100, leftOut: 0, isOpen: false },
      { count: 1, leftOut: 1, isOpen: true },
    ]);
    const extended = lists(0);
    extended.add(listed(7), openEvent({ count: 40, leftOut: 40 }));
    expect(extended.extended).toMatchObject([{ count: 47, leftOut: 47, isOpen: true }]);
    expect(extended.opened).toEqual([]);
  });

  it('does not take an implausible record for the newest', () => {
    const plan = lists();
    plan.add(report(2, { keys: { timesMs: [FUTURE, 5], hashes: ['1', '2'] } }), null);
    expect(plan.opened).toMatchObject([{ newestMs: 5, newestHash: 2n, isPlausible: true }]);
  });
});
