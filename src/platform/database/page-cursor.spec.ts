import { InvalidInputError } from '../errors/errors.js';
import { PageCursor } from './page-cursor.js';

const CURSOR = new PageCursor({ order: /newest|oldest/, hash: /-?\d{1,19}/ });

describe('PageCursor', () => {
  it('decodes to the values that were encoded, and takes them in the order of its definition', () => {
    const cursor = CURSOR.encode({ hash: '-9', order: 'oldest' });
    expect(cursor).toBe('oldest_-9');
    expect(CURSOR.decode(cursor)).toEqual({ order: 'oldest', hash: '-9' });
  });

  it.each(['', 'oldest', 'oldest_', 'oldest_1_1', 'other_1', 'newest_1;', ' newest_1', 'newest_1\n', 'newest', '1'])(
    'refuses %j',
    (cursor) => {
      expect(() => CURSOR.decode(cursor)).toThrow(InvalidInputError);
    },
  );

  it('continues after the last row of a page, and not after the last page', () => {
    const rows = [{ at: '1' }, { at: '2' }];
    const next = (hasMore: boolean, page = rows) =>
      CURSOR.next({ rows: page, hasMore }, ({ at }) => ({ order: 'newest', hash: at }));
    expect([next(true), next(false), next(true, [])]).toEqual(['newest_2', null, null]);
  });
});
