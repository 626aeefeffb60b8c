import { type TelemetryReport } from '../../events/telemetry/telemetry-report.js';
import { insertArrivals, reportsOfArrival } from './arrival-arrays.js';

function report(imei: string, more: Partial<TelemetryReport> = {}): TelemetryReport {
  const counts = { count: 2, firstReceivedMs: 10, lastReceivedMs: 20, newestMs: 30, newestHash: -9_223_372_036_854_775_808n };
  return { imei, ...counts, isPlausible: true, keys: null, ...more };
}

const none = new Set<string>();

describe('the statement that stores arrivals', () => {
  it('has one row, and a second one for urgent devices', () => {
    const reports = [report('1'), report('2'), report('3', { isPlausible: false })];
    expect(insertArrivals(reports, none)).toContain(
      `values (false, '{1,2,3}', '{2,2,2}', '{10,10,10}', '{20,20,20}', '{30,30,30}', ` +
        `'{-9223372036854775808,-9223372036854775808,-9223372036854775808}', '{t,t,f}', null, null, null)`,
    );
    const statement = insertArrivals(reports, new Set(['2']));
    expect(statement).toContain(`(true, '{2}'`);
    expect(statement).toContain(`(false, '{1,3}'`);
    expect(insertArrivals([report('2')], new Set(['2']))).not.toContain('(false');
    expect(insertArrivals([], none)).toBe('');
  });

  it('contains no text that could end a literal', () => {
    expect(() => insertArrivals([report(`1'); drop table x; --`)], none)).toThrow('is not an IMEI');
    expect(() => insertArrivals([report('1,2')], none)).toThrow('is not an IMEI');
  });
});

describe('the reports of an arrival', () => {
  const texts = {
    imeis: '1,2',
    recordCounts: '2,3',
    firstReceivedMs: '10,11',
    lastReceivedMs: '20,21',
    newestTimesMs: '30,31',
    newestHashes: '-9223372036854775808,5',
    arePlausible: 't,f',
  };

  it('have the values that were stored, without keys', () => {
    const reports = reportsOfArrival({ ...texts, keyCounts: null, keyTimesMs: null, keyHashes: null });
    expect(reports[0]).toEqual(report('1'));
    expect(reports[1]).toMatchObject({ imei: '2', count: 3, newestHash: 5n, isPlausible: false, keys: null });
  });

  it('have each its own keys, also where one device has none', () => {
    const keys = { keyCounts: '0,3', keyTimesMs: '7,8,9', keyHashes: '-1,-2,-3' };
    expect(reportsOfArrival({ ...texts, ...keys })).toMatchObject([
      { keys: { timesMs: [], hashes: [] } },
      { keys: { timesMs: [7, 8, 9], hashes: ['-1', '-2', '-3'] } },
    ]);
  });
});
