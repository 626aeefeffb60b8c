import { OrderedSends } from './ordered-sends.js';
import { type SinkMessage } from './sink-engine.js';

interface Sent {
  readonly id: string;
  readonly acknowledge: () => void;
  readonly refuse: (error: Error) => void;
}

function message(imei: string, id: string): SinkMessage {
  return { id, imei, type: 'telemetry', payload: Buffer.alloc(0) };
}

function sendsTo(sent: Sent[], maxInFlight?: number): OrderedSends {
  return new OrderedSends(
    ({ id }) => new Promise<void>((resolve, reject) => sent.push({ id, acknowledge: resolve, refuse: reject })),
    maxInFlight,
  );
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('OrderedSends', () => {
  let sent: Sent[];
  const ids = (): string[] => sent.map(({ id }) => id);

  beforeEach(() => {
    sent = [];
  });

  it('sends the next message of a device after the acknowledgement of the one before it, and other devices at once', async () => {
    const sends = sendsTo(sent);
    sends.add([message('1', 'a1'), message('1', 'a2'), message('2', 'b1')]);
    expect(ids()).toEqual(['a1', 'b1']);
    const flushed = sends.flush();
    sent[0]!.acknowledge();
    await turn();
    expect(ids()).toEqual(['a1', 'b1', 'a2']);
    sent[1]!.acknowledge();
    sent[2]!.acknowledge();
    await expect(flushed).resolves.toBeUndefined();
  });

  it('sends nothing behind a refused message, and rejects with the reason', async () => {
    const sends = sendsTo(sent);
    sends.add([message('1', 'a1'), message('1', 'a2'), message('2', 'b1'), message('2', 'b2')]);
    const flushed = expect(sends.flush()).rejects.toThrow('too large');
    sent[0]!.refuse(new Error('too large'));
    await flushed;
    sent[1]!.acknowledge();
    await turn();
    expect(ids()).toEqual(['a1', 'b1']);
  });

  it('rejects when the connection is lost', async () => {
    const sends = sendsTo(sent);
    sends.add([message('1', 'a1')]);
    const flushed = expect(sends.flush()).rejects.toThrow('lost');
    sends.fail(new Error('lost'));
    await flushed;
    await expect(sends.flush()).rejects.toThrow('lost');
  });

  it('keeps no more in flight than it may, and sends all of them in the end', async () => {
    const sends = sendsTo(sent, 2);
    sends.add([message('1', 'a1'), message('1', 'a2'), message('2', 'b1'), message('3', 'c1'), message('3', 'c2')]);
    expect(ids()).toEqual(['a1', 'b1']);
    const flushed = sends.flush();
    for (let acknowledged = 0; acknowledged < 5; acknowledged++) {
      expect(sent.length - acknowledged).toBeLessThanOrEqual(2);
      sent[acknowledged]!.acknowledge();
      await turn();
    }
    await flushed;
    expect(ids().filter((id) => id.startsWith('a'))).toEqual(['a1', 'a2']);
    expect(ids().filter((id) => id.startsWith('c'))).toEqual(['c1', 'c2']);
  });

  it('flushes at once when nothing was published', async () => {
    await expect(sendsTo(sent).flush()).resolves.toBeUndefined();
  });
});
