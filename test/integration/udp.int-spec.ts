import { bytesOf, vectorNamed } from '../fixtures/official-vectors.js';
import { codec12Frame, frame, recordsField, recordsFrame, uint } from '../support/frames.js';
import { startTransport, type TestTransport } from '../support/test-transport.js';
import { channelPacket, recordsPacket, UdpDevice } from '../support/udp-device.js';
import { waitFor } from '../support/wait-for.js';

const IMEI = '356307042441013';
const OTHER_IMEI = '356307042441021';

let transport: TestTransport;
let device: UdpDevice;

async function start(options: Parameters<typeof startTransport>[0] = {}): Promise<TestTransport> {
  transport = await startTransport({ udpPort: 0, ...options });
  device = await UdpDevice.open(transport.server.udpPort!);
  return transport;
}

afterEach(async () => {
  await transport.app.close();
  device.close();
});

/** A promise that the test resolves, for a handler to wait for. */
function gate(): { wait: Promise<void>; open: () => void } {
  let open!: () => void;
  const wait = new Promise<void>((resolve) => (open = resolve));
  return { wait, open };
}

describe('a packet by UDP', () => {
  it.each(['codec8-udp', 'codec8e-udp'])('of the documentation, %s, is answered as documented', async (name) => {
    const { handlers } = await start();
    const seen: string[] = [];
    handlers.telemetry = ({ count }, { imei, remoteAddress, epoch }) => {
      seen.push(`${imei} ${remoteAddress} ${epoch}`);
      return count;
    };
    const vector = vectorNamed(name);
    expect(await device.exchange(bytesOf(vector))).toEqual([vector.server_reply_hex!.toLowerCase()]);
    expect(seen).toEqual(['352093086403655 127.0.0.1 0']);
  });

  it('may share a datagram with packets of the same and of other devices, and each is answered', async () => {
    const { handlers, counters } = await start();
    const frames = new Map<string, Buffer>();
    handlers.telemetry = ({ bytes, count }, { imei }) => {
      frames.set(`${imei} ${count}`, Buffer.from(bytes));
      return count;
    };
    const [one, two] = [[{ timestampMs: 1 }], [{ timestampMs: 2 }, { timestampMs: 3 }]] as const;
    const datagram = Buffer.concat([
      recordsPacket(IMEI, one, { packetId: 1, avlPacketId: 0x11 }),
      recordsPacket(IMEI, two, { packetId: 2, avlPacketId: 0x12 }),
      recordsPacket(OTHER_IMEI, one, { packetId: 2, avlPacketId: 0x13, packetType: 0 }),
    ]);
    const answers = await device.exchange(datagram, 3);
    expect([...answers].sort()).toEqual(['00050001011101', '00050002011202', '00050002011301']);
    // The handler gets the same frame as by TCP.
    expect(Object.fromEntries(frames)).toEqual({
      [`${IMEI} 1`]: recordsFrame(one),
      [`${IMEI} 2`]: recordsFrame(two),
      [`${OTHER_IMEI} 1`]: recordsFrame(one),
    });
    expect(counters.udp).toMatchObject({ datagrams: 1, answered: 3, dropped: 0, refused: 0, rejected: 0, unanswered: 0 });
    expect(counters).toMatchObject({ records: 4, acknowledgements: 3, bytesReceived: datagram.length });
  });

  it('is answered when its records are stored, and not before', async () => {
    const { handlers } = await start();
    const stored = gate();
    handlers.telemetry = async ({ count }, { imei }) => {
      await (imei === IMEI ? stored.wait : null);
      return count;
    };
    device.send(recordsPacket(IMEI, [{}], { packetId: 1 }));
    expect(await device.exchange(recordsPacket(OTHER_IMEI, [{}], { packetId: 2 }))).toEqual(['00050002010501']);
    stored.open();
    await waitFor(() => device.answers.length === 2, { what: 'the answer to the packet that was held' });
    expect(device.answers[1]).toBe('00050001010501');
  });

  it('is not answered when storing fails, and is answered when it is sent again', async () => {
    const { handlers, counters } = await start();
    handlers.telemetry = () => Promise.reject(new Error('the disk is full'));
    device.send(recordsPacket(IMEI, [{}]));
    await waitFor(() => counters.udp.unanswered === 1);
    handlers.telemetry = ({ count }) => count;
    expect(await device.exchange(recordsPacket(IMEI, [{}]))).toEqual(['0005cafe010501']);
  });

  it('of a device that is not admitted is not answered, but another packet in the datagram is', async () => {
    const { handlers, counters } = await start();
    const asked: string[] = [];
    handlers.packet = ({ imei }, { remoteAddress }) => {
      asked.push(`${imei} ${remoteAddress}`);
      return imei !== IMEI;
    };
    await device.exchange(Buffer.concat([recordsPacket(IMEI, [{}]), recordsPacket(OTHER_IMEI, [{}], { packetId: 7 })]));
    expect(device.answers).toEqual(['00050007010501']);
    expect(asked).toEqual([`${IMEI} 127.0.0.1`, `${OTHER_IMEI} 127.0.0.1`]);
    expect(counters.udp).toMatchObject({ answered: 1, refused: 1 });
    expect(counters.frames).toBe(1);
  });

  it('does not make its device connected', async () => {
    const { registry, server, handlers } = await start();
    await device.exchange(recordsPacket(IMEI, [{}]));
    expect([registry.size, server.connectionCount, handlers.disconnected]).toEqual([0, 0, []]);
  });
});

describe('bytes that are not a valid packet', () => {
  const good = recordsPacket(IMEI, [{}], { packetId: 1 });
  const long = Buffer.concat([uint(0xffff, 2), good.subarray(2)]);

  it.each([
    ['a packet that is cut', 'TRUNCATED', good.subarray(0, -1)],
    ['one byte', 'TRUNCATED', Buffer.of(0)],
    ['a length past the end', 'TRUNCATED', long],
    ['a length of nothing', 'BAD_LENGTH', Buffer.alloc(40)],
    ['an answer, as if the gateway wrote to itself', 'BAD_LENGTH', Buffer.from('0005cafe010501', 'hex')],
    ['letters in the IMEI', 'BAD_IMEI', recordsPacket('35630704244101X', [{}])],
    ['an IMEI of 14 digits', 'BAD_IMEI', recordsPacket(IMEI.slice(1), [{}])],
    ['a login and a frame of TCP', 'BAD_LENGTH', Buffer.concat([uint(15, 2), Buffer.from(IMEI), recordsFrame([{}])])],
    ['a packet longer than a frame may be', 'BAD_LENGTH', channelPacket(IMEI, Buffer.alloc(16_400, 8))],
  ] as const)('are counted and not answered, and what is good is, before and after: %s', async (_name, code, bad) => {
    const { counters } = await start();
    await device.exchange(Buffer.concat([good, bad]));
    await device.exchange(recordsPacket(IMEI, [{}], { packetId: 2 }));
    expect(device.answers).toEqual(['00050001010501', '00050002010501']);
    expect(counters.rejected).toEqual({ [code]: 1 });
    expect(counters.udp).toMatchObject({ rejected: 1, answered: 2 });
  });

  it('have no effect in any amount', async () => {
    const { counters } = await start();
    let seed = 1;
    const noise = (length: number): Buffer =>
      Buffer.from(Array.from({ length }, () => (seed = (seed * 48_271) % 2_147_483_647) & 0xff));
    for (let index = 0; index < 500; index++) {
      const mutated = Buffer.from(good);
      mutated[seed % mutated.length]! ^= 1 + (seed % 255);
      device.send(index % 2 === 0 ? noise(index) : mutated);
    }
    await device.exchange(recordsPacket(OTHER_IMEI, [{}], { avlPacketId: 0xee }));
    await waitFor(() => device.answers.includes('0005cafe01ee01'));
    expect(counters.udp.rejected).toBeGreaterThan(0);
  });

  it.each([
    ['records that end early', 'TRUNCATED', Buffer.concat([recordsField([{}]).subarray(0, -3), uint(1, 1)])],
    ['two counts that differ', 'COUNT_MISMATCH', recordsField([{}], { count2: 2 })],
    ['an unknown codec', 'UNSUPPORTED_CODEC', Buffer.from('420101', 'hex')],
    ['the reply to a command, whose sender can not be verified', 'UNSUPPORTED_CODEC', codec12Frame(6, 'done').subarray(8, -4)],
  ] as const)('within a good packet are reported as bytes without a CRC: %s', async (_name, code, data) => {
    const { handlers, counters } = await start();
    const reported: unknown[] = [];
    handlers.rejected = ({ error, count, bytes, crcIsRight }) => {
      reported.push({ code: error.code, count, bytes, crcIsRight });
      return reported.length < 3 ? { kind: 'close' } : { kind: 'acknowledge', count };
    };
    const packet = channelPacket(IMEI, data);
    device.send(packet);
    device.send(packet);
    await waitFor(() => counters.udp.rejected === 2);
    expect(await device.exchange(packet)).toEqual(['0005cafe010501']);
    expect(reported).toEqual(Array(3).fill({ code, count: 1, bytes: frame(data), crcIsRight: false }));
    expect(counters).toMatchObject({ rejected: { [code]: 3 }, messages: 0 });
  });

  it('are not answered when they have no record: the answer would be longer than the packet', async () => {
    const { counters } = await start();
    device.send(recordsPacket(IMEI, [], { packetId: 1 }));
    await device.exchange(recordsPacket(IMEI, [{}], { packetId: 2 }));
    expect(device.answers).toEqual(['00050002010501']);
    expect(counters.udp.unanswered).toBe(1);
  });
});

describe('a datagram above the byte budget', () => {
  it('is dropped and counted, and stored when it is sent again', async () => {
    const packet = recordsPacket(IMEI, [{}], { packetId: 1 });
    const { handlers, counters, server } = await start({ maxBytesInFlight: 2 * (packet.length + 1_024) });
    const room = gate();
    handlers.telemetry = async ({ count }) => {
      await room.wait;
      return count;
    };
    for (const packetId of [1, 2, 3]) {
      device.send(recordsPacket(IMEI, [{}], { packetId }));
    }
    await waitFor(() => counters.udp.datagrams === 3);
    expect(counters.udp.dropped).toBe(1);
    room.open();
    await waitFor(() => device.answers.length === 2 && server.bytesInFlight === 0);
    await device.exchange(recordsPacket(IMEI, [{}], { packetId: 3 }));
    expect(device.answers[2]).toBe('00050003010501');
  });
});

describe('the datagrams of one source address per second', () => {
  it('are dropped above the limit, while another address is answered; all are stored when they are sent again', async () => {
    const { counters } = await start({ maxDatagramsPerSecond: 5 });
    const other = await UdpDevice.open(transport.server.udpPort!, '127.0.0.2');
    try {
      for (let packetId = 0; packetId < 100; packetId++) {
        device.send(recordsPacket(IMEI, [{}], { packetId }));
      }
      expect(await other.exchange(recordsPacket(OTHER_IMEI, [{}]))).toHaveLength(1);
      await waitFor(() => counters.udp.datagrams === 101);
      // The flood may have started at the end of a second.
      expect(counters.udp.limited).toBeGreaterThanOrEqual(90);
      expect(counters.udp.limited).toBeLessThanOrEqual(95);
      expect(counters.udp.answered + counters.udp.limited).toBe(101);
      const answered = device.answers.length;
      expect(await device.exchange(recordsPacket(IMEI, [{}], { packetId: 99 }), answered + 1, 200)).toHaveLength(answered + 1);
    } finally {
      other.close();
    }
  });

  it('are counted for each IPv4 address on a port that listens on all IPv6 addresses', async () => {
    const { counters } = await start({ host: '::', maxDatagramsPerSecond: 5 });
    const other = await UdpDevice.open(transport.server.udpPort!, '127.0.0.2');
    try {
      for (let packetId = 0; packetId < 100; packetId++) {
        device.send(recordsPacket(IMEI, [{}], { packetId }));
      }
      expect(await other.exchange(recordsPacket(OTHER_IMEI, [{}]))).toHaveLength(1);
      await waitFor(() => counters.udp.datagrams === 101);
      expect(counters.udp.limited).toBeGreaterThanOrEqual(90);
    } finally {
      other.close();
    }
  });

  it('are all answered up to the limit', async () => {
    const { counters } = await start({ maxDatagramsPerSecond: 5 });
    for (let packetId = 0; packetId < 5; packetId++) {
      device.send(recordsPacket(IMEI, [{}], { packetId }));
    }
    await waitFor(() => device.answers.length === 5);
    expect(counters.udp.limited).toBe(0);
  });
});

describe('the packets of one device per second', () => {
  it('are not answered above the limit, from any address, while another device is answered', async () => {
    const { counters } = await start({ maxFramesPerSecond: 5 });
    const other = await UdpDevice.open(transport.server.udpPort!, '127.0.0.2');
    try {
      for (let packetId = 0; packetId < 50; packetId++) {
        (packetId % 2 === 0 ? device : other).send(recordsPacket(IMEI, [{}], { packetId }));
      }
      await waitFor(() => counters.udp.answered + counters.udp.packetsLimited === 50);
      expect(counters.udp.packetsLimited).toBeGreaterThanOrEqual(40);
      expect(counters.udp.packetsLimited).toBeLessThanOrEqual(45);
      const answered = device.answers.length;
      expect(await device.exchange(recordsPacket(OTHER_IMEI, [{}]))).toHaveLength(answered + 1);
    } finally {
      other.close();
    }
  });
});

describe('a gateway that stops', () => {
  it('answers what it has read, and drops what arrives meanwhile', async () => {
    const { app, handlers, counters } = await start();
    const stored = gate();
    const seen: string[] = [];
    handlers.telemetry = async ({ count }, { imei }) => {
      seen.push(imei);
      await stored.wait;
      return count;
    };
    device.send(recordsPacket(IMEI, [{}]));
    await waitFor(() => seen.length === 1);
    const closed = app.close();
    await waitFor(() => {
      device.send(recordsPacket(OTHER_IMEI, [{}]));
      return counters.udp.dropped > 0;
    });
    stored.open();
    await closed;
    await waitFor(() => device.answers.length > 0, { what: 'the answer to what was read before' });
    expect(device.answers[0]).toBe('0005cafe010501');
    expect(seen[0]).toBe(IMEI);
  });

  it('waits for packets that are not stored only up to the drain timeout', async () => {
    const { app, handlers, counters } = await start({ drainTimeoutMs: 100 });
    handlers.telemetry = () => new Promise(() => undefined);
    device.send(recordsPacket(IMEI, [{}]));
    await waitFor(() => counters.udp.datagrams === 1);
    await app.close();
    expect(device.answers).toEqual([]);
  });
});
