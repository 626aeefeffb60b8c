import { connect, type Socket } from 'node:net';
import { crc16 } from '../src/protocol/crc16.js';
import { encodeLogin } from '../src/protocol/login.js';
import { buildFrame } from './tft100-records.js';

const HEADER_BYTES = 8;
const DATA_FIELD_START = HEADER_BYTES + 2;
const CRC_BYTES = 4;
const ACKNOWLEDGEMENT_BYTES = 4;

export interface LoadDeviceOptions {
  readonly host: string;
  readonly port: number;
  readonly imei: string;
  readonly recordsPerFrame: number;
  /** Device time of the first record, Unix milliseconds; each further one is a millisecond later. */
  readonly firstTimestampMs: number;
  readonly onAcknowledged: (records: number, latencyMs: number) => void;
}

/**
 * A device that sends its next frame as soon as the last one was acknowledged. It costs the machine as little as can be:
 * one frame made beforehand, in which only the times and the CRC are new each time.
 */
export class LoadDevice {
  private readonly frame: Buffer;
  private readonly recordBytes: number;
  private socket: Socket | null = null;
  private loggedIn: (() => void) | null = null;
  private nextTimestampMs: number;
  private sentAt = 0;
  private running = false;
  private idle: (() => void) | null = null;

  constructor(
    private readonly options: LoadDeviceOptions,
    serial: number,
  ) {
    this.frame = buildFrame(serial * options.recordsPerFrame, options.recordsPerFrame);
    this.recordBytes = (this.frame.length - DATA_FIELD_START - 1 - CRC_BYTES) / options.recordsPerFrame;
    this.nextTimestampMs = options.firstTimestampMs;
  }

  async logIn(): Promise<void> {
    const socket = connect({ host: this.options.host, port: this.options.port, noDelay: true });
    this.socket = socket;
    await new Promise<void>((resolve, reject) => {
      this.loggedIn = resolve;
      socket.once('error', reject);
      socket.once('connect', () => socket.write(encodeLogin(this.options.imei)));
      socket.on('data', (bytes) => this.receive(bytes));
    });
  }

  start(): void {
    this.running = true;
    this.send();
  }

  /** Resolves when the frame on its way was acknowledged. */
  async stop(): Promise<void> {
    this.running = false;
    await new Promise<void>((resolve) => {
      this.idle = resolve;
      if (this.sentAt === 0) {
        resolve();
      }
    });
  }

  close(): void {
    this.socket?.destroy();
  }

  private receive(bytes: Buffer): void {
    if (this.loggedIn) {
      this.loggedIn();
      this.loggedIn = null;
      return;
    }
    if (bytes.length !== ACKNOWLEDGEMENT_BYTES) {
      throw new Error(`expected an acknowledgement, got ${bytes.length} bytes`);
    }
    this.options.onAcknowledged(bytes.readUInt32BE(0), performance.now() - this.sentAt);
    this.sentAt = 0;
    if (this.running) {
      this.send();
    } else {
      this.idle?.();
    }
  }

  private send(): void {
    const { frame } = this;
    for (let index = 0; index < this.options.recordsPerFrame; index++) {
      const offset = DATA_FIELD_START + index * this.recordBytes;
      frame.writeUInt32BE(Math.floor(this.nextTimestampMs / 0x1_0000_0000), offset);
      frame.writeUInt32BE(this.nextTimestampMs % 0x1_0000_0000, offset + 4);
      this.nextTimestampMs++;
    }
    const crcOffset = frame.length - CRC_BYTES;
    frame.writeUInt32BE(crc16(frame, HEADER_BYTES, crcOffset), crcOffset);
    this.sentAt = performance.now();
    this.socket?.write(frame);
  }
}
