import { createSocket, type Socket } from 'node:dgram';
import { recordsField, uint, type TestRecord } from './frames.js';
import { waitFor } from './wait-for.js';

/** Long: loopback loses next to nothing, and most tests count what they send. */
const RESEND_MS = 20_000;

/** One channel packet, written from the documentation: length, packet id, "not usable" byte, AVL packet id, IMEI, data field. */
export function channelPacket(
  imei: string,
  data: Buffer,
  { packetId = 0xcafe, packetType = 1, avlPacketId = 5 }: { packetId?: number; packetType?: number; avlPacketId?: number } = {},
): Buffer {
  const body = Buffer.concat([
    uint(packetId, 2),
    uint(packetType, 1),
    uint(avlPacketId, 1),
    uint(imei.length, 2),
    Buffer.from(imei, 'latin1'),
    data,
  ]);
  return Buffer.concat([uint(body.length, 2), body]);
}

export function recordsPacket(imei: string, records: readonly TestRecord[], ids?: Parameters<typeof channelPacket>[2]): Buffer {
  return channelPacket(imei, recordsField(records), ids);
}

/** A device on a real UDP socket that does exactly what a test requests. */
export class UdpDevice {
  /** Every answer that came, in hex. */
  readonly answers: string[] = [];

  private constructor(
    private readonly socket: Socket,
    readonly port: number,
  ) {
    socket.on('message', (answer) => this.answers.push(answer.toString('hex')));
    // A gateway that is gone makes the system say so.
    socket.on('error', () => undefined);
  }

  /** @param address its own, in 127.0.0.0/8. */
  static async open(port: number, address = '127.0.0.1'): Promise<UdpDevice> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, address, resolve));
    return new UdpDevice(socket, port);
  }

  send(datagram: Buffer): void {
    this.socket.send(datagram, this.port, '127.0.0.1');
  }

  /** Sends again and again, as a device does, until this many answers have come in all, and returns them all. */
  async exchange(datagram: Buffer, answers = this.answers.length + 1, resendMs = RESEND_MS): Promise<string[]> {
    let sentAt = -Infinity;
    await waitFor(
      () => {
        if (this.answers.length < answers && performance.now() - sentAt > resendMs) {
          sentAt = performance.now();
          this.send(datagram);
        }
        return this.answers.length >= answers;
      },
      { timeoutMs: 60_000, what: `${answers} answers by UDP` },
    );
    return this.answers;
  }

  close(): void {
    this.socket.close();
  }
}
