import { jest } from '@jest/globals';
import { makeKeySecret, digestOf } from './key-secret.js';
import { type KeyUsage } from './key-usage.js';
import { type KeysRepository, type UsableKey } from './keys.repository.js';
import { KEYS_ARE_KNOWN_FOR_MS, KnownKeys } from './known-keys.js';

class Table {
  reads = 0;
  rows: UsableKey[] = [];
  isUnavailable = false;

  listUsable(): Promise<UsableKey[]> {
    this.reads++;
    return this.isUnavailable ? Promise.reject(new Error('unavailable')) : Promise.resolve(this.rows);
  }

  add(name: string, expiresInMs: number | null = null): string {
    const secret = makeKeySecret();
    this.rows = [
      ...this.rows,
      { keyId: String(this.rows.length), name, scopes: ['read'], digest: digestOf(secret), expiresInMs },
    ];
    return secret;
  }
}

let table: Table;
let known: KnownKeys;
const used: string[] = [];

beforeEach(() => {
  jest.useFakeTimers();
  table = new Table();
  known = new KnownKeys(table as unknown as KeysRepository, { note: (id: string) => used.push(id) } as unknown as KeyUsage);
});

afterEach(() => jest.useRealTimers());

/** What comes of it when time goes on. */
async function settled<T>(work: Promise<T>): Promise<T> {
  const [result] = await Promise.all([work, jest.advanceTimersByTimeAsync(1_000)]);
  return result;
}

describe('known keys', () => {
  it('are read from the table once, however often they are used', async () => {
    const secret = table.add('app');
    for (let request = 0; request < 1_000; request++) {
      expect(await known.find(secret)).toMatchObject({ name: 'app', scopes: ['read'] });
    }
    expect(table.reads).toBe(1);
    expect(used).toHaveLength(1_000);
  });

  it('are read again after two seconds, and a revoked one is gone', async () => {
    const secret = table.add('app');
    await known.find(secret);
    table.rows = [];
    await jest.advanceTimersByTimeAsync(KEYS_ARE_KNOWN_FOR_MS - 1);
    expect(await known.find(secret)).not.toBeNull();
    await jest.advanceTimersByTimeAsync(2);
    expect(await settled(known.find(secret))).toBeNull();
  });

  it('know a new key at once, though the table was read a moment ago', async () => {
    await known.find(table.add('app'));
    await jest.advanceTimersByTimeAsync(1);
    expect(await settled(known.find(table.add('new')))).toMatchObject({ name: 'new' });
  });

  it('read the table four times a second at most, whatever a guesser sends', async () => {
    const guesses = Array.from({ length: 500 }, () => known.find(makeKeySecret()));
    await settled(Promise.all(guesses));
    expect(table.reads).toBeLessThanOrEqual(5);
  });

  it('do not read it for what can not be a key', async () => {
    for (const text of ['', 'a key', 'iot_', `iot_${'x'.repeat(44)}`, `iot_${' '.repeat(43)}`]) {
      expect(await known.find(text)).toBeNull();
    }
    expect(table.reads).toBe(0);
  });

  it('end by themselves, between two readings too', async () => {
    const secret = table.add('guest', 500);
    expect(await known.find(secret)).not.toBeNull();
    await jest.advanceTimersByTimeAsync(501);
    expect(await settled(known.find(secret))).toBeNull();
  });

  it('do not outlive a database that is unavailable', async () => {
    const secret = table.add('app');
    await known.find(secret);
    table.isUnavailable = true;
    await jest.advanceTimersByTimeAsync(KEYS_ARE_KNOWN_FOR_MS + 1);
    await expect(known.find(secret)).rejects.toThrow('unavailable');
    table.isUnavailable = false;
    expect(await settled(known.find(secret))).not.toBeNull();
  });

  it('of this instance are read again when it has changed one', async () => {
    const secret = table.add('app');
    await known.find(secret);
    table.rows = [];
    await jest.advanceTimersByTimeAsync(1);
    known.forget();
    expect(await settled(known.find(secret))).toBeNull();
  });
});
