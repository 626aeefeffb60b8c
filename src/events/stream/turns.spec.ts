import { Turns } from './turns.js';

/** Work that ends when the test ends it. The first letter of its name is its key. */
class Works {
  readonly begun: string[] = [];
  private readonly ends = new Map<string, () => void>();

  constructor(private readonly turns: Turns) {}

  start(name: string): Promise<void> {
    return this.turns.run(name.charAt(0), () => {
      this.begun.push(name);
      return new Promise<void>((resolve) => this.ends.set(name, resolve));
    });
  }

  async end(name: string): Promise<void> {
    this.ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('Turns', () => {
  it('begins work up to the limit of a key, and that of other keys beside it', () => {
    const works = new Works(new Turns({ max: 3, maxOfKey: 2 }));
    ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].forEach((name) => void works.start(name));
    expect(works.begun).toEqual(['a1', 'a2', 'b1']);
  });

  it('gives a turn that becomes free to the longest wait of a key that may take it', async () => {
    const works = new Works(new Turns({ max: 3, maxOfKey: 2 }));
    ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].forEach((name) => void works.start(name));
    await works.end('b1');
    expect(works.begun.slice(3)).toEqual(['b2']);
    await works.end('a1');
    expect(works.begun.slice(3)).toEqual(['b2', 'a3']);
    await works.end('a2');
    await works.end('a3');
    expect(works.begun.slice(3)).toEqual(['b2', 'a3', 'c1']);
  });

  it('gives the turn of failed work back, and passes its error on', async () => {
    const turns = new Turns({ max: 1, maxOfKey: 1 });
    const failed = turns.run('a', () => Promise.reject(new Error('refused')));
    const next = turns.run('a', () => Promise.resolve(7));
    await expect(failed).rejects.toThrow('refused');
    expect(await next).toBe(7);
    expect(await turns.run('b', () => Promise.resolve(8))).toBe(8);
  });

  it('never exceeds a limit, whatever the order in which work comes and ends', async () => {
    const limits = { max: 4, maxOfKey: 2 };
    const turns = new Turns(limits);
    const running: string[] = [];
    const most = { inAll: 0, ofKey: 0 };
    const work = async (key: string): Promise<void> => {
      running.push(key);
      most.inAll = Math.max(most.inAll, running.length);
      most.ofKey = Math.max(most.ofKey, running.filter((each) => each === key).length);
      for (let turn = Math.floor(Math.random() * 4); turn >= 0; turn--) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      running.splice(running.indexOf(key), 1);
    };
    const keys = Array.from({ length: 300 }, () => 'abc'.charAt(Math.floor(Math.random() * 3)));
    await Promise.all(keys.map((key) => turns.run(key, () => work(key))));
    expect(most).toEqual({ inAll: limits.max, ofKey: limits.maxOfKey });
  });
});
