import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decodeRecords } from '../../protocol/avl-decoder.js';
import { decodeUdpDatagram, encodeUdpReply, type UdpChannelPacket } from '../../protocol/udp-channel.js';
import { type DeviceOptions } from '../device-settings.js';
import { SimulatedDevice } from './simulated-device.js';
import { waitFor } from '../../../test/support/wait-for.js';

const IMEI = '350612000000008';

let server: Socket;
let packets: UdpChannelPacket[];
/** The answer to a packet. Null: none. */
let answer: (packet: UdpChannelPacket) => Buffer | null;
let device: SimulatedDevice;

beforeEach(async () => {
  packets = [];
  answer = ({ packetId, avlPacketId, data }) => encodeUdpReply(packetId, avlPacketId, data[1]!);
  server = createSocket('udp4');
  server.on('message', (datagram: Buffer, { port, address }: RemoteInfo) => {
    for (const packet of decodeUdpDatagram(datagram).packets) {
      packets.push(packet);
      const reply = answer(packet);
      if (reply) {
        server.send(reply, port, address);
      }
    }
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  await device.stop();
  server.close();
});

function start(options: Partial<DeviceOptions> = {}): void {
  const { port } = server.address();
  // Records follow the frames, not the clock: a slow start would otherwise give the first frame more of them.
  device = new SimulatedDevice({ udp: true, port, intervalMs: 0, recordsPerFrame: 2, ackTimeoutMs: 50, ...options });
  device.start();
}

describe('a simulated device by UDP', () => {
  it('sends its records without a login, each packet with its own ids', async () => {
    start({ ackTimeoutMs: 60_000 });
    await waitFor(() => device.counters.framesAcknowledged >= 3);
    expect(new Set(packets.map(({ imei }) => imei))).toEqual(new Set([IMEI]));
    expect(packets.slice(0, 3).map(({ packetId, avlPacketId }) => [packetId, avlPacketId])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(decodeRecords(packets[0]!.data)).toHaveLength(2);
    expect(device.counters).toMatchObject({ logins: 0, connected: 1, resends: 0 });
  });

  it('sends a packet without an answer again, with the same bytes and ids', async () => {
    answer = () => null;
    start();
    await waitFor(() => packets.length >= 3);
    expect(packets[1]).toEqual(packets[0]);
    expect(packets[2]).toEqual(packets[0]);
    answer = ({ packetId, avlPacketId, data }) => encodeUdpReply(packetId, avlPacketId, data[1]!);
    await waitFor(() => packets.at(-1)!.packetId > 2);
    device.drain();
    await waitFor(() => device.waitingRecords === 0);
    expect(device.counters.recordsAcknowledged).toBe(device.counters.recordsCreated);
  });

  it('ignores answers to other packets, and noise', async () => {
    answer = ({ packetId, avlPacketId }) =>
      packets.length % 2 === 0 ? Buffer.from('noise') : encodeUdpReply(packetId + 1, avlPacketId, 2);
    start();
    await waitFor(() => device.counters.unexpectedAcknowledgements >= 2 && device.counters.badMessages >= 2);
    expect(device.counters.framesAcknowledged).toBe(0);
  });

  it('continues when no server listens, and counts the errors', async () => {
    // A connected socket takes datagrams of its peer only, here of itself, and no other process gets its port.
    server.connect(server.address().port, '127.0.0.1');
    await once(server, 'connect');
    start({ ackTimeoutMs: 30 });
    await waitFor(() => (device.counters.connectionErrors.get('ECONNREFUSED') ?? 0) >= 2);
  });
});
