import { encodeRecords } from '../../protocol/avl-encoder.js';
import { StoredRecords } from '../../telemetry/latest/stored-records.js';
import { type Guard } from './guard.js';
import { GuardWatch } from './guard-watch.js';

const SLOW: Guard = { maxSpeedKmh: 5, ignition: null, maxRecordAgeSeconds: 120, notAfter: null };
const CODEC_8_EXTENDED = 0x8e;

let records: StoredRecords;
let watch: GuardWatch;
let hopeful: string[];

beforeEach(() => {
  records = new StoredRecords();
  watch = new GuardWatch(records);
  watch.onModuleInit();
  hopeful = [];
  watch.whenHopeful((imei) => hopeful.push(imei));
});

function store(imei: string, speed: number, ageMs = 0): void {
  const position = { longitude: 0, latitude: 0, altitude: 0, angle: 0, satellites: 9 };
  const record = { timestampMs: Date.now() - ageMs, priority: 0, ...position, speed, eventIoId: 0, generationType: null, io: [] };
  records.announce(imei, encodeRecords(CODEC_8_EXTENDED, [record]), { receivedAtMs: Date.now(), isByUdp: false });
}

describe('GuardWatch', () => {
  it('notices a record that meets the guard of a waiting command, and no other', () => {
    watch.update('1', [SLOW], watch.step);
    store('1', 6);
    store('2', 0);
    store('1', 5, -1);
    expect(hopeful).toEqual(['1']);
  });

  it('notices every record of a device whose guards are not known yet', () => {
    watch.add('1');
    store('1', 200);
    expect(hopeful).toEqual(['1']);
  });

  it('forgets a device without waiting commands, but not one that was added after the ledger was read', () => {
    watch.add('1');
    const readAt = watch.step;
    watch.add('2');
    watch.replaceAll(new Map(), readAt);
    expect([watch.isWaiting('1'), watch.isWaiting('2'), watch.watches('1')]).toEqual([false, true, false]);
    watch.update('2', [], readAt);
    expect(watch.isWaiting('2')).toBe(true);
    watch.update('2', [], watch.step);
    expect(watch.watches('2')).toBe(false);
  });

  it('knows the newest record by device time of a device that is held', () => {
    const held = watch.hold('1');
    const second = watch.hold('1');
    expect(held.newest()).toBeNull();
    store('1', 8, 1_000);
    store('1', 7, 2_000);
    expect(held.newest()?.speedKmh).toBe(8);
    held.release();
    expect(second.newest()?.speedKmh).toBe(8);
    expect(watch.watches('1')).toBe(true);
    second.release();
    expect(watch.watches('1')).toBe(false);
    expect(hopeful).toEqual([]);
  });
});
