import { ByteBudget } from './byte-budget.js';

describe('ByteBudget', () => {
  it('gives at once what fits', () => {
    const budget = new ByteBudget(100);
    expect(budget.take(60)).toBeNull();
    expect(budget.take(40)).toBeNull();
    expect(budget.usedBytes).toBe(100);
  });

  it('lets the next one wait until enough was given back, in the order of asking', async () => {
    const budget = new ByteBudget(100);
    const order: string[] = [];
    budget.take(80);
    const large = budget.take(50)?.taken.then(() => order.push('large'));
    const small = budget.take(10)?.taken.then(() => order.push('small'));
    expect(order).toEqual([]);
    budget.give(80);
    await Promise.all([large, small]);
    expect(order).toEqual(['large', 'small']);
    expect(budget.usedBytes).toBe(60);
  });

  it('gives to one that can not wait what is there, and nothing ahead of those in line', async () => {
    const budget = new ByteBudget(100);
    expect([budget.tryTake(60), budget.tryTake(50), budget.usedBytes]).toEqual([true, false, 60]);
    const waiting = budget.take(90);
    expect(budget.tryTake(10)).toBe(false);
    budget.give(60);
    await expect(waiting?.taken).resolves.toBe(true);
    expect([budget.tryTake(10), budget.usedBytes]).toEqual([true, 100]);
  });

  it('lets one pass that is larger than everything, once it is alone', async () => {
    const budget = new ByteBudget(100);
    budget.take(1);
    const huge = budget.take(500);
    budget.give(1);
    await expect(huge?.taken).resolves.toBe(true);
    expect(budget.usedBytes).toBe(500);
    budget.give(500);
    expect(budget.usedBytes).toBe(0);
  });

  it('takes nothing for one that gave up, and lets those behind it in', async () => {
    const budget = new ByteBudget(100);
    budget.take(80);
    const large = budget.take(50);
    const small = budget.take(20);
    large?.giveUp();
    await expect(large?.taken).resolves.toBe(false);
    await expect(small?.taken).resolves.toBe(true);
    expect(budget.usedBytes).toBe(100);
  });
});
