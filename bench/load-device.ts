import { connect, type Socket } from 'node:net';
import { encodeLogin } from '../src/protocol/login.js';
import { TelemetryFrame } from './telemetry-frame.js';

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

/** A device that sends its next frame as soon as the last one was acknowledged. */
export class LoadDevice {
  private readonly frame: TelemetryFrame;
  private socket: Socket | null = null;
  private loggedIn: (() => void) | null = null;
  private sentAt = 0;
  private running = false;
  private idle: (() => void) | null = null;
  /** When the frames became due that wait for the acknowledgement of the one in flight. */
  private readonly due: number[] = [];

  constructor(
    private readonly options: LoadDeviceOptions,
    serial: number,
  ) {
    this.frame = new TelemetryFrame(serial, options.recordsPerFrame, options.firstTimestampMs);
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

  /** Sends one frame, after those that were requested before. Its latency counts from now. */
  sendWhenDue(): void {
    this.due.push(performance.now());
    if (this.sentAt === 0) {
      this.send();
    }
  }

  /** Resolves when the frame in flight (or waiting) was acknowledged. */
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
    if (this.running || this.due.length > 0) {
      this.send();
    } else {
      this.idle?.();
    }
  }

  private send(): void {
    const bytes = this.frame.next();
    this.sentAt = this.due.shift() ?? performance.now();
    this.socket?.write(bytes);
  }
}
