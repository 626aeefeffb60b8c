import { RecordBuffer } from './record-buffer.js';
import { type StoredRecord } from './record-source.js';

const BYTES = 100;

function filled(count: number, capacity = 1000): RecordBuffer {
  const buffer = new RecordBuffer(capacity);
  for (let sequence = 0; sequence < count; sequence++) {
    buffer.add({ sequence, timestampMs: sequence, bytes: Buffer.alloc(BYTES) });
  }
  return buffer;
}

function sequences(records: readonly StoredRecord[]): number[] {
  return records.map((record) => record.sequence);
}

describe('RecordBuffer', () => {
  it('returns the oldest first, or the newest first', () => {
    const buffer = filled(6);
    expect(sequences(buffer.take(2, 0, 255, false))).toEqual([0, 1]);
    expect(sequences(buffer.take(2, 0, 255, true))).toEqual([5, 4]);
    expect(sequences(buffer.take(9, 0, 255, false))).toEqual([2, 3]);
    expect(buffer.size).toBe(0);
  });

  it('returns more than requested if the bytes allow it, and never more than the maximum', () => {
    expect(filled(50).take(3, 10 * BYTES, 255, false)).toHaveLength(10);
    expect(filled(50).take(3, 10 * BYTES, 7, true)).toHaveLength(7);
    expect(filled(50).take(20, 10 * BYTES, 255, false)).toHaveLength(20);
  });

  it('drops the oldest record when it is full, and returns how many', () => {
    const buffer = filled(5, 5);
    expect(buffer.add({ sequence: 5, timestampMs: 5, bytes: Buffer.alloc(BYTES) })).toBe(1);
    expect(buffer.size).toBe(5);
    expect(sequences(buffer.take(1, 0, 255, false))).toEqual([1]);
  });

  it('loses and repeats no record in any sequence of calls', () => {
    const buffer = new RecordBuffer(10_000);
    const taken: number[] = [];
    for (let sequence = 0; sequence < 5000; sequence++) {
      buffer.add({ sequence, timestampMs: 0, bytes: Buffer.alloc(1) });
      if (sequence % 7 === 0) {
        taken.push(...sequences(buffer.take(1 + (sequence % 13), 0, 255, false)));
      }
    }
    taken.push(...sequences(buffer.take(5000, 0, 5000, false)));
    expect(taken).toEqual(Array.from({ length: 5000 }, (_, sequence) => sequence));
  });

  it('returns how many records it erased', () => {
    const buffer = filled(4);
    expect([buffer.clear(), buffer.size]).toEqual([4, 0]);
  });
});
