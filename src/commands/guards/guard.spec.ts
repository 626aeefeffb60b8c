import { type VehicleState } from '../../telemetry/latest/vehicle-state.js';
import { cataloguedGuardProblem, readCataloguedGuard } from './catalogued-guard.js';
import { combineGuards, commandGuard, evaluateGuard, type Guard, guardOf } from './guard.js';

const NOW = Date.UTC(2026, 10, 30, 12);
const GUARD: Guard = { maxSpeedKmh: null, ignition: null, maxRecordAgeSeconds: 120, notAfter: null };
const PARKED: VehicleState = { recordTimeMs: NOW, recordHash: 1n, speedKmh: 0, ignition: 'off' };

const isMet = (guard: Partial<Guard>, state: Partial<VehicleState> | null): boolean =>
  evaluateGuard({ ...GUARD, ...guard }, state && { ...PARKED, ...state }, NOW).unmet.length === 0;

describe('evaluateGuard', () => {
  it.each<[string, Partial<Guard>, Partial<VehicleState> | null, boolean]>([
    ['the greatest speed', { maxSpeedKmh: 5 }, { speedKmh: 5 }, true],
    ['above the greatest speed', { maxSpeedKmh: 5 }, { speedKmh: 6 }, false],
    ['standing still', { maxSpeedKmh: 0 }, { speedKmh: 0 }, true],
    ['no fix', { maxSpeedKmh: 5 }, { speedKmh: null }, false],
    ['no fix, and no condition on the speed', { ignition: 'off' }, { speedKmh: null }, true],
    ['the ignition as required', { ignition: 'on' }, { ignition: 'on' }, true],
    ['the ignition otherwise', { ignition: 'on' }, { ignition: 'off' }, false],
    ['no ignition in the record', { ignition: 'off' }, { ignition: null }, false],
    ['a record of the greatest age', {}, { recordTimeMs: NOW - 120_000 }, true],
    ['an older record', {}, { recordTimeMs: NOW - 120_001 }, false],
    ['a record of a clock that is ahead, within the limit', {}, { recordTimeMs: NOW + 5_000 }, true],
    ['a record of a clock that is further ahead', { maxRecordAgeSeconds: 86_400 }, { recordTimeMs: NOW + 5_001 }, false],
    ['no record', {}, null, false],
    ['the last moment', { notAfter: new Date(NOW).toISOString() }, {}, true],
    ['after the last moment', { notAfter: new Date(NOW - 1).toISOString() }, {}, false],
  ])('%s', (_name, guard, state, met) => {
    expect(isMet(guard, state)).toBe(met);
  });

  it('names every condition that does not hold, and the facts', () => {
    const guard = { maxSpeedKmh: 5, ignition: 'off', maxRecordAgeSeconds: 1, notAfter: new Date(0).toISOString() } as const;
    expect(evaluateGuard(guard, { ...PARKED, speedKmh: 54, ignition: 'on', recordTimeMs: NOW - 1_500 }, NOW)).toEqual({
      unmet: [
        'notAfter has passed',
        'the newest record is 1.5 s old, at most 1 s are allowed',
        'the speed is 54 km/h, at most 5 km/h are allowed',
        'the ignition is on, it must be off',
      ],
      facts: { speedKmh: 54, ignition: 'on', recordTime: '2026-11-30T11:59:58.500Z', recordAgeSeconds: 1.5 },
    });
    expect(evaluateGuard(GUARD, null, NOW).facts).toEqual({
      speedKmh: null,
      ignition: null,
      recordTime: null,
      recordAgeSeconds: null,
    });
  });
});

describe('the guard of a command', () => {
  it('takes a record that is at most 120 s old unless the request says otherwise', () => {
    expect(guardOf({ maxSpeedKmh: 0 })).toEqual({ ...GUARD, maxSpeedKmh: 0 });
    expect(guardOf({ maxRecordAgeSeconds: 7 })).toEqual({ ...GUARD, maxRecordAgeSeconds: 7 });
    expect(guardOf({})).toBeNull();
  });

  it('is the stricter one of request and catalogue in each condition', () => {
    const one: Guard = { maxSpeedKmh: 5, ignition: null, maxRecordAgeSeconds: 60, notAfter: '2026-11-30T12:00:00.000Z' };
    const other: Guard = { maxSpeedKmh: 9, ignition: 'off', maxRecordAgeSeconds: 30, notAfter: '2026-11-30T11:00:00.000Z' };
    const both: Guard = { maxSpeedKmh: 5, ignition: 'off', maxRecordAgeSeconds: 30, notAfter: '2026-11-30T11:00:00.000Z' };
    expect(combineGuards(one, other)).toEqual(both);
    expect(combineGuards(other, one)).toEqual(both);
    expect(combineGuards(null, other)).toEqual(other);
    expect(combineGuards(one, null)).toEqual(one);
    expect(combineGuards(null, null)).toBeNull();
  });

  it('can not require both states of the ignition', () => {
    const off: Guard = { ...GUARD, ignition: 'off' };
    expect(() => commandGuard({ ignition: 'on' }, off, null)).toThrow('guard.ignition must be off');
    expect(() => commandGuard({ ignition: 'on' }, null, { ignition: 'off' })).toThrow('guard.ignition must be off');
    expect(commandGuard(null, off, { maxSpeedKmh: 4 })).toEqual({ ...off, maxSpeedKmh: 4 });
    expect(commandGuard(null, null, null)).toBeNull();
  });
});

describe('the guard of a catalogue entry', () => {
  it.each<[unknown, string]>([
    ['text', 'has to be an object or null'],
    [[], 'has to be an object or null'],
    [{}, 'has to contain at least one condition'],
    [{ speed: 5 }, 'has an unknown condition "speed"'],
    [{ maxSpeedKmh: -1 }, '"maxSpeedKmh" has to be a whole number from 0 to 1000'],
    [{ maxSpeedKmh: 1_001 }, '"maxSpeedKmh" has to be a whole number from 0 to 1000'],
    [{ maxRecordAgeSeconds: 0 }, '"maxRecordAgeSeconds" has to be a whole number from 1 to 86400'],
    [{ maxRecordAgeSeconds: 86_401 }, '"maxRecordAgeSeconds" has to be a whole number from 1 to 86400'],
    [{ ignition: true }, '"ignition" has to be "on" or "off"'],
    [{ notAfter: '2026-11-30' }, '"notAfter" has to be a time in ISO 8601 with a zone'],
  ])('%j is not one', (value, problem) => {
    expect(cataloguedGuardProblem(value)).toBe(problem);
  });

  it('is read with its default and in UTC', () => {
    const conditions = { maxSpeedKmh: 1_000, ignition: 'on', maxRecordAgeSeconds: 86_400, notAfter: '2026-11-30T13:00:00+01:00' };
    expect(cataloguedGuardProblem(conditions)).toBeNull();
    expect(readCataloguedGuard(conditions)).toEqual({ ...conditions, notAfter: '2026-11-30T12:00:00.000Z' });
    expect(readCataloguedGuard({ maxSpeedKmh: 3 })).toEqual({ ...GUARD, maxSpeedKmh: 3 });
    expect(readCataloguedGuard(null)).toBeNull();
  });
});
