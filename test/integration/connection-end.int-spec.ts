import { type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FakeDevice } from '../support/fake-device.js';
import { login, recordsFrame } from '../support/frames.js';
import { startTransport, type TestTransport } from '../support/test-transport.js';
import { waitFor } from '../support/wait-for.js';

/** Connections that close during an operation: it is finished or cancelled, counted once, and nothing waits for a closed connection. */

const imeiOf = (index: number): string => String(356_307_042_441_000 + index);
const IMEI = imeiOf(1);

let transport: TestTransport;
const devices: FakeDevice[] = [];

async function start(options: Parameters<typeof startTransport>[0] = {}): Promise<TestTransport> {
  transport = await startTransport(options);
  return transport;
}

async function connect(): Promise<FakeDevice> {
  const device = await FakeDevice.connect(transport.port);
  devices.push(device);
  return device;
}

async function logIn(imei: string): Promise<FakeDevice> {
  const device = await FakeDevice.logIn(transport.port, imei);
  devices.push(device);
  return device;
}

/** Does not close its side when the gateway does, so the connection lingers. */
function keepOpen({ socket }: FakeDevice): void {
  socket.removeAllListeners('end');
}

/** A promise that is resolved from outside. */
function question<T>(): { readonly asked: Promise<T>; answer(value: T): void } {
  let answer!: (value: T) => void;
  return { asked: new Promise<T>((resolve) => (answer = resolve)), answer: (value) => answer(value) };
}

afterEach(async () => {
  devices.splice(0).forEach((device) => device.close());
  await transport.app.close();
});

describe('a connection that was replaced', () => {
  it('is not acknowledged for the frame that is stored, nor counted as acknowledged', async () => {
    const { counters, handlers, server } = await start();
    const stored = question<number>();
    let begun = 0;
    handlers.telemetry = () => {
      begun++;
      return stored.asked;
    };
    const first = await logIn(IMEI);
    keepOpen(first);
    first.send(recordsFrame([{}]));
    await waitFor(() => begun === 1);
    await logIn(IMEI);
    await waitFor(() => first.socket.readableEnded);
    stored.answer(1);
    await waitFor(() => server.bytesInFlight === 0);
    expect(counters).toMatchObject({ acknowledgements: 0, disconnects: { replaced: 1 } });
  });
});

describe('a device that is not admitted any more', () => {
  it('has no frame stored that waited for the byte budget', async () => {
    const frame = recordsFrame([{}]);
    const { handlers, registry, server, counters } = await start({ maxBytesInFlight: frame.length });
    const stored = question<number>();
    const asked: string[] = [];
    handlers.telemetry = (_, { imei }) => {
      asked.push(imei);
      return stored.asked;
    };
    const [good, banned] = [await logIn(imeiOf(1)), await logIn(imeiOf(2))];
    good.send(frame);
    await waitFor(() => server.bytesInFlight === frame.length);
    banned.send(frame);
    await waitFor(() => counters.backpressureWaits === 1);
    registry.find(imeiOf(2))?.end('not-admitted');
    stored.answer(1);
    expect(await good.acknowledgement()).toBe(1);
    await waitFor(() => server.connectionCount === 1 && server.bytesInFlight === 0);
    expect(asked).toEqual([imeiOf(1)]);
  });

  it('has no frame stored that was delayed', async () => {
    const { handlers, registry, server, counters } = await start({ maxFramesPerSecond: 1 });
    let stored = 0;
    handlers.telemetry = ({ count }) => {
      stored++;
      return count;
    };
    const banned = await logIn(IMEI);
    banned.send(Buffer.concat([recordsFrame([{}]), recordsFrame([{}])]));
    await waitFor(() => counters.framesSlowedDown === 1);
    keepOpen(banned);
    registry.find(IMEI)?.end('not-admitted');
    await waitFor(() => server.connectionCount === 0);
    expect(stored).toBe(1);
  });
});

describe('a login', () => {
  it('is limited in bytes, also while it waits', async () => {
    const { handlers, counters } = await start({ maxLoginBytes: 300 });
    let asked = false;
    handlers.login = () => {
      asked = true;
      return new Promise<boolean>(() => undefined);
    };
    const device = await connect();
    device.send(login(IMEI));
    await waitFor(() => asked);
    device.send(Buffer.of(0xff));
    await waitFor(() => counters.bytesReceived === 18);
    device.send(Buffer.alloc(300, 0xff));
    await device.closed();
    expect(counters.rejected).toEqual({ LOGIN_TOO_LARGE: 1 });
  });

  it('in the queue does not delay the stop of the gateway', async () => {
    const { counters, app } = await start({ maxLoginsPerSecond: 1, drainTimeoutMs: 2_000 });
    await logIn(imeiOf(1));
    const waiting = await Promise.all(Array.from({ length: 9 }, () => connect()));
    waiting.forEach((device, index) => device.send(login(imeiOf(index + 2))));
    await waitFor(() => counters.loginsSlowedDown === 9);
    await app.close();
    // No login was in the queue at the timeout.
    expect(counters.disconnects).toEqual({ shutdown: 10 });
  });

  it('that is accepted while its socket closes is released once', async () => {
    const { handlers, server, counters } = await start({ maxLoginBytes: 300 });
    const sockets: Socket[] = [];
    server.unwrap<Server>().on('connection', (socket: Socket) => sockets.push(socket));
    const decided = question<boolean>();
    handlers.login = () => decided.asked;
    const device = await connect();
    keepOpen(device);
    device.send(login(IMEI));
    await waitFor(() => counters.bytesReceived === 17);
    device.send(Buffer.alloc(300, 0xff));
    await waitFor(() => counters.rejected.LOGIN_TOO_LARGE === 1);
    // Destroyed, but before its 'close' event: the answer of the database arrives in between.
    sockets[0]!.destroy();
    decided.answer(true);
    await waitFor(() => server.connectionCount === 0 && handlers.disconnected.length > 0);
    await nextTurn();
    expect(handlers.disconnected).toHaveLength(1);
  });

  it('that was delayed still gives the device time to send stored records before commands', async () => {
    const { handlers, registry } = await start();
    const decided = question<boolean>();
    let askedAt = 0;
    handlers.login = () => {
      askedAt = performance.now();
      return decided.asked;
    };
    const device = await connect();
    device.send(login(IMEI));
    await waitFor(() => askedAt > 0 && performance.now() - askedAt > 500, { what: 'a slow login' });
    const acceptedAt = performance.now();
    decided.answer(true);
    await device.take(1);
    expect(await registry.find(IMEI)?.sendable()).toBe(true);
    expect(performance.now() - acceptedAt).toBeGreaterThan(450);
  });
});

describe('a command', () => {
  it('does not count as written to a closed socket', async () => {
    const { registry, server } = await start();
    const sockets: Socket[] = [];
    server.unwrap<Server>().on('connection', (socket: Socket) => sockets.push(socket));
    const device = await logIn(IMEI);
    await device.exchange(recordsFrame([{}]));
    // Before its 'close' event.
    sockets[0]!.destroy();
    expect(await registry.find(IMEI)?.send(Buffer.from('getinfo'), 10_000)).toBe(false);
  });
});

describe('a session', () => {
  it('is released before the gateway has stopped, also when its socket is closed already', async () => {
    const { app, handlers } = await start();
    const givenBack = question<void>();
    handlers.givenBack = givenBack.asked;
    const device = await logIn(IMEI);
    device.socket.resetAndDestroy();
    await waitFor(() => handlers.disconnected.length === 1);
    const order: string[] = [];
    const stopped = app.close().then(() => order.push('stopped'));
    setTimeout(() => {
      order.push('given back');
      givenBack.answer();
    }, 200);
    await stopped;
    expect(order).toEqual(['given back', 'stopped']);
  });
});

describe('a connection that is closing', () => {
  it('is evicted, even when its peer does not read', async () => {
    const { handlers, counters } = await start({ maxConnections: 1 });
    handlers.login = ({ imei }) => imei === imeiOf(2);
    const refused = await connect();
    refused.socket.pause();
    refused.send(login(imeiOf(1)));
    await waitFor(() => counters.loginsRefused === 1);
    await logIn(imeiOf(2));
    expect(counters).toMatchObject({ connectionsRefused: 0, connectionsEvicted: 0, disconnects: { 'login-refused': 1 } });
  });

  it('because of its address is not rejected for its login as well', async () => {
    const { counters } = await start({ maxConnectionsPerAddress: 1, comesFromBalancer: () => true });
    const header = Buffer.from('PROXY TCP4 203.0.113.1 198.51.100.1 4711 9000\r\n');
    const first = await connect();
    first.send(Buffer.concat([header, login(imeiOf(1))]));
    await first.take(1);
    const second = await connect();
    // The first byte of a login, then other bytes.
    second.send(Buffer.concat([header, Buffer.from([0, 15]), Buffer.from('no digits')]));
    await second.closed();
    expect(counters).toMatchObject({ connectionsRefusedByAddress: 1, loginsRefused: 0, rejected: {} });
  });
});
