import { type AvlRecord } from '../../protocol/avl-record.js';
import { summariseDevices } from './device-summaries.js';
import { RecordBatch } from './record-batch.js';
import { recordHash } from '../row-encoding/record-row.js';

const NOW = Date.UTC(2026, 10, 23);
const DAY = 86_400_000;

function record(timestampMs: number, seed: number): AvlRecord {
  return {
    timestampMs,
    priority: 0,
    longitude: 0,
    latitude: 0,
    altitude: 0,
    angle: 0,
    satellites: 0,
    speed: 0,
    eventIoId: 0,
    generationType: null,
    io: [],
    bytes: Buffer.alloc(30, seed),
  };
}

function batchOf(
  ...frames: readonly (readonly [imei: string, receivedAtMs: number, records: readonly AvlRecord[]])[]
): RecordBatch {
  const batch = new RecordBatch();
  for (const [imei, receivedAtMs, records] of frames) {
    void batch.add({ imei, receivedAtMs, records, remoteAddress: '127.0.0.1', isByUdp: false, bytes: Buffer.alloc(0) });
  }
  return batch;
}

describe('RecordBatch.keys', () => {
  it('reads back what was encoded, from 1970 to 9999 and for any IMEI', () => {
    const times = [0, 1, 946_684_799_999, 946_684_800_001, NOW + 7, Date.UTC(9999, 11, 31, 23, 59, 59, 999)];
    const batch = batchOf(
      ['1', NOW, times.map((time, index) => record(time, index))],
      ['350612345678901', NOW + 1, [record(5, 9)]],
    );
    expect(batch.keys()).toEqual({
      imeis: [...times.map(() => '1'), '350612345678901'],
      timesMs: [...times, 5],
      hashes: [0, 1, 2, 3, 4, 5, 9].map((seed) => BigInt.asIntN(64, recordHash(Buffer.alloc(30, seed)))),
      receivedMs: [...times.map(() => NOW), NOW + 1],
    });
  });
});

describe('summariseDevices', () => {
  it('counts each device over all of its frames, and keeps the greatest device time', () => {
    const batch = batchOf(
      ['a', NOW + 5, [record(30, 1), record(20, 2)]],
      ['b', NOW, [record(7, 3)]],
      ['a', NOW, [record(25, 4)]],
    );
    expect(summariseDevices(batch.keys(), NOW)).toMatchObject([
      { imei: 'a', count: 3, firstReceivedMs: NOW, lastReceivedMs: NOW + 5, newestMs: 30, isPlausible: true },
      { imei: 'b', count: 1, newestMs: 7 },
    ]);
  });

  it('takes a record from the far future for the newest only when there is no other', () => {
    const mixed = batchOf(['a', NOW, [record(NOW + 2 * DAY, 1), record(NOW, 2), record(NOW + 2 * DAY - 1, 3)]]);
    expect(summariseDevices(mixed.keys(), NOW)).toMatchObject([{ count: 3, newestMs: NOW + 2 * DAY - 1, isPlausible: true }]);
    const wrong = batchOf(['a', NOW, [record(NOW + 9 * DAY, 1), record(NOW + 10 * DAY, 2)]]);
    expect(summariseDevices(wrong.keys(), NOW)).toMatchObject([{ newestMs: NOW + 10 * DAY, isPlausible: false }]);
  });
});
