import { CommandWaits, type CommandWait } from './command-waits.js';

const KEY = 'a key';
let waits: CommandWaits;

beforeEach(() => {
  waits = new CommandWaits({ maxWaits: 3, maxWaitsPerKey: 2 });
});

function reserve(key = KEY): CommandWait {
  return waits.reserve(key)!;
}

function register(commandLogId: string): CommandWait {
  const wait = reserve();
  waits.register(wait, commandLogId);
  return wait;
}

describe('the number of waiting requests', () => {
  it('is limited for each key and in total; a released place is free again', () => {
    const first = reserve('a');
    expect([waits.reserve('a') !== null, waits.reserve('a')]).toEqual([true, null]);
    expect([waits.reserve('b') !== null, waits.reserve('c'), waits.count]).toEqual([true, null, 3]);
    waits.release(first);
    expect([waits.count, waits.reserve('c') !== null, waits.reserve('a')]).toEqual([2, true, null]);
  });

  it.each([
    { maxWaits: 0, maxWaitsPerKey: 1 },
    { maxWaits: 1, maxWaitsPerKey: 0 },
  ])('can be 0', (limits) => {
    expect(new CommandWaits(limits).reserve(KEY)).toBeNull();
  });
});

describe('the end of a command', () => {
  it('wakes all of its requests and no other', async () => {
    waits = new CommandWaits({ maxWaits: 3, maxWaitsPerKey: 3 });
    const [first, second, other] = [register('1'), register('1'), register('2')];
    waits.wake(['1', '7']);
    expect(await Promise.all([first.next(), second.next()])).toEqual(['ended', 'ended']);
    waits.stop();
    expect(await other.next()).toBe('stopped');
  });

  it('that comes before its request is registered is not lost', async () => {
    const wait = reserve();
    waits.wake(['1']);
    waits.register(wait, '1');
    expect(await wait.next()).toBe('ended');
  });

  it('is forgotten when every request knows its command', async () => {
    const wait = reserve();
    waits.wake(['2']);
    waits.register(wait, '1');
    const late = register('2');
    late.wake('time-up');
    expect(await late.next()).toBe('time-up');
  });

  it('does not reach a released request', async () => {
    const wait = register('1');
    waits.release(wait);
    waits.wake(['1']);
    waits.wakeAll();
    wait.wake('abandoned');
    expect([await wait.next(), waits.count]).toEqual(['abandoned', 0]);
  });

  it('is possible for every request after messages may have been lost', async () => {
    const [first, second] = [register('1'), register('2')];
    waits.wakeAll();
    expect(await Promise.all([first.next(), second.next()])).toEqual(['ended', 'ended']);
  });
});

describe('a stop', () => {
  it('wakes requests that wait and requests whose command is being stored, and admits no others', async () => {
    const [waiting, storing] = [register('1'), reserve()];
    waits.stop();
    waits.register(storing, '2');
    expect([await waiting.next(), await storing.next(), waits.reserve('another key')]).toEqual(['stopped', 'stopped', null]);
  });
});

describe('a waiting request', () => {
  it('is woken again and again, and keeps what it was woken for until it asks', async () => {
    const wait = register('1');
    for (let round = 0; round < 3; round++) {
      waits.wake(['1']);
      waits.wake(['1']);
      expect(await wait.next()).toBe('ended');
    }
    const asked = wait.next();
    wait.wake('time-up');
    expect(await asked).toBe('time-up');
  });

  it.each(['time-up', 'stopped', 'abandoned'] as const)(
    'ends by %s also when its command may have ended before or after',
    async (end) => {
      const wait = register('1');
      waits.wake(['1']);
      wait.wake(end);
      waits.wake(['1']);
      expect(await wait.next()).toBe(end);
    },
  );
});
