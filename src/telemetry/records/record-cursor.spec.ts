import { InvalidInputError } from '../../platform/errors/errors.js';
import { decodeCursor, encodeCursor } from './record-cursor.js';

const CURSOR = { order: 'newest', iotTimestamp: '2026-11-23T12:00:00.123Z', recordHash: '-9223372036854775808' } as const;

describe('a cursor', () => {
  it('decodes to the values that were encoded', () => {
    expect(decodeCursor(encodeCursor(CURSOR), 'newest')).toEqual(CURSOR);
  });

  it('belongs to one order', () => {
    expect(() => decodeCursor(encodeCursor(CURSOR), 'oldest')).toThrow('cursor was made for order=newest, got order=oldest');
  });

  it.each([
    ['nothing', ''],
    ['something else', Buffer.from('hello').toString('base64url')],
    ['an invalid time', encodeCursor({ ...CURSOR, iotTimestamp: '2026-99-23T12:00:00.123Z' })],
    ['a day that does not exist', encodeCursor({ ...CURSOR, iotTimestamp: '2026-02-30T12:00:00.123Z' })],
    ['a time before 1970', encodeCursor({ ...CURSOR, iotTimestamp: '1969-12-31T23:59:59.999Z' })],
    ['a hash beyond 64 bits', encodeCursor({ ...CURSOR, recordHash: '9223372036854775808' })],
    ['SQL', Buffer.from(`newest|2026-11-23T12:00:00.123Z|1; drop table x`).toString('base64url')],
  ])('that is %s is refused', (_name, cursor) => {
    expect(() => decodeCursor(cursor, 'newest')).toThrow(InvalidInputError);
  });
});
