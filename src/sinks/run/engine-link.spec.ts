import { setTimeout as delay } from 'node:timers/promises';
import { type SinkConnection, type SinkMessage } from '../engine/sink-engine.js';
import { EngineLink } from './engine-link.js';

const TIMEOUT_MS = 1_000;
const MESSAGES: SinkMessage[] = [{ id: '1', imei: '1', type: 'telemetry', payload: Buffer.alloc(0) }];

/** Acknowledges a message every `everyMs`, until there are `count`; with 0 it never ends. */
class SlowConnection implements SinkConnection {
  isOpen = true;
  acknowledged = 0;
  isClosed = false;

  constructor(
    private readonly count: number,
    private readonly everyMs: number,
  ) {}

  publish(): void {
    // What is acknowledged counts.
  }

  async flush(): Promise<void> {
    if (this.count === 0) {
      await new Promise(() => undefined);
    }
    for (; this.acknowledged < this.count; this.acknowledged++) {
      await delay(this.everyMs);
    }
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

function linkTo(connect: () => Promise<SinkConnection>): EngineLink {
  return new EngineLink({ connect }, TIMEOUT_MS);
}

describe('EngineLink', () => {
  it('waits for an engine that is slow and acknowledges one message after the other', async () => {
    const connection = new SlowConnection(8, TIMEOUT_MS / 5);
    const link = linkTo(() => Promise.resolve(connection));
    await link.open();
    await link.publish(connection, MESSAGES);
    expect(connection.acknowledged).toBe(8);
  });

  it('gives an engine up that acknowledges nothing', async () => {
    const connection = new SlowConnection(0, 0);
    const link = linkTo(() => Promise.resolve(connection));
    await link.open();
    await expect(link.publish(connection, MESSAGES)).rejects.toThrow('no acknowledgement within 1 s');
  });

  it('gives a connection up that is not made in time, and closes it when it comes late', async () => {
    const connection = new SlowConnection(1, 1);
    let connected: (connection: SinkConnection) => void = () => undefined;
    const link = linkTo(() => new Promise((resolve) => (connected = resolve)));
    await expect(link.open()).rejects.toThrow('no connection within 1 s');
    connected(connection);
    await new Promise((resolve) => setImmediate(resolve));
    expect(connection.isClosed).toBe(true);
  });

  it('does not use a connection that was lost', async () => {
    const connection = new SlowConnection(1, 1);
    const link = linkTo(() => Promise.resolve(connection));
    expect(await link.open()).toEqual({ connection, isNew: true });
    expect(await link.open()).toEqual({ connection, isNew: false });
    connection.isOpen = false;
    await expect(link.open()).rejects.toThrow('the connection was lost');
    await link.close();
    expect(connection.isClosed).toBe(true);
  });
});
