import { DatabaseError } from 'pg';
import { QueryFailedError } from 'typeorm';
import { isBadRow, isDatabaseUnavailable, isDuplicateKey, isLockTimeout, isReadOnly, isStaleRoute } from './database-errors.js';

function fromDriver(code: string): DatabaseError {
  return Object.assign(new DatabaseError('it failed', 0, 'error'), { code });
}

function fromTypeOrm(code: string): QueryFailedError {
  return new QueryFailedError('select 1', [], fromDriver(code));
}

describe('a database error', () => {
  it.each([fromDriver('23505'), fromTypeOrm('23505')])('of a duplicate key is not a bad row', (error) => {
    expect([isDuplicateKey(error), isBadRow(error), isDatabaseUnavailable(error)]).toEqual([true, false, false]);
  });

  it.each(['22003', '22P05', '23514', '23502'])('%s is the fault of the row', (code) => {
    expect([isDuplicateKey(fromDriver(code)), isBadRow(fromTypeOrm(code)), isDatabaseUnavailable(fromDriver(code))]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it.each(['08006', '08P01', '25006', '25P02', '53100', '53300', '53400', '57P01', '57P02', '57P03', '57P04', '57P05'])(
    '%s is an outage',
    (code) => {
      expect([isBadRow(fromDriver(code)), isDatabaseUnavailable(fromTypeOrm(code))]).toEqual([false, true]);
    },
  );

  it.each(['40P01', '40001', '55P03', '42P01', '42501', '42703', '53200', '57014', '25001'])('%s is neither', (code) => {
    expect([isBadRow(fromDriver(code)), isDatabaseUnavailable(fromDriver(code))]).toEqual([false, false]);
  });

  it('of a check constraint without a name is a row sent to a partition that no longer takes it', () => {
    expect(isStaleRoute(fromTypeOrm('23514'))).toBe(true);
    expect(isStaleRoute(Object.assign(fromDriver('23514'), { constraint: 'a_check' }))).toBe(false);
    expect(isStaleRoute(fromDriver('23505'))).toBe(false);
  });

  it('55P03 is a lock that could not be had', () => {
    expect([isLockTimeout(fromTypeOrm('55P03')), isLockTimeout(fromDriver('40P01'))]).toEqual([true, false]);
  });

  it.each([
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    Object.assign(new AggregateError([Object.assign(new Error('no'), { code: 'ECONNREFUSED' })]), {}),
    new Error('Connection terminated unexpectedly'),
    new Error('Client was closed and is not queryable'),
    new Error('Query read timeout'),
    new Error('timeout expired'),
    new Error('wrapped', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) }),
  ])('of the connection is an outage: %s', (error) => {
    expect(isDatabaseUnavailable(error)).toBe(true);
  });

  it.each([fromDriver('25006'), fromTypeOrm('25006')])('of a read-only server is recognised: %s', (error) => {
    expect([isReadOnly(error), isReadOnly(fromDriver('57P03'))]).toEqual([true, false]);
  });

  it.each([new Error('a bug'), 'text', null, undefined])('of another sort is not an outage: %s', (error) => {
    expect([isBadRow(error), isDatabaseUnavailable(error), isDuplicateKey(error)]).toEqual([false, false, false]);
  });
});
