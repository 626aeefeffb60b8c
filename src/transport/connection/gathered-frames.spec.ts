import { TELEMETRY_FRAMES, TelemetryFrame } from '../patterns.js';
import { TeltonikaContext } from '../teltonika.context.js';
import { GatheredFrames } from './gathered-frames.js';

/** Sizes of the calls, what their handler does, and the errors that the listeners of the frames received. */
function newGathering() {
  const calls: { pattern: string; imeis: string[]; context: unknown }[] = [];
  const outcomes: unknown[] = [];
  let answer: () => Promise<unknown> = () => Promise.resolve();
  const gathered = new GatheredFrames(<T>(pattern: string, payload: unknown, context: TeltonikaContext | null) => {
    const frames = payload as TelemetryFrame[];
    calls.push({ pattern, imeis: frames.map((frame) => frame.context.imei), context });
    return answer() as Promise<T>;
  });
  const add = (imei: string): void => {
    const context = new TeltonikaContext([imei, imei, '127.0.0.1', 1]);
    const listener = { stored: () => undefined, failed: (error: unknown) => void outcomes.push([imei, error]) };
    gathered.add(new TelemetryFrame(0x8e, Buffer.alloc(0), 0, [], context, listener));
  };
  return { calls, outcomes, add, failWith: (error: Error) => (answer = () => Promise.reject(error)) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('GatheredFrames', () => {
  it('passes the frames of one turn with one call, in their order', async () => {
    const { calls, add } = newGathering();
    ['a', 'b', 'c'].forEach(add);
    expect(calls).toEqual([]);
    await turn();
    expect(calls).toEqual([{ pattern: TELEMETRY_FRAMES, imeis: ['a', 'b', 'c'], context: null }]);
    await turn();
    add('d');
    await turn();
    expect(calls.map(({ imeis }) => imeis)).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('passes 32 frames at once, and the frames behind them at the end of the turn', async () => {
    const { calls, add } = newGathering();
    for (let index = 0; index < 70; index++) {
      add(String(index));
    }
    expect(calls.map(({ imeis }) => imeis.length)).toEqual([32, 32]);
    await turn();
    expect(calls.flatMap(({ imeis }) => imeis)).toEqual(Array.from({ length: 70 }, (_, index) => String(index)));
    expect(calls).toHaveLength(3);
  });

  it('fails every frame of a call that the handler rejects, and no other one', async () => {
    const { outcomes, add, failWith } = newGathering();
    add('a');
    await turn();
    const error = new Error('no handler');
    failWith(error);
    ['b', 'c'].forEach(add);
    await turn();
    await turn();
    expect(outcomes).toEqual([
      ['b', error],
      ['c', error],
    ]);
  });
});
