import { setTimeout as delay } from 'node:timers/promises';
import { LoadDevice } from './load-device.js';
import { pace } from './pace.js';

const DAY_MS = 86_400_000;
const LOGINS_AT_A_TIME = 500;
const FIRST_IMEI = 350_612_000_000_000;

export interface FleetSize {
  readonly devices: number;
  readonly recordsPerFrame: number;
}

/** Devices that send together, and what was acknowledged to them. */
export class LoadFleet {
  /** Records, since the login. */
  acknowledged = 0;
  private latenciesMs: number[] = [];
  private readonly devices: readonly LoadDevice[];

  constructor(
    port: number,
    readonly size: FleetSize,
  ) {
    const firstTimestampMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const onAcknowledged = (records: number, latencyMs: number): void => {
      this.acknowledged += records;
      this.latenciesMs.push(latencyMs);
    };
    const { recordsPerFrame } = size;
    this.devices = Array.from({ length: size.devices }, (_, index) => {
      const imei = String(FIRST_IMEI + index);
      return new LoadDevice({ host: '127.0.0.1', port, imei, recordsPerFrame, firstTimestampMs, onAcknowledged }, index);
    });
  }

  async logIn(): Promise<void> {
    for (let start = 0; start < this.devices.length; start += LOGINS_AT_A_TIME) {
      await Promise.all(this.devices.slice(start, start + LOGINS_AT_A_TIME).map((device) => device.logIn()));
    }
  }

  /** Each sends its next frame as soon as the last one was acknowledged. */
  start(): void {
    this.devices.forEach((device) => device.start());
  }

  /** Frames at an even pace, without waiting for acknowledgements; then waits for what is in flight. */
  async sendEvenly(recordsPerSecond: number, durationMs: number): Promise<void> {
    let sent = 0;
    await pace(recordsPerSecond / this.size.recordsPerFrame, durationMs, () =>
      this.devices[sent++ % this.devices.length]!.sendWhenDue(),
    );
    await this.stop();
  }

  /** Resolves when all that was sent is acknowledged. */
  async stop(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.stop()));
    await delay(0);
  }

  close(): void {
    this.devices.forEach((device) => device.close());
  }

  /** Of the frames acknowledged since the last call. */
  takeLatencies(): number[] {
    const taken = this.latenciesMs;
    this.latenciesMs = [];
    return taken;
  }
}
