import { type Command } from '../command.js';
import { UnansweredWritings } from './unanswered-writings.js';

const command = (commandLogId: string, timeoutSeconds = 60): Command =>
  ({ commandLogId, command: 'getinfo', codec: 12, sentAt: new Date(0), timeoutSeconds }) as Command;

describe('writings that the device has not answered', () => {
  let writings: UnansweredWritings;
  const ids = (connection: string, atMs: number) => writings.of(connection, atMs).map(({ commandLogId }) => commandLogId);

  beforeEach(() => {
    writings = new UnansweredWritings();
  });

  it('are those of one connection, the oldest first, until two time-outs are over', () => {
    writings.add('a', command('1'), 0);
    writings.add('a', command('2', 1), 1_000);
    writings.add('b', command('3'), 1_000);
    expect(ids('a', 2_999)).toEqual(['1', '2']);
    expect(ids('a', 3_000)).toEqual(['1']);
    expect(ids('b', 3_000)).toEqual(['3']);
    expect(ids('c', 0)).toEqual([]);
  });

  it('lose one by an answer: of a command that was written twice the other is left', () => {
    writings.add('a', command('1', 1), 0);
    writings.add('a', command('1', 60), 500);
    writings.removeOldest('a', '2');
    writings.removeOldest('a', '1');
    expect(ids('a', 10_000)).toEqual(['1']);
    writings.removeOldest('a', '1');
    expect(ids('a', 10_000)).toEqual([]);
  });

  it('lose the newest when its bytes did not leave', () => {
    writings.add('a', command('1', 60), 0);
    writings.add('a', command('1', 1), 0);
    writings.removeNewest('a', '1');
    expect(ids('a', 10_000)).toEqual(['1']);
  });

  it('are forgotten when their time is over, also when they are never looked up', () => {
    for (let i = 0; i < 100; i++) {
      writings.add(`gone ${i}`, command('1', 1), 0);
    }
    writings.add('b', command('2'), 120_000);
    expect(writings.connections).toBe(1);
  });
});
