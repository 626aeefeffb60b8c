import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { login, recordsFrame } from '../support/frames.js';
import { waitFor } from '../support/wait-for.js';

/** Generous: this machine does other things too. A gateway that is disturbed does not answer later, but not at all. */
const ANSWER_TIMEOUT_MS = 20_000;
const PAUSE_MS = 15;
const RECORDS_A_FRAME = 3;
const ACKNOWLEDGEMENT_BYTES = 4;

export interface GoodDeviceOptions {
  readonly port: number;
  readonly isTls: boolean;
  /** Sends each frame in two pieces, with a pause in between. */
  readonly isSlow: boolean;
}

/** Who must not be disturbed, and what became of it. */
export interface GoodPeer {
  readonly imei: string;
  /** Its first disappointment. */
  readonly fault: string | null;
  /** Records, so far. */
  readonly acknowledged: number;
  readonly slowestMs: number;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A device that does all as it should, all the time, beside those that do not. Its first disappointment is its fault. */
export class GoodDevice implements GoodPeer {
  fault: string | null = null;
  acknowledged = 0;
  slowestMs = 0;
  private readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);
  private stopping = false;
  private running: Promise<void> = Promise.resolve();
  private nextTimestampMs = Date.now() - 86_400_000;

  constructor(
    readonly imei: string,
    private readonly options: GoodDeviceOptions,
  ) {
    const to = { host: '127.0.0.1', port: options.port, noDelay: true };
    this.socket = options.isTls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
    this.socket.on('data', (bytes: Buffer) => (this.received = Buffer.concat([this.received, bytes])));
    this.socket.on('error', (error) => this.complain(`its connection failed: ${error.message}`));
    this.socket.on('close', () => this.stopping || this.complain('the gateway closed its connection'));
  }

  async start(): Promise<void> {
    await once(this.socket, this.options.isTls ? 'secureConnect' : 'connect');
    this.socket.write(login(this.imei));
    const [answer] = await this.take(1);
    if (answer !== 0x01) {
      throw new Error(`the login of ${this.imei} was answered with ${answer}`);
    }
    this.running = this.work().catch((error: unknown) => this.complain(String(error)));
  }

  /** Resolves when the last frame was acknowledged and the connection is closed. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
    this.socket.destroy();
  }

  private async work(): Promise<void> {
    while (!this.stopping && this.fault === null) {
      const sentAt = performance.now();
      await this.send(this.nextFrame());
      const count = (await this.take(ACKNOWLEDGEMENT_BYTES)).readUInt32BE(0);
      if (count !== RECORDS_A_FRAME) {
        throw new Error(`${RECORDS_A_FRAME} records were acknowledged with ${count}`);
      }
      this.acknowledged += count;
      this.slowestMs = Math.max(this.slowestMs, performance.now() - sentAt);
      await delay(PAUSE_MS);
    }
  }

  private nextFrame(): Buffer {
    const records = Array.from({ length: RECORDS_A_FRAME }, () => ({
      timestampMs: this.nextTimestampMs++,
      latitude: 546_900_000,
      longitude: 252_800_000,
      satellites: 9,
      io: [
        { id: 240, value: 1 },
        { id: 66, width: 2 as const, value: 12_600 },
        { id: 16, width: 4 as const, value: this.acknowledged },
      ],
    }));
    return recordsFrame(records);
  }

  private async send(frame: Buffer): Promise<void> {
    if (!this.options.isSlow) {
      this.socket.write(frame);
      return;
    }
    const middle = 1 + (this.acknowledged % (frame.length - 1));
    this.socket.write(frame.subarray(0, middle));
    await delay(PAUSE_MS);
    this.socket.write(frame.subarray(middle));
  }

  private async take(count: number): Promise<Buffer> {
    await waitFor(() => this.received.length >= count || this.fault !== null, {
      timeoutMs: ANSWER_TIMEOUT_MS,
      what: `${count} bytes for the good device ${this.imei}`,
    });
    const bytes = this.received.subarray(0, count);
    this.received = this.received.subarray(count);
    return bytes;
  }

  private complain(what: string): void {
    this.fault ??= `the good device ${this.imei}: ${what}`;
  }
}
