import { BUILT_IN_CATALOGUE } from '../catalogue/built-in-catalogue.js';
import { CommandCatalogue } from '../catalogue/command-catalogue.js';
import { type ClaimedCommand } from '../command.js';
import { MAX_CLOCK_AHEAD_MS } from '../guards/guard.js';
import { attemptBefore, type WatchedCommand, showsOutputs } from './watched-command.js';
import { UnansweredWritings } from './unanswered-writings.js';
import { WatchedOutputs, MAX_WATCHED } from './watched-outputs.js';

const IMEI = '350612000000009';
const NOW = 1_790_000_000_000;
const LATER = NOW + 600_000;
const ON: WatchedCommand = { commandLogId: '7', imei: IMEI, outputs: { 1: true }, writtenAtMs: [NOW], untilMs: Infinity };

const ROW = { ...ON, command: 'setdigout 1', untilMs: null };

describe('a record', () => {
  it.each([
    ['all of them', { 1: true, 2: false }, true],
    ['one in the other state', { 1: true, 2: true }, false],
    ['one of two', { 1: true }, false],
    ['none', {}, false],
  ])('with %s of the outputs', (_name, shown, shows) => {
    expect(showsOutputs({ 1: true, 2: false }, shown)).toBe(shows);
  });

  it.each<[string, Partial<WatchedCommand>, number, number, number | null]>([
    ['created after the write', {}, NOW + 1, NOW + 1, 1],
    ['created with the write', {}, NOW, NOW + 1, null],
    ['received before the write, by a clock that is ahead', {}, NOW + 2_000, NOW - 1, null],
    ['of a clock that is ahead, within the limit', {}, NOW + MAX_CLOCK_AHEAD_MS, NOW, 1],
    ['of a clock that is ahead, above the limit', {}, NOW + MAX_CLOCK_AHEAD_MS + 1, NOW, null],
    ['created long before its receipt', {}, NOW + 1, NOW + 80_000_000, 1],
    ['created after the second of three writes', { writtenAtMs: [NOW, NOW + 10, NOW + 20] }, NOW + 20, LATER, 2],
    ['created before a newer command was written', { untilMs: NOW + 10 }, NOW + 9, LATER, 1],
    ['created when a newer command was written', { untilMs: NOW + 10 }, NOW + 10, LATER, null],
  ])('%s', (_name, command, timeMs, receivedAtMs, attempt) => {
    expect(attemptBefore({ ...ON, ...command }, { timeMs, receivedAtMs })).toBe(attempt);
  });
});

describe('the index of watched outputs', () => {
  let index: WatchedOutputs;

  beforeEach(() => {
    index = new WatchedOutputs(
      new CommandCatalogue(BUILT_IN_CATALOGUE),
      new UnansweredWritings(new CommandCatalogue(BUILT_IN_CATALOGUE)),
    );
  });

  const write = (commandLogId: string, command: string, atMs = NOW, imei = IMEI): void =>
    index.noteWritten({ commandLogId, imei, command, sentAt: new Date(atMs) } as ClaimedCommand, atMs);
  const show = (outputs: { 1?: boolean; 2?: boolean }, timeMs: number): void =>
    index.noteRecord(IMEI, outputs, { timeMs, receivedAtMs: timeMs });
  const shownIds = (atMs: number): string[] => index.takeShown(atMs).map(({ command }) => command.commandLogId);

  it('has the devices of commands that switch outputs, until those end', () => {
    write('1', 'setdigout 1');
    write('2', 'getinfo', NOW, 'another');
    write('3', 'setdigout 0', NOW, 'third');
    expect([index.has(IMEI), index.has('another'), index.has('third'), index.size]).toEqual([true, false, true, 2]);
    index.remove(IMEI, '1');
    index.remove(IMEI, '1');
    expect([index.has(IMEI), index.has('third'), index.size]).toEqual([false, true, 1]);
  });

  it('gives a command two seconds after its last write, and again two seconds after that', () => {
    write('1', 'setdigout 1');
    show({ 1: false }, NOW + 50);
    expect(shownIds(NOW + 9_000)).toEqual([]);
    show({ 1: true }, NOW + 100);
    expect([shownIds(NOW + 1_999), shownIds(NOW + 2_000)]).toEqual([[], ['1']]);
    expect([shownIds(NOW + 3_999), shownIds(NOW + 4_000)]).toEqual([[], ['1']]);
    write('1', 'setdigout 1', NOW + 10_000);
    expect([shownIds(NOW + 11_999), shownIds(NOW + 12_000)]).toEqual([[], ['1']]);
  });

  it('keeps the earliest record, also when a later one shows the opposite', () => {
    write('1', 'setdigout 1 10');
    show({ 1: true }, NOW + 900);
    show({ 1: true }, NOW + 300);
    show({ 1: true }, NOW + 600);
    show({ 1: false }, NOW + 20_000);
    expect(index.takeShown(LATER).map(({ record }) => record.timeMs)).toEqual([NOW + 300]);
  });

  it('ends the time of older commands for an output, by commands that records do not show too', () => {
    write('1', 'setdigout 1?');
    write('2', 'setdigout ?1');
    write('3', 'pulsedigout 1 100 100 3', NOW + 500);
    show({ 1: true, 2: true }, NOW + 600);
    expect(shownIds(LATER)).toEqual(['2']);
    show({ 1: true }, NOW + 400);
    expect(shownIds(LATER + 5_000)).toEqual(['1', '2']);
  });

  it('follows the database: what is new is searched from its first write, what has ended goes, what was written since stays', () => {
    write('1', 'setdigout 1');
    write('2', 'setdigout ?0', NOW + 1_000);
    expect(index.searches(NOW + 1_000)).toEqual([]);
    index.replace([ROW], NOW + 500);
    expect(index.size).toBe(2);
    expect(index.searches(NOW + 1_000)).toEqual([{ command: ON, fromMs: NOW }]);
    index.noteSearched(ON, null, NOW + 1_000);
    expect(index.searches(NOW + 60_999).map(({ command }) => command.commandLogId)).toEqual([]);
    index.replace([ROW], LATER);
    expect([index.size, index.searches(LATER)]).toEqual([1, [{ command: ON, fromMs: NOW }]]);
    index.noteSearched(ON, null, LATER);
    expect(index.searches(LATER + 60_000)).toEqual([{ command: ON, fromMs: LATER - 300_000 }]);
    index.noteSearched(ON, { timeMs: NOW + 5, receivedAtMs: NOW + 6 }, LATER + 60_000);
    expect([shownIds(LATER + 60_000), index.searches(LATER + 600_000)]).toEqual([['7'], []]);
  });

  it('forgets a record that a newer command, found in the database, makes worthless', () => {
    index.replace([ROW], NOW);
    show({ 1: true }, NOW + 100);
    index.replace([{ ...ROW, untilMs: NOW + 50 }], NOW + 200);
    expect(shownIds(LATER)).toEqual([]);
  });

  it('is bounded', () => {
    Array.from({ length: MAX_WATCHED + 1 }, (_, place) => write(String(place), 'setdigout 1', NOW, `device ${place}`));
    expect([index.size, index.has(`device ${MAX_WATCHED}`)]).toEqual([MAX_WATCHED, false]);
  });
});
