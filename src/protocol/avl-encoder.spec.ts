import fc from 'fast-check';
import { Bytes, FIXED_PART, frameOf } from '../../test/fixtures/bytes.js';
import { decodeRecords } from './avl-decoder.js';
import { encodeRecordArray, encodeRecords, type RecordToEncode } from './avl-encoder.js';
import type { IoElement } from './avl-record.js';
import { CODEC_12, CODEC_16, CODEC_8, CODEC_8_EXTENDED } from './codec-ids.js';
import { FrameSplitter } from './frame-splitter.js';

const RECORD: RecordToEncode = {
  timestampMs: 1_560_161_086_000,
  priority: 1,
  longitude: 0,
  latitude: 0,
  altitude: 0,
  angle: 0,
  satellites: 0,
  speed: 0,
  eventIoId: 0,
  generationType: null,
  io: [],
};

describe('encodeRecords', () => {
  it('writes a frame whose bytes were written by hand', () => {
    const io = [
      { id: 385, width: 2, value: Buffer.of(7, 8) },
      { id: 11, width: 8, value: 0x1122_3344_5566_7788n },
      { id: 16, width: 4, value: 22_949_000 },
      { id: 17, width: 2, value: 29 },
      { id: 1, width: 1, value: 1 },
    ];
    const data = new Bytes().u8(0x8e, 1).raw(FIXED_PART).u16(1, 5, 1, 1).u8(1).u16(1, 17, 29).u16(1, 16).u32(22_949_000);
    data.u16(1, 11).hex('1122334455667788').u16(1, 385, 2).u8(7, 8).u8(1);
    expect(encodeRecords(CODEC_8_EXTENDED, [{ ...RECORD, eventIoId: 1, io }])).toEqual(frameOf(data.build()));
  });

  it('writes negative coordinates and altitudes in two’s complement', () => {
    const array = encodeRecordArray(CODEC_8, [{ ...RECORD, longitude: -706_496_700, latitude: -1, altitude: -2 }]);
    expect(array.subarray(2 + 9, 2 + 19).toString('hex')).toBe('d5e3b744fffffffffffe');
  });

  it('writes no records as two counts of zero', () => {
    expect(encodeRecordArray(CODEC_16, [])).toEqual(Buffer.of(0x10, 0, 0));
  });

  it('accepts times above 2^53 as bigint', () => {
    const array = encodeRecordArray(CODEC_8, [{ ...RECORD, timestampMs: 2n ** 64n - 1n }]);
    expect(array.subarray(2, 10)).toEqual(Buffer.alloc(8, 0xff));
  });
});

describe.each([
  ['codec 8', CODEC_8, 0xff],
  ['codec 8 Extended', CODEC_8_EXTENDED, 0xffff],
  ['codec 16', CODEC_16, 0xffff],
])('any records of %s', (_name, codec, maxId) => {
  const records = fc.array(arbitraryRecord(codec, maxId), { maxLength: 5 });

  it('are decoded to what was encoded, through the frame splitter', () => {
    fc.assert(
      fc.property(records, (some) => {
        const splitter = new FrameSplitter(1_000_000);
        splitter.push(encodeRecords(codec, some));
        const frame = splitter.next();
        expect(frame).toMatchObject({ codec, count: some.length });
        expect(decodeRecords(frame!.data).map(({ bytes: _bytes, ...record }) => record)).toEqual(some);
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  it('are encoded to the same bytes again', () => {
    fc.assert(
      fc.property(records, (some) => {
        const array = encodeRecordArray(codec, some);
        expect(encodeRecordArray(codec, decodeRecords(array)).equals(array)).toBe(true);
      }),
      { seed: 2, numRuns: 150 },
    );
  });
});

describe('limits of the codecs', () => {
  it('255 records fit, 256 do not', () => {
    const many = Array.from({ length: 256 }, () => RECORD);
    expect(decodeRecords(encodeRecordArray(CODEC_8, many.slice(1)))).toHaveLength(255);
    expect(() => encodeRecordArray(CODEC_8, many)).toThrow(RangeError);
  });

  it('255 IO elements fit codec 8, 256 do not, and 65,535 fit codec 8 Extended', () => {
    const elements = (count: number) => Array.from({ length: count }, (_, i) => ({ id: i & 0xff, width: 1, value: 0 }));
    expect(roundTrip(CODEC_8, elements(255))).toHaveLength(255);
    expect(() => roundTrip(CODEC_8, elements(256))).toThrow(RangeError);
    expect(roundTrip(CODEC_8_EXTENDED, elements(65_535))).toHaveLength(65_535);
    expect(() => roundTrip(CODEC_8_EXTENDED, elements(65_536))).toThrow(RangeError);
  });

  it('a variable-length element has up to 65,535 bytes', () => {
    expect(roundTrip(CODEC_8_EXTENDED, [variable(0), variable(65_535)])).toEqual([variable(0), variable(65_535)]);
    expect(() => roundTrip(CODEC_8_EXTENDED, [variable(65_536)])).toThrow(RangeError);
  });

  it.each([CODEC_8, CODEC_16])('codec %i has no variable-length elements', (codec) => {
    expect(() => roundTrip(codec, [variable(1)])).toThrow(RangeError);
  });

  it('ids have one byte in codec 8 and two in the others', () => {
    expect(roundTrip(CODEC_8, [{ id: 255, width: 1, value: 0 }])).toHaveLength(1);
    expect(() => roundTrip(CODEC_8, [{ id: 256, width: 1, value: 0 }])).toThrow(RangeError);
    expect(() => encodeRecordArray(CODEC_8, [{ ...RECORD, eventIoId: 256 }])).toThrow(RangeError);
    expect(roundTrip(CODEC_16, [{ id: 65_535, width: 1, value: 0 }])).toHaveLength(1);
    expect(() => roundTrip(CODEC_16, [{ id: 65_536, width: 1, value: 0 }])).toThrow(RangeError);
  });

  it.each([
    [1, 255, 256],
    [2, 65_535, 65_536],
    [4, 4_294_967_295, 4_294_967_296],
    [8, 2n ** 64n - 1n, 2n ** 64n],
  ])('a value of %i bytes is at most %d', (width, largest, tooLarge) => {
    expect(roundTrip(CODEC_8, [{ id: 1, width, value: largest }])).toEqual([{ id: 1, width, value: largest }]);
    expect(() => roundTrip(CODEC_8, [{ id: 1, width, value: tooLarge }])).toThrow(RangeError);
    expect(() => roundTrip(CODEC_8, [{ id: 1, width, value: typeof largest === 'bigint' ? -1n : -1 }])).toThrow(RangeError);
  });

  it.each([0, 3, 5, 16])('there is no group for numbers of %i bytes', (width) => {
    expect(() => roundTrip(CODEC_8_EXTENDED, [{ id: 1, width, value: 0 }])).toThrow(RangeError);
  });

  it('a variable-length value must have its declared width', () => {
    expect(() => roundTrip(CODEC_8_EXTENDED, [{ id: 1, width: 3, value: Buffer.alloc(4) }])).toThrow(RangeError);
  });

  it('codec 16 requires a generation type, the others do not allow one', () => {
    expect(() => encodeRecordArray(CODEC_16, [RECORD])).toThrow(RangeError);
    expect(() => encodeRecordArray(CODEC_8, [{ ...RECORD, generationType: 5 }])).toThrow(RangeError);
  });

  it.each<[keyof RecordToEncode, number, number]>([
    ['timestampMs', 0, 2 ** 53],
    ['priority', 0, 255],
    ['longitude', -(2 ** 31), 2 ** 31 - 1],
    ['latitude', -(2 ** 31), 2 ** 31 - 1],
    ['altitude', -(2 ** 15), 2 ** 15 - 1],
    ['angle', 0, 65_535],
    ['satellites', 0, 255],
    ['speed', 0, 65_535],
  ])('%s is a whole number from %i to %i', (key, min, max) => {
    for (const value of [min, max]) {
      expect(decodeRecords(encodeRecordArray(CODEC_8, [{ ...RECORD, [key]: value }]))).toMatchObject([{ [key]: value }]);
    }
    const wrong = key === 'timestampMs' ? [-1, 2 ** 64, 0.5, NaN] : [min - 1, max + 1, min + 0.5, NaN, Infinity];
    for (const value of wrong) {
      expect(() => encodeRecordArray(CODEC_8, [{ ...RECORD, [key]: value }])).toThrow(RangeError);
    }
  });

  it.each([CODEC_12, 0x07, 0])('codec %i does not have records', (codec) => {
    expect(() => encodeRecords(codec, [])).toThrow(RangeError);
  });
});

function roundTrip(codec: number, io: readonly IoElement[]): readonly IoElement[] {
  const generationType = codec === CODEC_16 ? 0 : null;
  return decodeRecords(encodeRecordArray(codec, [{ ...RECORD, generationType, io }]))[0]!.io;
}

function variable(length: number): IoElement {
  return { id: 257, width: length, value: Buffer.alloc(length, 0xcd) };
}

/** Elements are ordered by group, as the decoder returns them. */
function arbitraryRecord(codec: number, maxId: number): fc.Arbitrary<RecordToEncode> {
  const id = fc.nat(maxId);
  const fixed = ([1, 2, 4] as const).map((width) =>
    fc.array(fc.record({ id, width: fc.constant(width), value: fc.nat(2 ** (8 * width) - 1) }), { maxLength: 6 }),
  );
  const wide = fc.array(fc.record({ id, width: fc.constant(8), value: fc.bigInt(0n, 2n ** 64n - 1n) }), { maxLength: 4 });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.nat(300).map((length) => new Uint8Array(length)),
  );
  const variables = fc.array(
    fc.tuple(id, bytes).map(([variableId, value]) => ({ id: variableId, width: value.length, value: Buffer.from(value) })),
    { maxLength: codec === CODEC_8_EXTENDED ? 4 : 0 },
  );
  const io: fc.Arbitrary<IoElement[]> = fc.tuple(...fixed, wide, variables).map((groups) => groups.flat<IoElement[][]>());
  return fc.record({
    timestampMs: fc.maxSafeNat(),
    priority: fc.nat(255),
    longitude: fc.integer(),
    latitude: fc.integer(),
    altitude: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
    angle: fc.nat(65_535),
    satellites: fc.nat(255),
    speed: fc.nat(65_535),
    eventIoId: id,
    generationType: codec === CODEC_16 ? fc.nat(255) : fc.constant(null),
    io,
  });
}
