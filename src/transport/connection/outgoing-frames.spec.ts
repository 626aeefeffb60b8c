import { OutgoingFrames } from './outgoing-frames.js';

const FRAME = Buffer.from('frame');
const LONG_MS = 60_000;

/** What was written, and the promises of those who wait. */
function start(graceMs: number): { outgoing: OutgoingFrames; written: Buffer[]; flush: () => void } {
  const written: Buffer[] = [];
  const flush = (): void => outgoing.flush((frame) => void written.push(frame));
  const outgoing = new OutgoingFrames(graceMs, flush);
  return { outgoing, written, flush };
}

describe('OutgoingFrames', () => {
  it('writes at the flush, in order, and tells that it did', async () => {
    const { outgoing, written, flush } = start(0);
    const answers = [outgoing.add(FRAME, LONG_MS), outgoing.add(Buffer.from('next'), LONG_MS)];
    expect(written).toEqual([]);
    flush();
    expect(written).toEqual([FRAME, Buffer.from('next')]);
    expect(await Promise.all(answers)).toEqual([true, true]);
  });

  it('waits for the first acknowledgement of a new connection', () => {
    const { outgoing, written, flush } = start(60_000);
    void outgoing.add(FRAME, LONG_MS);
    flush();
    expect(written).toEqual([]);
    outgoing.endGrace();
    flush();
    expect(written).toEqual([FRAME]);
  });

  it('waits no longer than the grace', async () => {
    const { outgoing, written } = start(20);
    expect(await outgoing.add(FRAME, LONG_MS)).toBe(true);
    expect(written).toEqual([FRAME]);
  });

  it('says of what waits, and of what comes later, that it was not written when the connection closes', async () => {
    const { outgoing, written, flush } = start(0);
    const waiting = outgoing.add(FRAME, LONG_MS);
    outgoing.close();
    flush();
    expect([await waiting, await outgoing.add(FRAME, LONG_MS)]).toEqual([false, false]);
    expect(written).toEqual([]);
  });

  it('withdraws a frame whose time is over, and tells that it was not written', async () => {
    const { outgoing, written, flush } = start(60_000);
    expect(await outgoing.add(FRAME, 20)).toBe(false);
    outgoing.endGrace();
    flush();
    expect(written).toEqual([]);
  });

  it('tells when something may be written, or that it never will', async () => {
    const { outgoing, flush } = start(0);
    const first = outgoing.sendable();
    flush();
    const second = outgoing.sendable();
    outgoing.close();
    expect([await first, await second, await outgoing.sendable()]).toEqual([true, false, false]);
  });
});
