import { InvalidInputError } from '../../platform/errors/errors.js';
import { decodeRecordCursor as decode, RECORD_CURSOR } from './record-cursor.js';

const CURSOR = { order: 'newest', iotTimestamp: '2026-11-23T12:00:00.123Z', recordHash: '-9223372036854775808' } as const;

describe('a cursor', () => {
  it('decodes to the values that were encoded', () => {
    expect(decode(RECORD_CURSOR.encode(CURSOR), 'newest')).toEqual(CURSOR);
  });

  it('belongs to one order', () => {
    expect(() => decode(RECORD_CURSOR.encode(CURSOR), 'oldest')).toThrow('cursor was made for order=newest, got order=oldest');
  });

  it.each([
    ['nothing', ''],
    ['something else', 'hello'],
    ['an invalid time', RECORD_CURSOR.encode({ ...CURSOR, iotTimestamp: '2026-99-23T12:00:00.123Z' })],
    ['a day that does not exist', RECORD_CURSOR.encode({ ...CURSOR, iotTimestamp: '2026-02-30T12:00:00.123Z' })],
    ['a time before 1970', RECORD_CURSOR.encode({ ...CURSOR, iotTimestamp: '1969-12-31T23:59:59.999Z' })],
    ['a hash beyond 64 bits', RECORD_CURSOR.encode({ ...CURSOR, recordHash: '9223372036854775808' })],
    ['SQL', 'newest_2026-11-23T12:00:00.123Z_1; drop table x'],
  ])('that is %s is refused', (_name, cursor) => {
    expect(() => decode(cursor, 'newest')).toThrow(InvalidInputError);
  });
});
