import { type FakeDevice } from '../support/fake-device.js';
import { crc16 } from '../support/frames.js';

const TYPE_COMMAND = 5;

/** A reply or message that the device sent. Each contains a unique number, which identifies it in the ledger. */
export interface DeviceReply {
  readonly text: string;
  /** The text of the command that it answers; null for a message that answers none. */
  readonly about: string | null;
  readonly kind: 'answer' | 'refusal' | 'postponed' | 'unknown';
  at: number;
  link: number;
  /** True when the gateway has certainly processed it: it acknowledged a later frame of the same connection. */
  handled: boolean;
}

export interface PendingRecord {
  readonly before: DeviceReply[];
  acknowledged: boolean;
}

/** One connection of the device: splits the bytes from the gateway into acknowledgements and commands. */
export class Link {
  loggedIn = false;
  /** The gateway has read half of a frame: it must not write a command now. */
  mustBeQuiet = false;
  /** Half of a frame was sent: nothing else may be sent before the rest. */
  inFrame = false;
  /** Sends that wait for the rest of the frame. */
  readonly held: (() => void)[] = [];
  readonly pendingRecords: PendingRecord[] = [];
  /** Replies since the last record: the acknowledgement of the next record shows that the gateway has processed them. */
  unacknowledged: DeviceReply[] = [];
  private received = Buffer.alloc(0);

  constructor(
    readonly number: number,
    readonly peer: FakeDevice,
    private readonly onCommand: (link: Link, text: string) => void,
    private readonly onViolation: (what: string) => void,
  ) {
    peer.socket.on('data', (bytes: Buffer) => {
      this.received = Buffer.concat([this.received, bytes]);
      while (this.readOne()) {
        // Until no complete message is left.
      }
    });
  }

  get isOpen(): boolean {
    return this.loggedIn && !this.peer.isClosed;
  }

  /** Sends at once, or after the frame that is half sent. */
  send(work: () => void): void {
    if (this.inFrame) {
      this.held.push(work);
    } else {
      work();
    }
  }

  private readOne(): boolean {
    if (this.peer.isClosed) {
      return false;
    }
    if (!this.loggedIn) {
      if (this.received[0] !== 0x01) {
        return false;
      }
      this.loggedIn = true;
      return this.consume(1);
    }
    if (this.received.length < 4) {
      return false;
    }
    if (this.received.readUInt32BE(0) !== 0) {
      this.acknowledge();
      return this.consume(4);
    }
    if (this.received.length < 8 || this.received.length < 12 + this.received.readUInt32BE(4)) {
      return false;
    }
    const length = this.received.readUInt32BE(4);
    const data = this.received.subarray(8, 8 + length);
    if (this.received.readUInt32BE(8 + length) !== crc16(data)) {
      this.onViolation('received a frame with a wrong CRC');
    }
    const text = data.subarray(7, 7 + data.readUInt32BE(3)).toString('latin1');
    if (data[0] !== 0x0c || data[1] !== 1 || data[2] !== TYPE_COMMAND || data.at(-1) !== 1 || data.length !== text.length + 8) {
      this.onViolation(`received a frame that is not a codec 12 command: ${data.toString('hex')}`);
    }
    this.consume(12 + length);
    this.onCommand(this, text);
    return true;
  }

  private acknowledge(): void {
    const record = this.pendingRecords.shift();
    if (!record) {
      this.onViolation('received an acknowledgement without an unacknowledged frame');
      return;
    }
    this.mustBeQuiet = false;
    record.acknowledged = true;
    record.before.forEach((reply) => (reply.handled = true));
  }

  private consume(bytes: number): true {
    this.received = this.received.subarray(bytes);
    return true;
  }
}
