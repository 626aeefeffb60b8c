import { protocolErrorOf } from '../../test/fixtures/protocol-errors.js';
import { ByteReader } from './byte-reader.js';

const BYTES = Buffer.from('0102030405060708', 'hex');

describe('ByteReader', () => {
  it('reads big-endian numbers one after another', () => {
    const reader = new ByteReader(BYTES);
    expect([reader.uint8(), reader.uint16(), reader.uint32(), reader.remaining]).toEqual([0x01, 0x0203, 0x04050607, 1]);
  });

  it('returns views, not copies', () => {
    const bytes = Buffer.from(BYTES);
    const reader = new ByteReader(bytes);
    const slice = reader.slice(2);
    bytes[0] = 9;
    expect(slice).toEqual(Buffer.of(9, 2));
    expect(reader.sliceFrom(1)).toEqual(Buffer.of(2));
  });

  it.each([
    ['uint8', (reader: ByteReader) => reader.uint8(), 8],
    ['uint16', (reader: ByteReader) => reader.uint16(), 7],
    ['uint32', (reader: ByteReader) => reader.uint32(), 5],
    ['slice', (reader: ByteReader) => reader.slice(3), 6],
  ])('throws where %s would read behind the end, and does not move', (_what, read, offset) => {
    const reader = new ByteReader(BYTES, offset);
    expect(protocolErrorOf(() => read(reader))).toEqual({ code: 'TRUNCATED', offset });
    expect(reader.offset).toBe(offset);
  });

  it('ends at the given end, also before the end of its bytes', () => {
    const reader = new ByteReader(BYTES, 2, 4);
    expect(reader.uint16()).toBe(0x0304);
    expect(protocolErrorOf(() => reader.uint8())).toEqual({ code: 'TRUNCATED', offset: 4 });
    expect(reader.slice(0)).toHaveLength(0);
  });

  it('counts offsets from the start of a slice of a larger buffer', () => {
    expect(new ByteReader(BYTES.subarray(3)).uint16()).toBe(0x0405);
  });
});
