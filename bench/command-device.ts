import { connect, type Socket } from 'node:net';
import { encodeLogin } from '../src/protocol/login.js';
import { encodeCodec12Reply } from '../src/protocol/message.js';
import { ServerStream } from '../src/simulator/connection/server-stream.js';
import { TelemetryFrame } from './telemetry-frame.js';

const RECORDS_PER_FRAME = 10;
const DAY_MS = 86_400_000;

/** What a TFT100 answers to getinfo (the wiki's example). */
const REPLY = encodeCodec12Reply(
  'RTC:2017/6/16 7:13 Init:2017/6/16 5:44 UpTime:4744s PWR:PwrVoltage RST:0 GPS:2 SAT:0 TTFF:0 TTLF:0 NOGPS: 1:18 SR:0 FG:200 FL:0 SMS: 3 REC:42 MD:1 DB:0',
);

/** A device that sends a frame on request, one at a time, and answers every command at once. */
export class CommandDevice {
  acknowledgedRecords = 0;

  private readonly frame: TelemetryFrame;
  private readonly stream = new ServerStream();
  private socket: Socket | null = null;
  private loggedIn: (() => void) | null = null;
  /** In the order of the commands. */
  private readonly waitingForCommand: (() => void)[] = [];
  private closing = false;
  /** Frames that were requested of it, the one that waits for its acknowledgement included. */
  private framesToSend = 0;

  constructor(
    private readonly port: number,
    readonly imei: string,
    serial: number,
    /** The gateway has closed the connection: what was asked of this device will never happen. */
    private readonly onLost: (error: Error) => void,
  ) {
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    this.frame = new TelemetryFrame(serial, RECORDS_PER_FRAME, today);
  }

  get recordsPerFrame(): number {
    return RECORDS_PER_FRAME;
  }

  get isWaiting(): boolean {
    return this.framesToSend > 0;
  }

  async logIn(): Promise<void> {
    const socket = connect({ host: '127.0.0.1', port: this.port, noDelay: true });
    this.socket = socket;
    await new Promise<void>((resolve, reject) => {
      this.loggedIn = resolve;
      socket.once('error', reject);
      socket.once('connect', () => socket.write(encodeLogin(this.imei)));
      socket.on('data', (bytes) => this.receive(bytes));
      socket.once('close', () => this.closing || this.onLost(new Error(`the gateway closed the connection of ${this.imei}`)));
    });
  }

  /** Sends a frame, behind the acknowledgement of the last one. */
  sendRecords(): void {
    if (++this.framesToSend === 1) {
      this.socket?.write(this.frame.next());
    }
  }

  /** Resolves when it has received the next command that no earlier caller waits for, and has answered it. */
  nextReply(): Promise<void> {
    return new Promise((resolve) => this.waitingForCommand.push(resolve));
  }

  close(): void {
    this.closing = true;
    this.socket?.destroy();
  }

  private receive(bytes: Buffer): void {
    this.stream.push(bytes);
    for (let item = this.stream.next(); item !== null; item = this.stream.next()) {
      switch (item.kind) {
        case 'login':
          this.loggedIn?.();
          break;
        case 'acknowledgement':
          this.acknowledge(item.count);
          break;
        case 'message':
          this.socket?.write(REPLY);
          this.waitingForCommand.shift()?.();
      }
    }
  }

  private acknowledge(count: number): void {
    if (count !== RECORDS_PER_FRAME || this.framesToSend === 0) {
      throw new Error(`${count} records were acknowledged, ${this.framesToSend === 0 ? 0 : RECORDS_PER_FRAME} were sent`);
    }
    this.acknowledgedRecords += count;
    if (--this.framesToSend > 0) {
      this.socket?.write(this.frame.next());
    }
  }
}
