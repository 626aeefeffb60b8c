import { OutgoingFrames } from './outgoing-frames.js';

const FRAME = Buffer.from('frame');
const LONG_MS = 60_000;

function start(graceMs: number): { outgoing: OutgoingFrames; written: Buffer[]; flush: () => void } {
  const written: Buffer[] = [];
  const flush = (): void => outgoing.flush((frame) => void written.push(frame));
  const outgoing = new OutgoingFrames(graceMs, flush);
  return { outgoing, written, flush };
}

describe('OutgoingFrames', () => {
  it('writes the frames in order at the flush, and resolves with true', async () => {
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

  it('flushes when the grace is over', async () => {
    const { outgoing, written } = start(20);
    expect(await outgoing.add(FRAME, LONG_MS)).toBe(true);
    expect(written).toEqual([FRAME]);
  });

  it('resolves with false for waiting and later frames when the connection closes', async () => {
    const { outgoing, written, flush } = start(0);
    const waiting = outgoing.add(FRAME, LONG_MS);
    outgoing.close();
    flush();
    expect([await waiting, await outgoing.add(FRAME, LONG_MS)]).toEqual([false, false]);
    expect(written).toEqual([]);
  });

  it('removes a frame that was not written in time, and resolves with false', async () => {
    const { outgoing, written, flush } = start(60_000);
    expect(await outgoing.add(FRAME, 20)).toBe(false);
    outgoing.endGrace();
    flush();
    expect(written).toEqual([]);
  });

  it('asks immediately before the write whether a frame may be written, and removes one that may not', async () => {
    const { outgoing, written, flush } = start(0);
    let allowed = true;
    const answers = [true, false].map((answer) => outgoing.add(Buffer.from(String(answer)), LONG_MS, () => answer && allowed));
    flush();
    const late = outgoing.add(FRAME, LONG_MS, () => allowed);
    allowed = false;
    flush();
    allowed = true;
    flush();
    expect(await Promise.all([...answers, late])).toEqual([true, false, false]);
    expect(written).toEqual([Buffer.from('true')]);
  });

  it('resolves sendable with true at a flush, and with false at the close', async () => {
    const { outgoing, flush } = start(0);
    const first = outgoing.sendable();
    flush();
    const second = outgoing.sendable();
    outgoing.close();
    expect([await first, await second, await outgoing.sendable()]).toEqual([true, false, false]);
  });
});
