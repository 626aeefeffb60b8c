import { FakeDevice } from '../support/fake-device.js';
import { login, recordsFrame } from '../support/frames.js';
import { startTransport, type TestTransport } from '../support/test-transport.js';
import { waitFor } from '../support/wait-for.js';

const IMEI = '356307042441013';
const KEEP_ALIVE = Buffer.of(0xff);
const LOGIN = Buffer.from(`000f${Buffer.from(IMEI).toString('hex')}`, 'hex');
/** The answers of the gateway to a login and a frame of three records. */
const ANSWERS = Buffer.from('0100000003', 'hex');

let transport: TestTransport;

async function start(options: Parameters<typeof startTransport>[0] = {}): Promise<TestTransport> {
  transport = await startTransport(options);
  return transport;
}

afterEach(() => transport.app.close());

/** Sends the bytes in two writes, and waits until the gateway has read the first one. */
async function sendCut(device: FakeDevice, bytes: Buffer, cut: number): Promise<void> {
  const { counters } = transport;
  const before = counters.bytesReceived;
  device.send(bytes.subarray(0, cut));
  await waitFor(() => counters.bytesReceived >= before + cut);
  device.send(bytes.subarray(cut));
}

describe('keep-alive bytes before the login', () => {
  it.each([1, 2, 40])(
    'are skipped, wherever TCP cuts them, and the login is answered with 01 alone: %i of them',
    async (count) => {
      const { port, counters } = await start();
      const opening = Buffer.concat([Buffer.alloc(count, 0xff), LOGIN]);
      const bytes = Buffer.concat([opening, recordsFrame([{}, {}, {}])]);
      for (let cut = 0; cut <= opening.length; cut++) {
        const device = await FakeDevice.connect(port);
        await sendCut(device, bytes, cut);
        expect(await device.take(ANSWERS.length)).toEqual(ANSWERS);
        device.close();
      }
      expect(counters.rejected).toEqual({});
    },
  );

  it('are skipped when each arrives in its own write', async () => {
    const { port, counters } = await start();
    const device = await FakeDevice.connect(port);
    for (let sent = 1; sent <= 5; sent++) {
      device.send(KEEP_ALIVE);
      await waitFor(() => counters.bytesReceived === sent);
    }
    device.send(LOGIN);
    expect(await device.take(1)).toEqual(Buffer.of(1));
    expect(await device.exchange(recordsFrame([{}]))).toBe(1);
    device.close();
  });

  it.each([
    ['version 1', Buffer.from('PROXY TCP4 203.0.113.9 198.51.100.1 1234 9000\r\n')],
    ['version 2', Buffer.from('0d0a0d0a000d0a515549540a2111000ccb007109c633640104d22328', 'hex')],
  ])('are skipped behind a PROXY header of %s, wherever TCP cuts them', async (_version, header) => {
    const { port, registry } = await start({ comesFromBalancer: () => true });
    const bytes = Buffer.concat([header, KEEP_ALIVE, KEEP_ALIVE, LOGIN]);
    for (let cut = header.length - 1; cut <= bytes.length; cut++) {
      const device = await FakeDevice.connect(port);
      await sendCut(device, bytes, cut);
      expect(await device.take(1)).toEqual(Buffer.of(1));
      expect(registry.find(IMEI)).toMatchObject({ remoteAddress: '203.0.113.9' });
      device.close();
    }
  });

  it('do not replace the header of a balancer', async () => {
    const { port, counters } = await start({ comesFromBalancer: () => true });
    const device = await FakeDevice.connect(port);
    device.send(Buffer.concat([KEEP_ALIVE, LOGIN]));
    expect(await device.closed()).toHaveLength(0);
    expect(counters.rejected).toEqual({ BAD_PROXY_HEADER: 1 });
  });

  it('count as bytes before the login: as many as the limit are skipped, one more closes the connection', async () => {
    const { port, counters } = await start({ maxLoginBytes: 300 });
    const good = await FakeDevice.connect(port);
    good.send(Buffer.concat([Buffer.alloc(300 - LOGIN.length, 0xff), LOGIN]));
    expect(await good.take(1)).toEqual(Buffer.of(1));
    const greedy = await FakeDevice.connect(port);
    greedy.send(Buffer.alloc(301, 0xff));
    expect(await greedy.closed()).toHaveLength(0);
    expect(counters.rejected).toEqual({ LOGIN_TOO_LARGE: 1 });
    good.close();
  });

  it('do not extend the login timeout', async () => {
    const { port, counters } = await start({ loginTimeoutMs: 300 });
    const device = await FakeDevice.connect(port);
    const timer = setInterval(() => device.send(KEEP_ALIVE), 20);
    try {
      expect(await device.closed()).toHaveLength(0);
    } finally {
      clearInterval(timer);
    }
    expect(counters.disconnects).toEqual({ 'login-timeout': 1 });
  });

  it.each([
    ['between its bytes', Buffer.concat([LOGIN.subarray(0, 1), KEEP_ALIVE, LOGIN.subarray(1)])],
    ['before something that is not a login', Buffer.concat([KEEP_ALIVE, Buffer.from('GET / HTTP/1.1\r\n')])],
    ['before a frame', Buffer.concat([KEEP_ALIVE, recordsFrame([{}])])],
  ])('%s have no effect: the connection is closed without an acceptance', async (_where, bytes) => {
    const { port, counters } = await start();
    const device = await FakeDevice.connect(port);
    device.send(bytes);
    expect(await device.closed()).not.toContain(0x01);
    expect(counters.rejected).toEqual({ BAD_LOGIN: 1 });
  });

  it('are not needed', async () => {
    const { port } = await start();
    const device = await FakeDevice.connect(port);
    device.send(login(IMEI));
    expect(await device.take(1)).toEqual(Buffer.of(1));
    device.close();
  });
});
