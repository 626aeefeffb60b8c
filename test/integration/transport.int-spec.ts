import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, frame, login, recordsFrame } from '../support/frames.js';
import { startTransport, type TestTransport } from '../support/test-transport.js';
import { waitFor } from '../support/wait-for.js';

const IMEI = '356307042441013';
const PING = Buffer.of(0xff);

let transport: TestTransport;

async function start(options: Parameters<typeof startTransport>[0] = {}): Promise<TestTransport> {
  transport = await startTransport(options);
  return transport;
}

afterEach(async () => {
  await transport.app.close();
});

/** A promise that the test resolves, for a handler to wait for. */
function gate(): { wait: Promise<void>; open: () => void } {
  let open!: () => void;
  const wait = new Promise<void>((resolve) => (open = resolve));
  return { wait, open };
}

describe('a device logs in', () => {
  it('is accepted with 0x01 and registered', async () => {
    const { port, registry } = await start();
    const device = await FakeDevice.logIn(port, IMEI);
    expect(registry.find(IMEI)?.imei).toBe(IMEI);
    device.close();
    await waitFor(() => registry.size === 0, { what: 'the device to leave the list' });
  });

  it('is accepted when its login arrives byte by byte, with a ping and a frame directly behind it', async () => {
    const { port } = await start();
    const device = await FakeDevice.connect(port);
    const bytes = Buffer.concat([login(IMEI), PING, recordsFrame([{}, {}])]);
    for (const byte of bytes) {
      device.send(Buffer.of(byte));
    }
    expect(await device.take(1)).toEqual(Buffer.of(1));
    expect(await device.acknowledgement()).toBe(2);
    device.close();
  });

  it('gets 0x00 and is disconnected when the handler refuses it', async () => {
    const { port, handlers, counters } = await start();
    handlers.login = () => false;
    const device = await FakeDevice.connect(port);
    device.send(login(IMEI));
    expect(await device.closed()).toEqual(Buffer.of(0));
    expect(counters.loginsRefused).toBe(1);
  });

  it.each([
    ['letters in the IMEI', login('35630704244101X')],
    ['an IMEI of 16 digits', login('3563070424410134')],
  ])('gets 0x00 and is disconnected for %s', async (_name, bytes) => {
    const { port, counters } = await start();
    const device = await FakeDevice.connect(port);
    device.send(bytes);
    expect(await device.closed()).toEqual(Buffer.of(0));
    expect(counters.rejected.BAD_LOGIN).toBe(1);
  });

  it('is disconnected without an answer when it sends data before its login', async () => {
    const { port, counters, handlers } = await start();
    handlers.telemetry = () => {
      throw new Error('nothing may get here');
    };
    const device = await FakeDevice.connect(port);
    device.send(recordsFrame([{}]));
    expect(await device.closed()).toHaveLength(0);
    expect(counters.rejected.BAD_LOGIN).toBe(1);
    expect(counters.frames).toBe(0);
  });

  it('is disconnected at the login timeout, and not before', async () => {
    const { port, counters } = await start({ loginTimeoutMs: 300 });
    const silent = await FakeDevice.connect(port);
    const startedAt = performance.now();
    await silent.closed();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(250);
    expect(counters.disconnects['login-timeout']).toBe(1);
  });

  it('stays connected past the login timeout once it is logged in', async () => {
    const { port } = await start({ loginTimeoutMs: 100 });
    const device = await FakeDevice.logIn(port, IMEI);
    const silent = await FakeDevice.connect(port);
    await silent.closed();
    expect(await device.exchange(recordsFrame([{}]))).toBe(1);
    device.close();
  });

  it('replaces an older connection, whose later close has no effect', async () => {
    const { port, registry } = await start();
    const first = await FakeDevice.logIn(port, IMEI);
    const firstId = registry.find(IMEI)?.id;
    const second = await FakeDevice.logIn(port, IMEI);
    await first.closed();
    expect(registry.find(IMEI)?.id).not.toBe(firstId);
    first.close();
    expect(await second.exchange(recordsFrame([{}]))).toBe(1);
    expect(registry.size).toBe(1);
    second.close();
  });
});

describe('a device sends frames', () => {
  it('is acknowledged with the count of the handler, and only after it', async () => {
    const { port, handlers } = await start();
    const stored = gate();
    const asked: string[] = [];
    handlers.telemetry = async ({ count }, context) => {
      asked.push(context.imei);
      await stored.wait;
      return count;
    };
    const device = await FakeDevice.logIn(port, IMEI);
    device.send(recordsFrame([{}, {}, {}]));
    await waitFor(() => asked.length === 1, { what: 'the handler to be asked' });
    expect(asked).toEqual([IMEI]);
    expect(device.pendingBytes).toBe(0);
    stored.open();
    expect(await device.acknowledgement()).toBe(3);
    device.close();
  });

  it('is answered one frame after the other, in order, also when many arrive at once', async () => {
    const { port, handlers } = await start();
    let running = 0;
    let most = 0;
    handlers.telemetry = async ({ count }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return count;
    };
    const device = await FakeDevice.logIn(port, IMEI);
    const counts = Array.from({ length: 30 }, (_, index) => (index % 5) + 1);
    device.send(Buffer.concat(counts.flatMap((count) => [PING, recordsFrame(Array.from({ length: count }, () => ({})))])));
    for (const count of counts) {
      expect(await device.acknowledgement()).toBe(count);
    }
    expect(most).toBe(1);
    device.close();
  });

  it('gets no acknowledgement when storing fails, and is disconnected so that it sends again', async () => {
    const { port, handlers, counters } = await start();
    handlers.telemetry = () => Promise.reject(new Error('the disk is full'));
    const device = await FakeDevice.logIn(port, IMEI);
    device.send(recordsFrame([{}]));
    expect(await device.closed()).toHaveLength(0);
    expect(counters.acknowledgements).toBe(0);
    expect(counters.disconnects['handler-error']).toBe(1);
  });

  it('gets its acknowledgement also when it closes its side directly after the frame', async () => {
    const { port, handlers } = await start();
    const stored = gate();
    handlers.telemetry = async () => {
      await stored.wait;
      return 1;
    };
    const device = await FakeDevice.logIn(port, IMEI);
    device.socket.end(recordsFrame([{}]));
    stored.open();
    expect(await device.acknowledgement()).toBe(1);
    await device.closed();
  });

  it.each([5, 6])('is acknowledged for a frame that arrived in %i pieces while the last one was stored', async (pieces) => {
    const { port, handlers, counters } = await start();
    const first = gate();
    let calls = 0;
    handlers.telemetry = async ({ count }) => {
      await (++calls === 1 ? first.wait : undefined);
      return count;
    };
    const device = await FakeDevice.logIn(port, IMEI);
    const bytes = recordsFrame([{}, {}]);
    device.send(recordsFrame([{}]));
    await waitFor(() => calls === 1, { what: 'the first frame to be handled' });
    const before = counters.bytesReceived;
    // The piece that makes the gateway pause, then those that wait in the paused socket, each as one chunk.
    const size = Math.ceil(bytes.length / pieces);
    for (let at = 0; at < bytes.length; at += size) {
      device.send(bytes.subarray(at, at + size));
      await waitFor(() => counters.bytesReceived > before);
      for (let turn = 0; turn < 5; turn++) {
        await nextTurn();
      }
    }
    first.open();
    expect(await device.acknowledgement()).toBe(1);
    expect(await device.acknowledgement()).toBe(2);
    device.close();
  });

  it('is never acknowledged for a message of codec 12', async () => {
    const { port, counters } = await start();
    const device = await FakeDevice.logIn(port, IMEI);
    device.send(codec12Frame(6, 'DOUT1:1'));
    expect(await device.exchange(recordsFrame([{}, {}]))).toBe(2);
    expect(device.pendingBytes).toBe(0);
    expect(counters.messages).toBe(1);
    device.close();
  });

  it('has every message of a codec 12 frame counted, and none acknowledged', async () => {
    const { port, counters } = await start();
    const device = await FakeDevice.logIn(port, IMEI);
    device.send(frame(Buffer.from('0c0206000000024f4b0600000003456e6402', 'hex')));
    expect(await device.exchange(recordsFrame([{}, {}]))).toBe(2);
    expect(device.pendingBytes).toBe(0);
    expect(counters.messages).toBe(2);
    device.close();
  });

  it.each([
    ['a preamble that is not zero', Buffer.from('0100000000000003080000', 'hex'), 'BAD_PREAMBLE'],
    ['a length of nothing', Buffer.from('0000000000000000', 'hex'), 'BAD_LENGTH'],
    ['a length beyond the limit', Buffer.from('000000007fffffff', 'hex'), 'BAD_LENGTH'],
  ] as const)('is closed for %s', async (_name, bytes, code) => {
    const { port, counters } = await start();
    const device = await FakeDevice.logIn(port, IMEI);
    device.send(bytes);
    expect(await device.closed()).toHaveLength(0);
    expect(counters.rejected[code]).toBe(1);
  });

  it('has an invalid frame passed to the handler, which decides how it is answered', async () => {
    const { port, handlers, counters } = await start();
    const codes: string[] = [];
    const badCrc = recordsFrame([{}]);
    badCrc[badCrc.length - 1]! ^= 0xff;
    handlers.rejected = ({ error, count }) => {
      codes.push(error.code);
      return error.code === 'BAD_CRC' ? { kind: 'skip' } : { kind: 'acknowledge', count };
    };
    const device = await FakeDevice.logIn(port, IMEI);
    device.send(Buffer.concat([badCrc, frame(Buffer.from('8e05ffff05', 'hex'))]));
    expect(await device.acknowledgement()).toBe(5);
    expect(codes).toEqual(['BAD_CRC', 'TRUNCATED']);
    expect(counters.rejected).toEqual({ BAD_CRC: 1, TRUNCATED: 1 });
    device.close();
  });

  it('is disconnected at the idle timeout, but never while it waits for an acknowledgement', async () => {
    const { port, handlers, counters } = await start({ idleTimeoutMs: 200 });
    const stored = gate();
    handlers.telemetry = async () => {
      await stored.wait;
      return 1;
    };
    const waiting = await FakeDevice.logIn(port, IMEI);
    waiting.send(recordsFrame([{}]));
    const idle = await FakeDevice.logIn(port, '356307042441014');
    await idle.closed();
    expect(waiting.isClosed).toBe(false);
    stored.open();
    expect(await waiting.acknowledgement()).toBe(1);
    await waiting.closed();
    expect(counters.disconnects.idle).toBe(2);
  });

  it('may reset the connection in the middle of a frame', async () => {
    const { port, registry } = await start();
    for (let round = 0; round < 20; round++) {
      const device = await FakeDevice.logIn(port, IMEI);
      device.send(recordsFrame([{}, {}]).subarray(0, 20 + round));
      device.socket.resetAndDestroy();
    }
    await waitFor(() => registry.size === 0, { what: 'all resets to be noticed' });
    const device = await FakeDevice.logIn(port, IMEI);
    expect(await device.exchange(recordsFrame([{}]))).toBe(1);
    device.close();
  });
});

describe('back-pressure', () => {
  it('pauses a device that continues to send while its frame is stored', async () => {
    const { port, handlers, counters } = await start();
    const stored = gate();
    handlers.telemetry = async ({ count }) => {
      await stored.wait;
      return count;
    };
    const device = await FakeDevice.logIn(port, IMEI);
    const many = Buffer.concat(Array.from({ length: 20_000 }, () => recordsFrame([{}])));
    const written = new Promise((resolve) => device.socket.write(many, resolve));
    await waitFor(() => counters.bytesReceived > 60, { what: 'the first frame to be read' });
    await waitFor(() => settled(() => counters.bytesReceived), { what: 'the gateway to stop reading' });
    expect(counters.bytesReceived).toBeLessThan(512 * 1024);
    stored.open();
    await written;
    await waitFor(() => counters.acknowledgements === 20_000, { timeoutMs: 30_000, what: 'all acknowledgements' });
    device.close();
  });

  it('makes devices wait while the byte budget is used up, and removes those that disconnect', async () => {
    const one = recordsFrame([{}]);
    const { port, handlers, server, counters } = await start({ maxBytesInFlight: one.length });
    const stored = gate();
    handlers.telemetry = async () => {
      await stored.wait;
      return 1;
    };
    const first = await FakeDevice.logIn(port, '356307042441001');
    const second = await FakeDevice.logIn(port, '356307042441002');
    const third = await FakeDevice.logIn(port, '356307042441003');
    first.send(one);
    await waitFor(() => server.bytesInFlight === one.length);
    second.send(one);
    third.send(one);
    await waitFor(() => counters.backpressureWaits === 2);
    second.socket.resetAndDestroy();
    await waitFor(() => server.connectionCount === 2);
    stored.open();
    expect(await first.acknowledgement()).toBe(1);
    expect(await third.acknowledgement()).toBe(1);
    expect(counters.acknowledgements).toBe(2);
    await waitFor(() => server.bytesInFlight === 0);
    first.close();
    third.close();
  });

  it('releases the bytes of a device that disconnected before its frame was stored', async () => {
    const { port, handlers, server, registry } = await start();
    const stored = gate();
    let begun = 0;
    handlers.telemetry = async ({ count }) => {
      begun++;
      await stored.wait;
      return count;
    };
    const devices = await Promise.all(
      Array.from({ length: 10 }, (_, index) => FakeDevice.logIn(port, String(356_307_042_441_000 + index))),
    );
    devices.forEach((device) => device.send(recordsFrame([{}])));
    await waitFor(() => begun === 10);
    devices.forEach((device) => device.socket.resetAndDestroy());
    await waitFor(() => registry.size === 0, { what: 'the resets to be noticed' });
    stored.open();
    await waitFor(() => server.bytesInFlight === 0, { what: 'the bytes to be given back' });
  });
});

describe('the gateway stops', () => {
  it('acknowledges what it has read, then closes, and accepts no new connections', async () => {
    const { app, port, handlers } = await start();
    const stored = gate();
    let begun = 0;
    handlers.telemetry = async ({ count }) => {
      begun++;
      await stored.wait;
      return count;
    };
    const device = await FakeDevice.logIn(port, IMEI);
    const idle = await FakeDevice.logIn(port, '356307042441014');
    device.send(Buffer.concat([recordsFrame([{}, {}]), recordsFrame([{}])]));
    await waitFor(() => begun === 1);
    const closed = app.close();
    await idle.closed();
    await expect(connectOnce(port)).rejects.toThrow('ECONNREFUSED');
    stored.open();
    expect(await device.acknowledgement()).toBe(2);
    expect(await device.acknowledgement()).toBe(1);
    device.socket.end();
    idle.socket.end();
    await closed;
  });

  it('waits for a handler that never returns only up to the drain timeout', async () => {
    const { app, port, handlers } = await start({ drainTimeoutMs: 200 });
    let begun = false;
    handlers.telemetry = () => {
      begun = true;
      return new Promise<number>(() => undefined);
    };
    const device = await FakeDevice.logIn(port, IMEI);
    device.send(recordsFrame([{}]));
    await waitFor(() => begun);
    await app.close();
    expect(await device.closed()).toHaveLength(0);
  });
});

async function connectOnce(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    connect(port, '127.0.0.1').once('connect', resolve).once('error', reject);
  });
}

/** Whether the value is the same in two reads, some turns of the event loop apart. */
async function settled(read: () => number): Promise<boolean> {
  const before = read();
  await new Promise((resolve) => setTimeout(resolve, 100));
  return read() === before;
}

describe('a device behind a balancer', () => {
  it.each([
    ['version 1', Buffer.from('PROXY TCP4 203.0.113.9 198.51.100.1 1234 9000\r\n')],
    // Signature, version 2 and PROXY, TCP over IPv4, 12 bytes: the same addresses and ports.
    ['version 2', Buffer.from('0d0a0d0a000d0a515549540a' + '2111000c' + 'cb007109c633640104d22328', 'hex')],
  ])('has the address of its header, wherever TCP cuts header and login: %s', async (_name, header) => {
    const { port, registry } = await start({ comesFromBalancer: (address) => address === '127.0.0.1' });
    const bytes = Buffer.concat([header, login(IMEI)]);
    for (let cut = 0; cut < bytes.length; cut += 7) {
      const device = await FakeDevice.connect(port);
      device.send(bytes.subarray(0, cut));
      await nextTurn();
      device.send(bytes.subarray(cut));
      expect(await device.take(1)).toEqual(Buffer.of(1));
      expect(registry.find(IMEI)).toMatchObject({ remoteAddress: '203.0.113.9', remotePort: 1234 });
      device.close();
    }
  });

  it('is disconnected without an answer when its balancer sends no header', async () => {
    const { port, counters } = await start({ comesFromBalancer: () => true });
    const device = await FakeDevice.connect(port);
    device.send(login(IMEI));
    expect(await device.closed()).toHaveLength(0);
    expect(counters.rejected).toEqual({ BAD_PROXY_HEADER: 1 });
  });

  it('can not choose its address when it is not connected through the balancer', async () => {
    const { port, counters } = await start({ comesFromBalancer: () => false });
    const device = await FakeDevice.connect(port);
    device.send(Buffer.from('PROXY TCP4 203.0.113.9 198.51.100.1 1234 9000\r\n'));
    expect(await device.closed()).toHaveLength(0);
    expect(counters.rejected).toEqual({ BAD_LOGIN: 1 });
  });
});
