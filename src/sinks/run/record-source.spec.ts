import { restMs } from './record-source.js';

const READ = { records: 2_000, ms: 100 };

describe('a sink of records', () => {
  it('does not rest while records can be read as fast as they are stored', () => {
    expect(restMs({ records: 2_000, ms: 100 }, READ)).toBe(0);
    expect(restMs({ records: 0, ms: Infinity }, READ)).toBe(0);
    expect(restMs({ records: 0, ms: 100 }, { records: 0, ms: 5 })).toBe(0);
  });

  it('rests for nine times as long as it has read while they are stored faster', () => {
    expect(restMs({ records: 2_001, ms: 100 }, READ)).toBe(900);
  });

  it('never rests for more than a second', () => {
    expect(restMs({ records: 100_000, ms: 1_000 }, { records: 2_000, ms: 500 })).toBe(1_000);
  });
});
