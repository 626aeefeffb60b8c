import { type AvlRecord } from '../../protocol/avl-record.js';
import { reportsOfBatch, reportsOfInserted } from './batch-reports.js';
import { RecordBatch } from './record-batch.js';
import { recordHash } from '../row-encoding/record-row.js';

const NOW = Date.UTC(2026, 10, 23);
const DAY = 86_400_000;

function record(timestampMs: number, seed: number, priority = 0): AvlRecord {
  return {
    timestampMs,
    priority,
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

const hashOf = (seed: number): bigint => BigInt.asIntN(64, recordHash(Buffer.alloc(30, seed)));

describe('the reports of a batch', () => {
  const reports = (batch: RecordBatch) => reportsOfBatch(batch, false).reports;

  it('count each device over all of its frames, and have the greatest device time', () => {
    const batch = batchOf(
      ['a', NOW + 5, [record(30, 1), record(20, 2)]],
      ['b', NOW, [record(7, 3)]],
      ['a', NOW, [record(25, 4)]],
    );
    expect(reports(batch)).toEqual([
      {
        imei: 'a',
        count: 3,
        firstReceivedMs: NOW,
        lastReceivedMs: NOW + 5,
        newestMs: 30,
        newestHash: hashOf(1),
        isPlausible: true,
        keys: null,
      },
      expect.objectContaining({ imei: 'b', count: 1, newestMs: 7, newestHash: hashOf(3) }),
    ]);
  });

  it('have a record from the far future as the newest only when there is no other', () => {
    const mixed = batchOf(['a', NOW, [record(NOW + 2 * DAY, 1), record(NOW, 2), record(NOW + 2 * DAY - 1, 3)]]);
    expect(reports(mixed)).toMatchObject([{ count: 3, newestMs: NOW + 2 * DAY - 1, isPlausible: true }]);
    const wrong = batchOf(['a', NOW, [record(NOW + 9 * DAY, 1), record(NOW + 10 * DAY, 2)]]);
    expect(reports(wrong)).toMatchObject([{ newestMs: NOW + 10 * DAY, isPlausible: false }]);
  });

  it('have the greater signed hash of two records with the same time, as the database compares them', () => {
    const seeds = Array.from({ length: 40 }, (_, seed) => seed);
    const greatest = seeds.map(hashOf).reduce((one, other) => (one > other ? one : other));
    expect(reports(batchOf(['a', NOW, seeds.map((seed) => record(9, seed))]))).toMatchObject([{ newestHash: greatest }]);
  });

  it('have the keys of every record when events list them, from 1970 to 9999 and for any IMEI', () => {
    const times = [0, 1, 946_684_799_999, 946_684_800_001, NOW + 7, Date.UTC(9999, 11, 31, 23, 59, 59, 999)];
    const batch = batchOf(
      ['1', NOW, times.map((time, index) => record(time, index))],
      ['350612345678901', NOW + 1, [record(5, 9)]],
    );
    expect(reportsOfBatch(batch, true).reports).toMatchObject([
      { imei: '1', keys: { timesMs: times, hashes: [0, 1, 2, 3, 4, 5].map((seed) => hashOf(seed).toString()) } },
      { imei: '350612345678901', keys: { timesMs: [5], hashes: [hashOf(9).toString()] } },
    ]);
  });

  it('name the devices with a record of high or panic priority', () => {
    const batch = batchOf(['a', NOW, [record(1, 1), record(2, 2, 2)]], ['b', NOW, [record(1, 1)]], ['c', NOW, [record(1, 1, 1)]]);
    expect([...reportsOfBatch(batch, false).urgentImeis]).toEqual(['a', 'c']);
  });
});

describe('the reports of merged rows', () => {
  it('have only what was inserted', () => {
    const inserted = [
      { imei: 'a', timesMs: [30, 20], hashes: ['-5', '7'], receivedMs: [NOW + 1, NOW], isUrgent: true },
      { imei: 'b', timesMs: [], hashes: [], receivedMs: [], isUrgent: false },
    ];
    const { reports, urgentImeis } = reportsOfInserted(inserted, true, NOW);
    const newest = { newestMs: 30, newestHash: -5n, isPlausible: true };
    const keys = { timesMs: [30, 20], hashes: ['-5', '7'] };
    expect(reports).toEqual([{ imei: 'a', count: 2, firstReceivedMs: NOW, lastReceivedMs: NOW + 1, ...newest, keys }]);
    expect([...urgentImeis]).toEqual(['a']);
  });
});
