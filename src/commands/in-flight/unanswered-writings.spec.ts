import { BUILT_IN_CATALOGUE } from '../catalogue/built-in-catalogue.js';
import { CommandCatalogue } from '../catalogue/command-catalogue.js';
import { type ClaimedCommand } from '../command.js';
import { UnansweredWritings } from './unanswered-writings.js';

const claimed = (commandLogId: string, change: Partial<ClaimedCommand> = {}): ClaimedCommand =>
  ({
    commandLogId,
    command: 'getinfo',
    codec: 12,
    attempts: 1,
    sentAt: new Date(0),
    timeoutSeconds: 60,
    ...change,
  }) as ClaimedCommand;

let writings: UnansweredWritings;
const ids = (connection: string, atMs: number) => writings.of(connection, atMs).map(({ commandLogId }) => commandLogId);

/** Adds it, and writes it unless that is refused. */
function write(connection: string, command: ClaimedCommand, nowMs = 0): boolean {
  writings.add(connection, command, nowMs);
  return writings.startWriting(connection, command);
}

beforeEach(() => {
  writings = new UnansweredWritings(new CommandCatalogue(BUILT_IN_CATALOGUE));
});

describe('writings that the device has not answered', () => {
  it('are those of one connection, the oldest first, until two time-outs are over', () => {
    write('a', claimed('1'), 0);
    write('a', claimed('2', { timeoutSeconds: 1, command: 'getver' }), 1_000);
    write('b', claimed('3'), 1_000);
    expect(ids('a', 2_999)).toEqual(['1', '2']);
    expect(ids('a', 3_000)).toEqual(['1']);
    expect(ids('b', 3_000)).toEqual(['3']);
    expect(ids('c', 0)).toEqual([]);
  });

  it('lose one by an answer: of a command that was written twice the other is left', () => {
    write('a', claimed('1', { timeoutSeconds: 1 }));
    write('a', claimed('1', { attempts: 2 }), 500);
    writings.noteAnswered('a', '2');
    writings.noteAnswered('a', '1');
    expect(ids('a', 10_000)).toEqual(['1']);
    writings.noteAnswered('a', '1');
    expect(ids('a', 10_000)).toEqual([]);
  });

  it('do not contain what is queued, nor what was removed because its bytes did not leave', () => {
    write('a', claimed('1'));
    const retry = claimed('1', { attempts: 2 });
    writings.add('a', retry, 0);
    expect([ids('a', 10_000), writings.isQueued('a', '1')]).toEqual([['1'], false]);
    writings.remove('a', retry);
    expect([ids('a', 10_000), writings.startWriting('a', retry)]).toEqual([['1'], false]);
    writings.add('a', claimed('2'), 0);
    expect([writings.isQueued('a', '2'), writings.isQueued('b', '2')]).toEqual([true, false]);
  });

  it('are forgotten when their time is over, also when they are never looked up', () => {
    for (let i = 0; i < 100; i++) {
      write(`gone ${i}`, claimed('1', { timeoutSeconds: 1 }));
    }
    write('b', claimed('2'), 120_000);
    expect(writings.connections).toBe(1);
  });

  it('are at most 200 of a connection, the newest', () => {
    for (let id = 1; id <= 250; id++) {
      write('a', claimed(String(id), { command: `raw ${id}` }));
    }
    expect(ids('a', 1)).toHaveLength(200);
    expect(ids('a', 1).at(-1)).toBe('250');
  });
});

describe('an attempt that is queued', () => {
  const LOCK = claimed('9', { command: 'setdigout 1' });
  const UNLOCK = claimed('10', { command: 'setdigout 0' });

  it('is written once', () => {
    expect([write('a', LOCK), writings.startWriting('a', LOCK)]).toEqual([true, false]);
  });

  it('is not written after a newer command for the same output, queued, written or answered', () => {
    writings.add('a', LOCK, 0);
    writings.add('a', UNLOCK, 0);
    expect(writings.startWriting('a', LOCK)).toBe(false);
    expect(writings.startWriting('a', UNLOCK)).toBe(true);
    expect(write('a', { ...LOCK, attempts: 2 })).toBe(false);
    writings.noteAnswered('a', UNLOCK.commandLogId);
    expect(write('a', { ...LOCK, attempts: 3 })).toBe(false);
    expect(ids('a', 1)).toEqual([]);
  });

  it('is written beside a newer command for another output, and to another connection', () => {
    writings.add('a', LOCK, 0);
    expect(write('a', claimed('10', { command: 'setdigout ?1' }))).toBe(true);
    expect(writings.startWriting('a', LOCK)).toBe(true);
    write('a', UNLOCK);
    expect(write('b', LOCK)).toBe(true);
  });

  it('is not written when the answer to an earlier attempt has arrived', () => {
    write('a', claimed('1'));
    const retry = claimed('1', { attempts: 2 });
    writings.add('a', retry, 0);
    writings.noteAnswered('a', '1');
    expect([writings.startWriting('a', retry), ids('a', 1)]).toEqual([false, []]);
  });

  it('is not written when its command has ended, also if that is known before its claim', () => {
    writings.add('a', LOCK, 0);
    writings.noteEnded([LOCK.commandLogId, '30'], 0);
    expect(writings.startWriting('a', LOCK)).toBe(false);
    expect(write('a', claimed('30', { command: 'raw' }), 1_000)).toBe(false);
    expect(write('a', claimed('31', { command: 'raw' }), 1_000)).toBe(true);
  });
});
