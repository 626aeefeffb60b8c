import { bitwiseCrc16 } from '../../test/fixtures/bytes.js';
import { bytesOf, goodVectors } from '../../test/fixtures/official-vectors.js';
import { crc16 } from './crc16.js';

const HEADER_BYTES = 8;
const CRC_BYTES = 4;

describe('crc16', () => {
  it('gives the check value of CRC-16/ARC for "123456789"', () => {
    expect(crc16(Buffer.from('123456789'))).toBe(0xbb3d);
  });

  it('gives 0 for no bytes and for zeros', () => {
    expect(crc16(Buffer.alloc(0))).toBe(0);
    expect(crc16(Buffer.alloc(100))).toBe(0);
  });

  it('equals the bitwise computation at every length, with every remainder of the eight-byte steps', () => {
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 167 + 13) & 0xff));
    for (let length = 0; length <= bytes.length; length++) {
      expect(crc16(bytes, 0, length)).toBe(bitwiseCrc16(bytes.subarray(0, length)));
    }
  });

  it('equals the bitwise computation for each byte at each position of a step', () => {
    for (let place = 0; place < 9; place++) {
      for (let byte = 0; byte < 256; byte++) {
        const bytes = Buffer.alloc(9);
        bytes[place] = byte;
        expect(crc16(bytes)).toBe(bitwiseCrc16(bytes));
      }
    }
  });

  it('reads nothing outside start and end', () => {
    const bytes = Buffer.from('xx123456789yy');
    expect(crc16(bytes, 2, 11)).toBe(0xbb3d);
    expect(crc16(bytes, 5, 5)).toBe(0);
  });

  it.each(goodVectors(undefined, 'tcp').filter(({ codec }) => codec !== 'login'))('gives the CRC printed in $name', (vector) => {
    const frame = bytesOf(vector);
    expect(crc16(frame, HEADER_BYTES, frame.length - CRC_BYTES)).toBe(frame.readUInt32BE(frame.length - CRC_BYTES));
  });
});
