import { frameOf } from '../../test/fixtures/bytes.js';
import { encodeAcknowledgement, encodeFrame } from './frame-encoder.js';

describe('encodeFrame', () => {
  it('puts preamble, length and CRC around a data field', () => {
    expect(encodeFrame(Buffer.of(0x0c, 1, 5, 1))).toEqual(frameOf(Buffer.of(0x0c, 1, 5, 1)));
  });

  it('writes a length of more than two bytes', () => {
    const data = Buffer.alloc(70_000, 0x0c);
    expect(encodeFrame(data)).toEqual(frameOf(data));
  });
});

describe('encodeAcknowledgement', () => {
  it.each([
    [0, '00000000'],
    [1, '00000001'],
    [255, '000000ff'],
  ])('writes %i as four bytes', (count, hex) => {
    expect(encodeAcknowledgement(count).toString('hex')).toBe(hex);
  });

  it.each([-1, 0.5, NaN, 2 ** 32])('rejects %d', (count) => {
    expect(() => encodeAcknowledgement(count)).toThrow(RangeError);
  });
});
