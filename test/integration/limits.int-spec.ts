import { setTimeout as delay } from 'node:timers/promises';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, frame, login, recordsField, recordsFrame, uint } from '../support/frames.js';
import { startTransport, type TestTransport } from '../support/test-transport.js';
import { waitFor } from '../support/wait-for.js';

const IMEI = '356307042441013';
const header = (address: string): Buffer => Buffer.from(`PROXY TCP4 ${address} 198.51.100.1 4711 9000\r\n`);
const imeiOf = (index: number): string => String(356_307_042_441_000 + index);

let transport: TestTransport;
const devices: FakeDevice[] = [];

async function start(options: Parameters<typeof startTransport>[0]): Promise<TestTransport> {
  transport = await startTransport(options);
  return transport;
}

async function connect(): Promise<FakeDevice> {
  const device = await FakeDevice.connect(transport.port);
  devices.push(device);
  return device;
}

/** Connects, and resolves when the gateway has closed the connection. The reset may arrive before the event of the connection. */
async function beRejected(): Promise<void> {
  const device = await connect().catch(() => null);
  await device?.closed();
}

async function logIn(imei: string): Promise<FakeDevice> {
  const device = await FakeDevice.logIn(transport.port, imei);
  devices.push(device);
  return device;
}

afterEach(async () => {
  devices.splice(0).forEach((device) => device.close());
  await transport.app.close();
});

describe('the limit of all connections', () => {
  it('rejects a connection when all others are logged in, and accepts one when a slot is free', async () => {
    const { counters, server } = await start({ maxConnections: 2 });
    const first = await logIn(imeiOf(1));
    await logIn(imeiOf(2));
    await beRejected();
    expect(counters).toMatchObject({ connectionsRefused: 1, connectionsEvicted: 0 });
    first.close();
    await waitFor(() => server.connectionCount === 1);
    await logIn(imeiOf(4));
  });

  it('evicts the oldest connection without a login, and never a device', async () => {
    const { counters, registry } = await start({ maxConnections: 3 });
    await logIn(imeiOf(1));
    const oldest = await connect();
    const younger = await connect();
    await waitFor(() => counters.connectionsAccepted === 3);
    await logIn(imeiOf(4));
    await oldest.closed();
    expect(counters).toMatchObject({ connectionsRefused: 0, connectionsEvicted: 1 });
    expect(counters.disconnects['too-many-connections']).toBe(1);
    expect(younger.isClosed).toBe(false);
    expect(registry.size).toBe(2);
  });
});

describe('the limit of connections per address', () => {
  it('also counts silent connections, and accepts one when another is closed', async () => {
    const { counters, server } = await start({ maxConnectionsPerAddress: 2 });
    await logIn(IMEI);
    const silent = await connect();
    await beRejected();
    expect(counters).toMatchObject({ connectionsRefusedByAddress: 1, connectionsRefused: 0, connectionsAccepted: 2 });
    silent.close();
    await waitFor(() => server.connectionCount === 1);
    await logIn(imeiOf(2));
  });

  it('counts the address in the PROXY header behind a balancer', async () => {
    const { counters, server } = await start({ maxConnectionsPerAddress: 1, comesFromBalancer: () => true });
    const [first, other, second] = [await connect(), await connect(), await connect()];
    const enter = (device: FakeDevice, address: string, index: number): void =>
      device.send(Buffer.concat([header(address), login(imeiOf(index))]));
    enter(first, '203.0.113.1', 1);
    enter(other, '203.0.113.2', 2);
    expect(await Promise.all([first.take(1), other.take(1)])).toEqual([Buffer.of(1), Buffer.of(1)]);
    enter(second, '203.0.113.1', 3);
    expect(await second.closed()).toHaveLength(0);
    expect(counters.connectionsRefusedByAddress).toBe(1);
    first.close();
    await waitFor(() => server.connectionCount === 1);
    const third = await connect();
    enter(third, '203.0.113.1', 4);
    expect(await third.take(1)).toEqual(Buffer.of(1));
  });
});

describe('the limit of new connections per address and second', () => {
  it('closes connections above it immediately, until the next second', async () => {
    const { counters } = await start({ maxNewConnectionsPerSecond: 3 });
    const three = await Promise.all([1, 2, 3].map((index) => logIn(imeiOf(index))));
    await beRejected();
    expect(counters).toMatchObject({ connectionsAccepted: 3, connectionsRefusedByRate: 1 });
    expect(three.map(({ isClosed }) => isClosed)).toEqual([false, false, false]);
    await delay(1_000);
    await logIn(imeiOf(4));
  });

  it('does not apply to a balancer', async () => {
    const { counters } = await start({ maxNewConnectionsPerSecond: 1, comesFromBalancer: () => true });
    await Promise.all([connect(), connect()]);
    await waitFor(() => counters.connectionsAccepted === 2);
  });
});

describe('the limit of connections per IPv6 network', () => {
  it('counts a /64 network as one address, because a host has a whole network', async () => {
    const { counters } = await start({ maxConnectionsPerAddress: 1, comesFromBalancer: () => true });
    const enter = async (address: string, index: number): Promise<FakeDevice> => {
      const device = await connect();
      device.send(Buffer.concat([Buffer.from(`PROXY TCP6 ${address} 2001:db8::1 4711 9000\r\n`), login(imeiOf(index))]));
      return device;
    };
    await (await enter('2001:db8:0:1::1', 1)).take(1);
    expect(await (await enter('2001:db8:0:1:ffff::2', 2)).closed()).toHaveLength(0);
    expect(await (await enter('2001:db8:0:2::1', 3)).take(1)).toEqual(Buffer.of(1));
    expect(counters.connectionsRefusedByAddress).toBe(1);
  });
});

describe('the limit of logins per second', () => {
  it('delays logins above it, and answers all of them', async () => {
    const { counters } = await start({ maxLoginsPerSecond: 5 });
    await Promise.all([1, 2, 3, 4, 5].map((index) => logIn(imeiOf(index))));
    expect(counters.loginsSlowedDown).toBe(0);
    await Promise.all([6, 7].map((index) => logIn(imeiOf(index))));
    expect(counters).toMatchObject({ loginsSlowedDown: 2, loginsAccepted: 7 });
  });

  it('does not count logins of devices that disconnected while they waited', async () => {
    const { counters, server } = await start({ maxLoginsPerSecond: 1 });
    await logIn(imeiOf(1));
    const gone = [await connect(), await connect(), await connect()];
    gone.forEach((device, index) => device.send(login(imeiOf(index + 2))));
    await waitFor(() => counters.loginsSlowedDown === 3);
    gone.forEach((device) => device.socket.resetAndDestroy());
    await waitFor(() => server.connectionCount === 1);
    await logIn(imeiOf(5));
    expect(counters.loginsAccepted).toBe(2);
  });
});

describe('the limit of bytes before a login is answered', () => {
  it('accepts as many bytes, and not one more', async () => {
    const { handlers, counters } = await start({ maxLoginBytes: 300 });
    let decide!: (accept: boolean) => void;
    handlers.login = () => new Promise<boolean>((resolve) => (decide = resolve));
    const frame = recordsFrame([{}]);
    const [good, greedy] = [await connect(), await connect()];
    good.send(Buffer.concat([login(IMEI), frame, Buffer.alloc(300 - 17 - frame.length, 0xff)]));
    await waitFor(() => counters.bytesReceived === 300);
    decide(true);
    expect(await good.take(1)).toEqual(Buffer.of(1));
    expect(await good.acknowledgement()).toBe(1);
    greedy.send(Buffer.concat([login(imeiOf(2)), Buffer.alloc(284, 0xff)]));
    expect(await greedy.closed()).toHaveLength(0);
    expect(counters.rejected).toEqual({ LOGIN_TOO_LARGE: 1 });
  });
});

describe('a frame', () => {
  it('may be as large as the limit, and not one byte larger', async () => {
    const largest = recordsFrame([{ io: [{ id: 10_000, value: Buffer.alloc(500) }] }]);
    const { counters } = await start({ maxFrameBytes: largest.length });
    expect(await (await logIn(imeiOf(1))).exchange(largest)).toBe(1);
    const device = await logIn(imeiOf(2));
    device.send(recordsFrame([{ io: [{ id: 10_000, value: Buffer.alloc(501) }] }]));
    expect(await device.closed()).toHaveLength(0);
    expect(counters.rejected).toEqual({ BAD_LENGTH: 1 });
  });

  it('that is sent in parts is waited for while bytes arrive, up to the frame timeout', async () => {
    const frame = recordsFrame([{}]);
    const { counters } = await start({ frameTimeoutMs: 1_000 });
    const [slow, silent] = [await logIn(imeiOf(1)), await logIn(imeiOf(2))];
    silent.send(frame.subarray(0, 20));
    // Longer than the limit in total, but never without a byte for that long.
    for (let at = 0; at < frame.length; at += 6) {
      slow.send(frame.subarray(at, at + 6));
      await delay(100);
    }
    expect(await slow.acknowledgement()).toBe(1);
    await silent.closed();
    expect(counters.disconnects).toEqual({ 'frame-timeout': 1 });
    // Between frames the device may be silent for longer.
    await delay(1_100);
    expect(slow.isClosed).toBe(false);
  });
});

describe('the limit of frames per device and second', () => {
  it('delays frames above it, and loses none', async () => {
    const { counters } = await start({ maxFramesPerSecond: 10 });
    const [device, other] = [await logIn(imeiOf(1)), await logIn(imeiOf(2))];
    device.send(Buffer.concat(Array.from({ length: 10 }, () => recordsFrame([{}]))));
    await device.take(40);
    expect(counters.framesSlowedDown).toBe(0);
    device.send(Buffer.concat(Array.from({ length: 3 }, () => recordsFrame([{}, {}]))));
    await waitFor(() => counters.framesSlowedDown === 1, { what: 'the eleventh frame to wait' });
    expect(await other.exchange(recordsFrame([{}]))).toBe(1);
    expect([await device.acknowledgement(), await device.acknowledgement(), await device.acknowledgement()]).toEqual([2, 2, 2]);
  });

  it('counts an invalid frame as ten: the next one is delayed, and none is lost', async () => {
    const { counters, handlers } = await start({ maxFramesPerSecond: 20 });
    handlers.rejected = ({ count }) => ({ kind: 'acknowledge', count });
    const device = await logIn(imeiOf(1));
    const undecodable = frame(Buffer.concat([recordsField([{}]).subarray(0, 20), uint(1, 1)]));
    device.send(Buffer.concat([undecodable, undecodable]));
    expect([await device.acknowledgement(), await device.acknowledgement()]).toEqual([1, 1]);
    expect(counters.framesSlowedDown).toBe(0);
    expect(await device.exchange(recordsFrame([{}]))).toBe(1);
    expect(counters.framesSlowedDown).toBe(1);
  });

  it('counts a message as ten, and delays the third with a limit of twenty', async () => {
    const { counters } = await start({ maxFramesPerSecond: 20 });
    const device = await logIn(imeiOf(1));
    const message = codec12Frame(6, 'unasked');
    device.send(Buffer.concat([message, message, message]));
    await waitFor(() => counters.framesSlowedDown === 1, { what: 'the third message to wait' });
    await waitFor(() => counters.messages === 3, { what: 'the third message to be handled' });
  });
});

describe('the limit of unsent bytes', () => {
  const CHUNK = Buffer.alloc(2_048);

  it('does not affect a device that reads', async () => {
    const { registry, counters } = await start({ maxUnsentBytes: 16_384 });
    const device = await logIn(IMEI);
    for (let sent = 0; sent < 100; sent++) {
      expect(await registry.find(IMEI)?.send(CHUNK, 10_000)).toBe(true);
    }
    await waitFor(() => device.pendingBytes === 100 * CHUNK.length);
    expect(counters.disconnects).toEqual({});
  });

  it('disconnects a device that does not read', async () => {
    const { registry, counters } = await start({ maxUnsentBytes: 16_384 });
    const device = await logIn(IMEI);
    device.socket.pause();
    // The socket buffers of both sides hold the first megabytes.
    for (let sent = 0; registry.size > 0 && sent < 20_000; sent++) {
      await registry.find(IMEI)?.send(CHUNK, 10_000);
    }
    expect(registry.size).toBe(0);
    expect(counters.disconnects).toEqual({ 'not-reading': 1 });
  });
});
