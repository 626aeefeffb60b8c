import { encodeRecords } from '../../protocol/avl-encoder.js';
import { type AvlRecord } from '../../protocol/avl-record.js';
import { type FrameOrigin, StoredRecords } from './stored-records.js';
import { newerState, newestStateOf, vehicleStateOf } from './vehicle-state.js';

const NOW = Date.UTC(2026, 10, 30);
const DAY_MS = 86_400_000;
const CODEC_8_EXTENDED = 0x8e;

function record(change: Partial<AvlRecord>, seed = 0): AvlRecord {
  return {
    timestampMs: NOW,
    priority: 0,
    longitude: 0,
    latitude: 0,
    altitude: 0,
    angle: 0,
    satellites: 7,
    speed: 0,
    eventIoId: 0,
    generationType: null,
    io: [],
    bytes: Buffer.alloc(30, seed),
    ...change,
  };
}

const element = (id: number, value: number | bigint) => ({ id, width: 1, value });

describe('vehicleStateOf', () => {
  it('knows the speed of a record with a fix, and not that of one without', () => {
    expect(vehicleStateOf(record({ speed: 0, satellites: 1 })).speedKmh).toBe(0);
    expect(vehicleStateOf(record({ speed: 0, satellites: 0 })).speedKmh).toBeNull();
    expect(vehicleStateOf(record({ speed: 54, satellites: 0 })).speedKmh).toBe(54);
  });

  it('reads the ignition from AVL 239, of a repeated id from the last one', () => {
    expect(vehicleStateOf(record({ io: [element(240, 1)] })).ignition).toBeNull();
    expect(vehicleStateOf(record({ io: [element(239, 1)] })).ignition).toBe('on');
    expect(vehicleStateOf(record({ io: [element(239, 1), element(239, 0)] })).ignition).toBe('off');
    expect(vehicleStateOf(record({ io: [element(239, 1n)] })).ignition).toBe('on');
    expect(vehicleStateOf(record({ io: [element(239, 2)] })).ignition).toBeNull();
  });
});

describe('newestStateOf', () => {
  it('goes by device time, not by the order of the records, and passes over those from the far future', () => {
    const records = [
      record({ timestampMs: NOW - 5, speed: 5 }),
      record({ timestampMs: NOW + 2 * DAY_MS, speed: 99 }),
      record({ timestampMs: NOW + 2 * DAY_MS - 1, speed: 7 }),
      record({ timestampMs: NOW, speed: 6 }),
    ];
    expect(newestStateOf(records, NOW)?.speedKmh).toBe(7);
    expect(newestStateOf([records[1]!], NOW)).toBeNull();
  });

  it('orders records of one moment by their hash, as a signed number', () => {
    const states = Array.from({ length: 20 }, (_, seed) => vehicleStateOf(record({}, seed)));
    const greatest = states.map(({ recordHash }) => recordHash).reduce((one, other) => (one > other ? one : other));
    expect(states.reduce<(typeof states)[0] | null>(newerState, null)?.recordHash).toBe(greatest);
    expect(states.some(({ recordHash }) => recordHash < 0n)).toBe(true);
  });
});

describe('StoredRecords', () => {
  it('passes the records of a frame to those who watch the device, and to no other', () => {
    const stored = new StoredRecords();
    const seen: string[] = [];
    const watcherOf = (imei: string) => ({
      watches: (asked: string) => asked === imei,
      onStored: (from: string, records: readonly AvlRecord[], { isByUdp }: FrameOrigin) =>
        void seen.push(`${imei}: ${from} ${records.map(({ speed }) => speed).join()} ${isByUdp}`),
    });
    stored.addWatcher(watcherOf('1'));
    stored.addWatcher({
      watches: () => true,
      onStored: () => {
        seen.push('any');
        throw new Error('a fault of a watcher');
      },
    });
    stored.addWatcher(watcherOf('2'));
    stored.announce('2', encodeRecords(CODEC_8_EXTENDED, [record({ speed: 4 }), record({ speed: 3 })]), {
      receivedAtMs: NOW,
      isByUdp: true,
    });
    expect(seen).toEqual(['any', '2: 2 4,3 true']);
  });
});
