import { Bytes, FIXED_PART, frameOf } from '../../test/fixtures/bytes.js';
import { protocolErrorOf } from '../../test/fixtures/protocol-errors.js';
import { decodeRecords } from './avl-decoder.js';
import type { AvlRecord } from './avl-record.js';

const NO_IO_8 = new Bytes().raw(FIXED_PART).u8(0, 0, 0, 0, 0, 0).build();
const NO_IO_8E = new Bytes().raw(FIXED_PART).u16(0, 0, 0, 0, 0, 0, 0).build();
const NO_IO_16 = new Bytes().raw(FIXED_PART).u16(0).u8(7, 0, 0, 0, 0, 0).build();

describe('a record', () => {
  it('is 30 bytes in codec 8, 38 in codec 8 Extended and 32 in codec 16 when it has no IO elements', () => {
    expect([NO_IO_8.length, NO_IO_8E.length, NO_IO_16.length]).toEqual([30, 38, 32]);
    expect(decodeRecords(field(0x08, NO_IO_8))[0]).toMatchObject({ io: [], generationType: null, eventIoId: 0 });
    expect(decodeRecords(field(0x8e, NO_IO_8E))[0]).toMatchObject({ io: [], generationType: null, eventIoId: 0 });
    expect(decodeRecords(field(0x10, NO_IO_16))[0]).toMatchObject({ io: [], generationType: 7, eventIoId: 0 });
  });

  it('has signed coordinates and altitude, and an unsigned angle and speed', () => {
    const fixed = new Bytes().u64(1n).u8(2).hex('D5E3B744 EC11C762 FFFE').u16(0xffff).u8(255).u16(0xffff).build();
    expect(onlyRecord(field(0x08, new Bytes().raw(fixed).u8(0, 0, 0, 0, 0, 0).build()))).toMatchObject({
      timestampMs: 1,
      priority: 2,
      longitude: -706496700,
      latitude: -334379166,
      altitude: -2,
      angle: 65_535,
      satellites: 255,
      speed: 65_535,
    });
  });

  it.each([
    ['the smallest numbers', '80000000 80000000 8000', -2_147_483_648, -32_768],
    ['the largest numbers', '7FFFFFFF 7FFFFFFF 7FFF', 2_147_483_647, 32_767],
    ['minus one', 'FFFFFFFF FFFFFFFF FFFF', -1, -1],
  ])('reads %s', (_what, hex, degrees, altitude) => {
    const fixed = new Bytes().u64(0n).u8(0).hex(hex).u16(0).u8(0).u16(0).build();
    const record = onlyRecord(field(0x08, new Bytes().raw(fixed).u8(0, 0, 0, 0, 0, 0).build()));
    expect(record).toMatchObject({ longitude: degrees, latitude: degrees, altitude });
  });

  it('has an exact timestamp up to 2^53, and above it still the exact bytes', () => {
    const at = (ms: bigint) => onlyRecord(field(0x08, new Bytes().u64(ms).raw(NO_IO_8.subarray(8)).build()));
    expect(at(2n ** 53n - 1n).timestampMs).toBe(Number.MAX_SAFE_INTEGER);
    expect(at(0xffff_ffff_ffff_ffffn).timestampMs).toBe(2 ** 64);
    expect(at(0xffff_ffff_ffff_ffffn).bytes.readBigUInt64BE()).toBe(0xffff_ffff_ffff_ffffn);
  });

  it('keeps coordinates without a fix, because devices send the last valid ones', () => {
    const fixed = new Bytes().u64(0n).u8(0).hex('0F0EB600 23C34680').u16(0, 0).u8(0).u16(0).build();
    const record = onlyRecord(field(0x08, new Bytes().raw(fixed).u8(0, 0, 0, 0, 0, 0).build()));
    expect(record).toMatchObject({ longitude: 252_622_336, latitude: 600_000_128, satellites: 0 });
  });

  it('has its bytes as a view of the data field', () => {
    const data = field(0x08, NO_IO_8, NO_IO_8);
    const [first, second] = decodeRecords(data);
    expect(first?.bytes).toEqual(NO_IO_8);
    data[2 + 30 + 8] = 2;
    expect(second?.bytes.readUInt8(8)).toBe(2);
  });
});

describe('IO elements', () => {
  it('of codec 8 have one-byte ids and counts', () => {
    const io = new Bytes().u8(66, 5).u8(1, 21, 3).u8(2, 66).u16(0x5e0f).u8(24).u16(0xffff).u8(1, 241).u32(0xffff_fffe).u8(1, 78);
    const record = onlyRecord(field(0x08, new Bytes().raw(FIXED_PART, io.u64(2n ** 64n - 1n).build()).build()));
    expect(record.eventIoId).toBe(66);
    expect(record.io).toEqual([
      { id: 21, width: 1, value: 3 },
      { id: 66, width: 2, value: 24_079 },
      { id: 24, width: 2, value: 65_535 },
      { id: 241, width: 4, value: 4_294_967_294 },
      { id: 78, width: 8, value: 18_446_744_073_709_551_615n },
    ]);
  });

  it('of codec 8 Extended have two-byte ids and counts, and may have any length', () => {
    const record = onlyRecord(
      field8e(
        new Bytes().u16(10_800, 5),
        new Bytes().u16(1, 10_816).u8(0xff),
        new Bytes().u16(1, 10_800, 0x8000),
        new Bytes().u16(1, 800).u32(0x8000_0000),
        new Bytes().u16(1, 11).u64(9_007_199_254_740_993n),
        new Bytes().u16(1, 387, 3).text('+1/'),
      ),
    );
    expect(record.eventIoId).toBe(10_800);
    expect(record.io).toEqual([
      { id: 10_816, width: 1, value: 255 },
      { id: 10_800, width: 2, value: 32_768 },
      { id: 800, width: 4, value: 2_147_483_648 },
      { id: 11, width: 8, value: 9_007_199_254_740_993n },
      { id: 387, width: 3, value: Buffer.from('+1/') },
    ]);
  });

  it('of codec 16 have two-byte ids, one-byte counts and a generation type before them', () => {
    const io = new Bytes().u16(0x0123).u8(5, 1).u8(0).u8(1).u16(0x0123, 7).u8(0).u8(0);
    const record = onlyRecord(field(0x10, new Bytes().raw(FIXED_PART, io.build()).build()));
    expect(record).toMatchObject({ eventIoId: 0x0123, generationType: 5, io: [{ id: 0x0123, width: 2, value: 7 }] });
  });

  it('have the width of their group, not that of the table of ids', () => {
    const record = onlyRecord(
      field8e(
        new Bytes().u16(0, 4),
        new Bytes().u16(1, 66).u8(12),
        new Bytes().u16(1, 11, 12),
        new Bytes().u16(1, 239).u32(12),
        new Bytes().u16(1, 21).u64(12n),
        new Bytes().u16(0),
      ),
    );
    expect(record.io.map(({ id, width }) => [id, width])).toEqual([
      [66, 1],
      [11, 2],
      [239, 4],
      [21, 8],
    ]);
  });

  it('with the same id are both returned, in order', () => {
    const io = new Bytes().u8(0, 2).u8(1, 21, 3).u8(1, 21).u16(4).u8(0, 0);
    expect(onlyRecord(field(0x08, new Bytes().raw(FIXED_PART, io.build()).build())).io).toEqual([
      { id: 21, width: 1, value: 3 },
      { id: 21, width: 2, value: 4 },
    ]);
  });

  it.each([0, 1, 255])('are counted by their groups: a total of %i with two elements is not an error', (total) => {
    const io = new Bytes().u8(0, total).u8(2, 1, 1, 2, 0).u8(0, 0, 0);
    expect(onlyRecord(field(0x08, new Bytes().raw(FIXED_PART, io.build()).build())).io).toHaveLength(2);
  });

  it('of variable length may be empty, and are views of the data field', () => {
    const data = field8e(new Bytes().u16(0, 2), ...noFixedGroups(), new Bytes().u16(2, 256, 0, 257, 2).u8(7, 8));
    const record = onlyRecord(data);
    expect(record.io).toEqual([
      { id: 256, width: 0, value: Buffer.alloc(0) },
      { id: 257, width: 2, value: Buffer.of(7, 8) },
    ]);
    data[data.length - 2] = 9;
    expect(record.io[1]?.value).toEqual(Buffer.of(7, 9));
  });

  it('of variable length may have 65,535 bytes', () => {
    const value = Buffer.alloc(65_535, 0xab);
    const record = onlyRecord(field8e(new Bytes().u16(0, 1), ...noFixedGroups(), new Bytes().u16(1, 257, 65_535).raw(value)));
    expect(record.io).toEqual([{ id: 257, width: 65_535, value }]);
  });

  it('are text where Teltonika documents text: AVL id 387 on the wiki page "ISO6709"', () => {
    const printed = new Bytes()
      .hex('00000000000000528E010000016F7F183310000F0E51DB209AB6DA0088016608000000000002000100EF01000000000000')
      .hex('0001018300222B3534373031302E323636372B303235323539362E373030302B3030302E3133362F0100004C9A')
      .build();
    const data = printed.subarray(8, -4);
    expect(frameOf(data)).toEqual(printed);
    const record = onlyRecord(data);
    expect(record).toMatchObject({ latitude: 547_010_266, longitude: 252_596_699, satellites: 8, speed: 0, eventIoId: 0 });
    expect(record.io).toEqual([
      { id: 239, width: 1, value: 1 },
      { id: 387, width: 34, value: Buffer.from('+547010.2667+0252596.7000+000.136/') },
    ]);
  });
});

describe('a data field', () => {
  it('may have no records', () => {
    expect(decodeRecords(Buffer.of(0x8e, 0, 0))).toEqual([]);
  });

  it('may have 255 records', () => {
    const records = decodeRecords(field(0x8e, ...Array.from({ length: 255 }, () => NO_IO_8E)));
    expect(records).toHaveLength(255);
  });

  it('keeps the order of the records, also when that is newest first', () => {
    const times = [3n, 1n, 2n].map((ms) => new Bytes().u64(ms).raw(NO_IO_8.subarray(8)).build());
    expect(decodeRecords(field(0x08, ...times)).map(({ timestampMs }) => timestampMs)).toEqual([3, 1, 2]);
  });

  it.each([0x00, 0x07, 0x09, 0x0c, 0x0f, 0x11, 0x8d, 0xff])('of codec %i is rejected', (codec) => {
    expect(protocolErrorOf(() => decodeRecords(Buffer.of(codec, 0, 0)))).toEqual({ code: 'UNSUPPORTED_CODEC', offset: 0 });
  });

  it.each([0, 1, 2])('of %i bytes is too short', (length) => {
    const code = protocolErrorOf(() => decodeRecords(Buffer.of(0x08, 0).subarray(0, length))).code;
    expect(code).toBe('TRUNCATED');
  });

  it.each([
    ['one more at the end', 1, 2],
    ['one more at the start', 2, 1],
    ['none at the start', 0, 1],
  ])('whose counts differ is rejected before its records are decoded: %s', (_what, count1, count2) => {
    const data = Buffer.concat([Buffer.of(0x08, count1), Buffer.alloc(7, 0xee), Buffer.of(count2)]);
    expect(protocolErrorOf(() => decodeRecords(data))).toEqual({ code: 'COUNT_MISMATCH', offset: 9 });
  });

  it('with a byte behind its records is rejected', () => {
    const data = Buffer.concat([Buffer.of(0x08, 1), NO_IO_8, Buffer.of(1), Buffer.of(1)]);
    expect(protocolErrorOf(() => decodeRecords(data))).toEqual({ code: 'TRAILING_BYTES', offset: 32 });
  });

  it('with one record more than its count is rejected', () => {
    const data = Buffer.concat([Buffer.of(0x08, 1), NO_IO_8, NO_IO_8, Buffer.of(1)]);
    expect(protocolErrorOf(() => decodeRecords(data))).toEqual({ code: 'TRAILING_BYTES', offset: 32 });
  });

  it('with one record less than its count is rejected', () => {
    const data = Buffer.concat([Buffer.of(0x08, 2), NO_IO_8, Buffer.of(2)]);
    expect(protocolErrorOf(() => decodeRecords(data))).toEqual({ code: 'TRUNCATED', offset: 32 });
  });

  it('does not use its last count as the last byte of a record', () => {
    const data = field(0x08, NO_IO_8.subarray(0, -1));
    expect(protocolErrorOf(() => decodeRecords(data))).toEqual({ code: 'TRUNCATED', offset: 31 });
  });

  it.each([
    ['N1', new Bytes().u16(65_535), 0],
    ['N2', new Bytes().u16(0, 65_535), 1],
    ['N4', new Bytes().u16(0, 0, 65_535), 2],
    ['N8', new Bytes().u16(0, 0, 0, 65_535), 3],
  ])('with %s behind its end is rejected at that group', (_name, counts, groupsBefore) => {
    const data = field(0x8e, new Bytes().raw(FIXED_PART).u16(0, 0).raw(counts.build()).raw(Buffer.alloc(100)).build());
    const offset = 2 + 24 + 4 + 2 * groupsBefore + 2;
    expect(protocolErrorOf(() => decodeRecords(data))).toEqual({ code: 'TRUNCATED', offset });
  });

  it('with NX behind its end is rejected at the first missing element', () => {
    const data = field8e(new Bytes().u16(0, 2), ...noFixedGroups(), new Bytes().u16(65_535, 256, 1).u8(0));
    expect(protocolErrorOf(() => decodeRecords(data))).toEqual({ code: 'TRUNCATED', offset: data.length - 1 });
  });

  it.each([1, 2, 65_533])('with a variable-length element %i bytes behind its end is rejected', (excess) => {
    const data = field8e(new Bytes().u16(0, 1), ...noFixedGroups(), new Bytes().u16(1, 256, 2 + excess).u8(1, 2));
    expect(protocolErrorOf(() => decodeRecords(data))).toEqual({ code: 'TRUNCATED', offset: data.length - 3 });
  });

  it('may start anywhere in a larger buffer', () => {
    const data = field(0x08, NO_IO_8);
    const larger = Buffer.concat([Buffer.alloc(5, 0xff), data, Buffer.alloc(5, 0xff)]);
    expect(decodeRecords(larger.subarray(5, 5 + data.length))).toEqual(decodeRecords(data));
  });
});

function field(codec: number, ...records: Buffer[]): Buffer {
  return Buffer.concat([Buffer.of(codec, records.length), ...records, Buffer.of(records.length)]);
}

/** One record of codec 8 Extended: event id and total, then its five groups. */
function field8e(...parts: Bytes[]): Buffer {
  return field(0x8e, Buffer.concat([FIXED_PART, ...parts.map((part) => part.build())]));
}

function noFixedGroups(): Bytes[] {
  return [new Bytes().u16(0, 0, 0, 0)];
}

function onlyRecord(data: Buffer): AvlRecord {
  const records = decodeRecords(data);
  expect(records).toHaveLength(1);
  return records[0]!;
}

describe('codec 8 with the 16-byte group of old devices', () => {
  /** Fixed part, event id, N total, then the groups: one 1-byte element, none of 2 and 4, one of 8, and those of 16. */
  const record = (total: number, ...group16: string[]): Buffer =>
    new Bytes()
      .raw(FIXED_PART)
      .u8(0, total)
      .u8(1, 240, 1)
      .u8(0, 0)
      .u8(1, 78)
      .u64(5n)
      .u8(group16.length)
      .hex(group16.join(''))
      .build();
  const VALUE = '000102030405060708090a0b0c0d0e0f';
  const WITH_ONE = record(3, `c8${VALUE}`);

  it('is read when the frame cannot be read with the documented layout', () => {
    const [only] = decodeRecords(field(0x08, WITH_ONE));
    expect(only?.io).toEqual([
      { id: 240, width: 1, value: 1 },
      { id: 78, width: 8, value: 5n },
      { id: 200, width: 16, value: Buffer.from(VALUE, 'hex') },
    ]);
    expect(only?.bytes).toEqual(WITH_ONE);
  });

  it('is read for all records of the frame, also for those without such elements', () => {
    const records = decodeRecords(field(0x08, record(2), WITH_ONE, record(4, `c8${VALUE}`, `c9${VALUE}`), record(2)));
    expect(records.map(({ io }) => io.length)).toEqual([2, 3, 4, 2]);
  });

  it('is read when no record has such an element: each has the count of the group', () => {
    const empty = new Bytes().raw(FIXED_PART).u8(0, 0, 0, 0, 0, 0, 0).build();
    expect(decodeRecords(field(0x08, empty, empty)).map(({ io }) => io)).toEqual([[], []]);
  });

  it('is not tried when the documented layout fits', () => {
    const documented = new Bytes().raw(FIXED_PART).u8(0, 1, 1, 240, 1, 0, 0, 0).build();
    expect(decodeRecords(field(0x08, documented, documented)).map(({ bytes }) => bytes)).toEqual([documented, documented]);
  });

  it.each([
    ['an N total that is not the sum of the groups', field(0x08, record(4, `c8${VALUE}`))],
    ['a byte too many', field(0x08, Buffer.concat([WITH_ONE, Buffer.of(0)]))],
    ['a byte too few', field(0x08, WITH_ONE.subarray(0, -1))],
    [
      'one record with the group and one without',
      field(0x08, WITH_ONE, new Bytes().raw(FIXED_PART).u8(0, 0, 0, 0, 0, 0).build()),
    ],
    ['the layout in codec 16', field(0x10, new Bytes().raw(FIXED_PART).u16(0).u8(7, 0, 0, 0, 0, 0, 0).build())],
    ['the layout in codec 8 Extended', field(0x8e, Buffer.concat([NO_IO_8E, Buffer.of(0, 0)]))],
  ])('is rejected with %s: the error is that of the documented layout', (_what, data) => {
    expect(['TRUNCATED', 'TRAILING_BYTES']).toContain(protocolErrorOf(() => decodeRecords(data)).code);
  });
});
