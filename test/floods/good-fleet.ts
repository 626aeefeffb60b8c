import { connect, type Socket } from 'node:net';
import { login, recordsFrame } from '../support/frames.js';

/** A process of its own: devices that send a frame a second each, and how long their acknowledgements take. */
export interface FleetOrder {
  readonly port: number;
  readonly devices: number;
  readonly periodMs: number;
}

export interface FleetFigures {
  readonly latenciesMs: readonly number[];
  /** Frames that are not acknowledged yet, and how long the oldest of them has waited. */
  readonly waiting: number;
  readonly waitingMs: number;
  readonly disconnected: number;
  readonly wrong: number;
}

const ACKNOWLEDGEMENT_BYTES = 4;
const RECORDS = 5;
/**
 * Another one than the attackers have, for a bound on the connections of one address must not strike them. The attackers have the default one:
 * to choose an address costs a search for a port, which slows a flood down to a third.
 */
const OWN_ADDRESS = process.platform === 'linux' ? { localAddress: '127.0.0.2' } : {};

class FleetDevice {
  sentAt: number | null = null;
  isLoggedIn = false;
  isGone = false;
  wrong = 0;
  private readonly socket: Socket;
  private timestampMs = Date.now() - 3_600_000;
  private received = Buffer.alloc(0);

  constructor(
    imei: string,
    port: number,
    private readonly onAcknowledged: (latencyMs: number) => void,
  ) {
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, ...OWN_ADDRESS });
    this.socket.once('connect', () => this.socket.write(login(imei)));
    this.socket.on('data', (bytes: Buffer) => this.take(bytes));
    this.socket.on('error', () => (this.isGone = true));
    this.socket.on('close', () => (this.isGone = true));
  }

  /** Not before the last frame was acknowledged, as real devices do. */
  send(): void {
    if (this.isLoggedIn && this.sentAt === null && !this.isGone) {
      const records = Array.from({ length: RECORDS }, () => ({ timestampMs: this.timestampMs++, satellites: 8 }));
      const frame = recordsFrame(records);
      this.sentAt = performance.now();
      this.socket.write(frame);
    }
  }

  private take(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes]);
    if (!this.isLoggedIn) {
      this.isLoggedIn = this.received[0] === 1;
      this.received = this.received.subarray(1);
    }
    if (this.received.length >= ACKNOWLEDGEMENT_BYTES && this.sentAt !== null) {
      this.wrong += this.received.readUInt32BE(0) === RECORDS ? 0 : 1;
      this.received = this.received.subarray(ACKNOWLEDGEMENT_BYTES);
      this.onAcknowledged(performance.now() - this.sentAt);
      this.sentAt = null;
    }
  }
}

const FIRST_IMEI = 866_100_000_000_000;
let latenciesMs: number[] = [];
let fleet: FleetDevice[] = [];

process.on('message', (message: FleetOrder | 'measure' | 'figures') => {
  if (message === 'measure') {
    latenciesMs = [];
  } else if (message === 'figures') {
    process.send?.(figures());
  } else {
    start(message);
  }
});

function start({ port, devices, periodMs }: FleetOrder): void {
  fleet = Array.from(
    { length: devices },
    (_, index) => new FleetDevice(String(FIRST_IMEI + index), port, (latencyMs) => latenciesMs.push(latencyMs)),
  );
  fleet.forEach((device, index) => {
    setTimeout(() => setInterval(() => device.send(), periodMs), (index * periodMs) / devices);
  });
  const ready = setInterval(() => {
    if (fleet.every(({ isLoggedIn }) => isLoggedIn)) {
      clearInterval(ready);
      process.send?.('ready');
    }
  }, 50);
}

function figures(): FleetFigures {
  const waiting = fleet.flatMap(({ sentAt }) => sentAt ?? []);
  return {
    latenciesMs,
    waiting: waiting.length,
    waitingMs: Math.max(0, ...waiting.map((sentAt) => performance.now() - sentAt)),
    disconnected: fleet.filter(({ isGone }) => isGone).length,
    wrong: fleet.reduce((sum, { wrong }) => sum + wrong, 0),
  };
}
