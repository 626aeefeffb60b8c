import { type DataSource } from 'typeorm';
import { ReadMarkers } from './read-markers.js';

describe('ReadMarkers', () => {
  it('says how old the state of a server was at the time that its reader names, however long the read takes', async () => {
    const markers = new ReadMarkers({ query: () => Promise.resolve([]) } as unknown as DataSource);
    const before = performance.now();
    await markers.write();
    const after = performance.now();
    expect(markers.lagSeconds('1', before)).toBe(0);
    expect(markers.lagSeconds('1', before + 5_000)).toBeGreaterThan(4);
    expect(markers.lagSeconds('1', after + 5_000)).toBeGreaterThanOrEqual(5);
    expect(markers.lagSeconds('1', after + 5_000)).toBeLessThanOrEqual(5 + (after - before) / 1_000);
  });

  it('knows nothing of a server that shows no number of this gateway', async () => {
    const markers = new ReadMarkers({ query: () => Promise.resolve([]) } as unknown as DataSource);
    await markers.write();
    expect([markers.lagSeconds(null), markers.lagSeconds('2')]).toEqual([Infinity, Infinity]);
  });
});
