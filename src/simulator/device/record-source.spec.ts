import { decodeRecords } from '../../protocol/avl-decoder.js';
import { encodeRecordArray } from '../../protocol/avl-encoder.js';
import { type AvlRecord } from '../../protocol/avl-record.js';
import { CODEC_16, CODEC_8, CODEC_8_EXTENDED, type RecordCodec } from '../../protocol/codec-ids.js';
import { type FaultRates, FaultPlan } from '../fault-plan.js';
import { createRandom } from '../random.js';
import { RecordSource, type StoredRecord } from './record-source.js';
import { Vehicle } from '../vehicle/vehicle.js';

const START_MS = Date.parse('2026-03-01T08:00:00Z');
const METRES_PER_DEGREE = 111_320;

function source(index = 0, codec: RecordCodec = CODEC_8_EXTENDED, rates: FaultRates = {}, seed = 1): RecordSource {
  const vehicle = new Vehicle(createRandom(seed, index, 'ride'));
  const faults = new FaultPlan(rates, seed, index, new Map());
  return new RecordSource(vehicle, { codec, firstMs: START_MS, periodMs: 2000 }, faults);
}

function take(from: RecordSource, count: number): StoredRecord[] {
  return Array.from({ length: count }, () => from.next());
}

function decode(stored: readonly StoredRecord[], codec: RecordCodec = CODEC_8_EXTENDED): AvlRecord[] {
  return stored.map(({ bytes }) => decodeRecords(Buffer.concat([Buffer.of(codec, 1), bytes, Buffer.of(1)]))[0]!);
}

function io(record: AvlRecord, id: number): number {
  const element = record.io.find((each) => each.id === id);
  if (typeof element?.value !== 'number') {
    throw new Error(`no number for ${id}`);
  }
  return element.value;
}

describe('the records of a device', () => {
  it('are the same for the same seed and index, and differ for others', () => {
    const hex = (records: StoredRecord[]): string[] => records.map((record) => record.bytes.toString('hex'));
    const one = hex(take(source(3), 50));
    expect(hex(take(source(3), 50))).toEqual(one);
    expect(hex(take(source(4), 50))).not.toEqual(one);
    expect(hex(take(source(3, CODEC_8_EXTENDED, {}, 2), 50))).not.toEqual(one);
  });

  it('keep their positions and values when the clock is wrong', () => {
    const good = decode(take(source(0), 100));
    const bad = decode(take(source(0, CODEC_8_EXTENDED, { badClock: 0.5 }), 100));
    expect(bad.map((record) => record.latitude)).toEqual(good.map((record) => record.latitude));
    const wrong = bad.filter((record, i) => record.timestampMs !== good[i]!.timestampMs);
    expect(wrong.length).toBeGreaterThan(20);
    expect(wrong.some((record) => record.timestampMs === 0)).toBe(true);
    expect(wrong.some((record) => record.timestampMs > START_MS + 86_400_000)).toBe(true);
    expect(wrong.some((record) => record.timestampMs > 0 && record.timestampMs < START_MS)).toBe(true);
  });

  it.each<RecordCodec>([CODEC_8, CODEC_8_EXTENDED, CODEC_16])(
    'are in codec %s what the encoder makes of the same values',
    (codec) => {
      const stored = take(source(1, codec), 300);
      decode(stored, codec).forEach((record, i) => {
        const array = encodeRecordArray(codec, [record]);
        expect(array.subarray(2, -1).toString('hex')).toBe(stored[i]!.bytes.toString('hex'));
      });
    },
  );

  it('follow the period of the clock', () => {
    const times = take(source(), 4).map((record) => record.timestampMs - START_MS);
    expect(times).toEqual([0, 2000, 4000, 6000]);
  });

  it('count the driven metres in the odometer', () => {
    for (let index = 0; index < 5; index++) {
      const records = decode(take(source(index), 900)).filter((record) => record.satellites > 0);
      let metres = 0;
      let jumps = 0;
      records.slice(1).forEach((record, i) => {
        const before = records[i]!;
        const north = (record.latitude - before.latitude) / 1e7;
        const east = ((record.longitude - before.longitude) / 1e7) * Math.cos((record.latitude / 1e7) * (Math.PI / 180));
        const step = Math.hypot(north, east) * METRES_PER_DEGREE;
        metres += step;
        jumps += step > 30 * ((record.timestampMs - before.timestampMs) / 1000) ? 1 : 0;
      });
      const odometer = io(records.at(-1)!, 16) - io(records[0]!, 16);
      expect(jumps).toBe(0);
      expect(Math.abs(metres - odometer)).toBeLessThan(0.06 * odometer + 20);
    }
  });

  it('show a vehicle that drives, waits, parks and sleeps', () => {
    const records = decode(Array.from({ length: 6 }, (_, index) => take(source(index), 1500)).flat());
    const moving = records.filter((record) => io(record, 240) === 1);
    const parked = records.filter((record) => io(record, 240) === 0);
    expect(moving.length).toBeGreaterThan(1000);
    expect(parked.length).toBeGreaterThan(1000);
    expect(parked.every((record) => record.speed === 0)).toBe(true);
    expect(moving.filter((record) => record.speed > 15).length).toBeGreaterThan(500);
    expect(moving.filter((record) => record.speed === 0 && io(record, 303) === 0).length).toBeGreaterThan(50);
    expect(records.some((record) => io(record, 200) === 1)).toBe(true);
    const events = records.filter((record) => record.eventIoId === 240);
    expect(events.length).toBeGreaterThan(5);
    expect(events.every((record) => record.priority === 1)).toBe(true);
  });

  it('keep the last position and have no speed without a fix', () => {
    const records = decode(Array.from({ length: 6 }, (_, index) => take(source(index), 1500)).flat());
    const blind = records.filter((record) => record.satellites === 0);
    expect(blind.length).toBeGreaterThan(100);
    expect(blind.every((record) => record.speed === 0 && record.angle === 0 && record.altitude === 0)).toBe(true);
    expect(blind.every((record) => record.latitude > 54e7 && io(record, 69) !== 1)).toBe(true);
  });

  it('have signed axes, eight-byte ICCID halves and the ISO 6709 text', () => {
    const records = decode(Array.from({ length: 8 }, (_, index) => take(source(index), 3)).flat());
    const gravity = records.map((record) => (io(record, 19) << 16) >> 16);
    expect(gravity.some((value) => value < -900) && gravity.some((value) => value > 900)).toBe(true);
    const [first] = records;
    expect(first!.io.find((element) => element.id === 11)).toMatchObject({ width: 8, value: 893_700_218n });
    const text = first!.io.find((element) => element.id === 387)!;
    expect(String(text.value)).toMatch(/^\+54\d{4}\.\d{3}0\+025\d{4}\.\d{3}0\+000\.\d{3}\/$/);
  });
});
