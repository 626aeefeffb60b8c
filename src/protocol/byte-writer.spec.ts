import { ByteWriter } from './byte-writer.js';

describe('ByteWriter', () => {
  it('writes big-endian numbers and bytes one after another', () => {
    const writer = new ByteWriter(20).unsigned(1, 1, 'a').unsigned(2, 2, 'b').signed(-2, 4, 'c').uint64(5n, 'd');
    expect(writer.copy(Buffer.from('AVL!!')).finish().toString('hex')).toBe('010002fffffffe000000000000000541564c2121');
  });

  it('names the value that does not fit', () => {
    expect(() => new ByteWriter(1).unsigned(256, 1, 'satellites')).toThrow('satellites: 256 is not an integer from 0 to 255');
    expect(() => new ByteWriter(2).signed(-32_769, 2, 'altitude')).toThrow(RangeError);
    expect(() => new ByteWriter(8).uint64(-1n, 'IO 11')).toThrow(RangeError);
  });

  it('throws when the buffer is not full', () => {
    expect(() => new ByteWriter(2).unsigned(1, 1, 'a').finish()).toThrow('wrote 1 of 2 bytes');
  });
});
