import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import { crc16, recordsFrame, uint } from '../support/frames.js';
import { type GoodPeer } from './good-device.js';

const PAUSE_MS = 50;
/** A datagram may be lost, the reply too: a device sends the packet again, with its id. */
const RESEND_AFTER_MS = 2_000;
const ATTEMPTS = 15;
const RECORDS_A_PACKET = 2;
/** Of a frame: preamble and length before its data field, the CRC behind it. */
const DATA_AT = 8;
const CRC_BYTES = 4;
/** Of a reply: length, packet id, packet type, AVL packet id, accepted records. */
const REPLY_BYTES = 7;

/** A device that sends channel packets by UDP as it should, beside those that send anything else. */
export class GoodUdpDevice implements GoodPeer {
  fault: string | null = null;
  acknowledged = 0;
  slowestMs = 0;
  private readonly socket: Socket = createSocket('udp4');
  private running: Promise<void> = Promise.resolve();
  private stopping = false;
  private packetId = 0;
  private reply: Buffer | null = null;
  private nextTimestampMs = Date.now() - 86_400_000;

  constructor(
    readonly imei: string,
    private readonly port: number,
  ) {
    this.socket.on('message', (bytes) => (this.reply = bytes));
    this.socket.on('error', (error) => this.complain(error.message));
  }

  start(): Promise<void> {
    this.running = this.work().catch((error: unknown) => this.complain(String(error)));
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    if (!this.stopping) {
      this.stopping = true;
      await this.running;
      this.socket.close();
    }
  }

  private async work(): Promise<void> {
    while (!this.stopping && this.fault === null) {
      this.packetId = (this.packetId + 1) % 0x10000;
      const sentAt = performance.now();
      await this.exchange(this.nextPacket());
      this.acknowledged += RECORDS_A_PACKET;
      this.slowestMs = Math.max(this.slowestMs, performance.now() - sentAt);
      await delay(PAUSE_MS);
    }
  }

  private async exchange(packet: Buffer): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      this.reply = null;
      this.socket.send(packet, this.port, '127.0.0.1');
      for (let waitedMs = 0; waitedMs < RESEND_AFTER_MS; waitedMs += 5) {
        if (this.isAnswered()) {
          return;
        }
        await delay(5);
      }
    }
    throw new Error(`packet ${this.packetId} was not answered, sent ${ATTEMPTS} times`);
  }

  /** Late replies to earlier packets are passed over; a wrong count is a fault. */
  private isAnswered(): boolean {
    const { reply } = this;
    if (reply?.length !== REPLY_BYTES || reply.readUInt16BE(2) !== this.packetId) {
      return false;
    }
    if (reply.readUInt8(6) !== RECORDS_A_PACKET) {
      throw new Error(`${RECORDS_A_PACKET} records were answered with ${reply.toString('hex')}`);
    }
    return true;
  }

  private nextPacket(): Buffer {
    const frame = recordsFrame(Array.from({ length: RECORDS_A_PACKET }, () => ({ timestampMs: this.nextTimestampMs++ })));
    const data = frame.subarray(DATA_AT, frame.length - CRC_BYTES);
    const id = uint(this.packetId, 2);
    const body = Buffer.concat([id, Buffer.of(1, crc16(id) & 0xff), uint(this.imei.length, 2), Buffer.from(this.imei), data]);
    return Buffer.concat([uint(body.length, 2), body]);
  }

  private complain(what: string): void {
    this.fault ??= `the good device ${this.imei}, by UDP: ${what}`;
  }
}
