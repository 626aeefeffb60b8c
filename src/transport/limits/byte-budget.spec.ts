import { ByteBudget } from './byte-budget.js';

describe('ByteBudget', () => {
  it('grants immediately what fits', () => {
    const budget = new ByteBudget(100);
    expect(budget.acquire(60)).toBeNull();
    expect(budget.acquire(40)).toBeNull();
    expect(budget.usedBytes).toBe(100);
  });

  it('makes requests wait until enough is released, and grants them in order of arrival', async () => {
    const budget = new ByteBudget(100);
    const order: string[] = [];
    budget.acquire(80);
    const large = budget.acquire(50)?.granted.then(() => order.push('large'));
    const small = budget.acquire(10)?.granted.then(() => order.push('small'));
    expect(order).toEqual([]);
    budget.release(80);
    await Promise.all([large, small]);
    expect(order).toEqual(['large', 'small']);
    expect(budget.usedBytes).toBe(60);
  });

  it('grants a caller that can not wait only what is free, and nothing ahead of the queue', async () => {
    const budget = new ByteBudget(100);
    expect([budget.tryAcquire(60), budget.tryAcquire(50), budget.usedBytes]).toEqual([true, false, 60]);
    const ticket = budget.acquire(90);
    expect(budget.tryAcquire(10)).toBe(false);
    budget.release(60);
    await expect(ticket?.granted).resolves.toBe(true);
    expect([budget.tryAcquire(10), budget.usedBytes]).toEqual([true, 100]);
  });

  it('grants a request larger than the whole budget when nothing else is in use', async () => {
    const budget = new ByteBudget(100);
    budget.acquire(1);
    const huge = budget.acquire(500);
    budget.release(1);
    await expect(huge?.granted).resolves.toBe(true);
    expect(budget.usedBytes).toBe(500);
    budget.release(500);
    expect(budget.usedBytes).toBe(0);
  });

  it('acquires nothing for a cancelled ticket, and grants the requests behind it', async () => {
    const budget = new ByteBudget(100);
    budget.acquire(80);
    const large = budget.acquire(50);
    const small = budget.acquire(20);
    large?.cancel();
    await expect(large?.granted).resolves.toBe(false);
    await expect(small?.granted).resolves.toBe(true);
    expect(budget.usedBytes).toBe(100);
  });
});
