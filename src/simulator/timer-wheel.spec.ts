import { type Alarm, TimerWheel } from './timer-wheel.js';

describe('TimerWheel', () => {
  let now: number;
  let wheel: TimerWheel;
  let rung: string[];
  let alarms: Alarm[];

  beforeEach(() => {
    now = 1000;
    wheel = new TimerWheel(() => now);
    rung = [];
    alarms = [];
  });

  afterEach(() => alarms.forEach((each) => each.cancel()));

  function alarm(name: string): Alarm {
    const created = wheel.createAlarm(() => rung.push(name));
    alarms.push(created);
    return created;
  }

  function passes(milliseconds: number): void {
    now += milliseconds;
    wheel.advance();
  }

  it('fires an alarm when it is due, not before, and once', () => {
    alarm('a').set(100);
    passes(95);
    expect(rung).toEqual([]);
    passes(10);
    expect(rung).toEqual(['a']);
    passes(10_000);
    expect(rung).toEqual(['a']);
  });

  it('fires alarms in order, also when it was delayed', () => {
    alarm('late').set(300);
    alarm('early').set(20);
    passes(60_000);
    expect(rung).toEqual(['early', 'late']);
  });

  it('waits longer than one turn of the wheel', () => {
    alarm('a').set(30_000);
    for (let elapsed = 0; elapsed < 29_900; elapsed += 100) {
      passes(100);
    }
    expect(rung).toEqual([]);
    passes(200);
    expect(rung).toEqual(['a']);
  });

  it('does not fire alarms that were cancelled or set again', () => {
    const cancelled = alarm('cancelled');
    cancelled.set(50);
    cancelled.cancel();
    const moved = alarm('moved');
    moved.set(50);
    moved.set(200);
    passes(100);
    expect(rung).toEqual([]);
    expect([cancelled.isSet, moved.isSet]).toEqual([false, true]);
    passes(150);
    expect(rung).toEqual(['moved']);
  });

  it('allows an alarm to set itself again while it fires', () => {
    const again = wheel.createAlarm(() => {
      rung.push('tick');
      again.set(50);
    });
    alarms.push(again);
    again.set(50);
    for (let i = 0; i < 30; i++) {
      passes(10);
    }
    expect(rung.length).toBeGreaterThanOrEqual(5);
    expect(rung.length).toBeLessThanOrEqual(6);
  });

  it('fires without help on a real clock', async () => {
    await new Promise<void>((resolve) => new TimerWheel().createAlarm(resolve).set(10));
  });
});
