import { type DeviceOptions } from './device-settings.js';
import { SimulatedDevice } from './device/simulated-device.js';
import { type Alarm, type Clock, TimerWheel } from './timer-wheel.js';
import { TrafficCounters } from './traffic-counters.js';

export interface FleetOptions extends Omit<DeviceOptions, 'index'> {
  readonly devices: number;
  /** How many devices are started per second. 0: all at once. */
  readonly rampPerSecond?: number;
}

const RAMP_STEP_MS = 20;
const DRAIN_CHECK_MS = 20;

/**
 * Many devices on one timer. Device i depends on the seed and on i, not on the size of the fleet: its IMEI, its ride, its faults, and its clock,
 * which shows the start time plus the time until the ramp starts it.
 */
export class Fleet {
  readonly devices: readonly SimulatedDevice[];
  readonly counters = new TrafficCounters();

  private readonly wheel: TimerWheel;
  private readonly rampAlarm: Alarm;
  private startedAt = 0;
  private started = 0;

  constructor(
    private readonly options: FleetOptions,
    private readonly clock: Clock = () => performance.now(),
  ) {
    this.wheel = new TimerWheel(clock);
    this.rampAlarm = this.wheel.createAlarm(() => this.startDueDevices());
    const environment = { wheel: this.wheel, clock, counters: this.counters };
    const startTimeMs = options.startTimeMs ?? Date.now();
    this.devices = Array.from({ length: options.devices }, (_, index) => {
      const settings = { ...options, index, startTimeMs: startTimeMs + Math.round(this.startDelayMs(index)) };
      return new SimulatedDevice(settings, environment);
    });
  }

  /** Number of records that were written and are not acknowledged, summed over the devices. */
  get waitingRecords(): number {
    let records = 0;
    for (const device of this.devices) {
      records += device.waitingRecords;
    }
    return records;
  }

  /** Whether every record that was written is acknowledged, waiting or dropped. */
  get isBalanced(): boolean {
    const { recordsCreated, recordsAcknowledged, recordsDropped } = this.counters;
    return recordsCreated === recordsAcknowledged + recordsDropped + this.waitingRecords;
  }

  start(): void {
    this.startedAt = this.clock();
    this.startDueDevices();
  }

  /** Stops writing records. Resolves with true when all records are acknowledged, and with false after the timeout. */
  drain(timeoutMs: number): Promise<boolean> {
    this.rampAlarm.cancel();
    for (const device of this.devices) {
      device.drain();
    }
    const deadline = this.clock() + timeoutMs;
    return new Promise((resolve) => {
      const check = (): void => {
        const isEmpty = this.waitingRecords === 0;
        if (isEmpty || this.clock() >= deadline) {
          resolve(isEmpty);
        } else {
          alarm.set(DRAIN_CHECK_MS);
        }
      };
      const alarm = this.wheel.createAlarm(check);
      check();
    });
  }

  /** Stops all devices. Frames in flight have `graceMs` to be acknowledged. */
  async stop(graceMs = 0): Promise<void> {
    this.rampAlarm.cancel();
    await Promise.all(this.devices.map((device) => device.stop(graceMs)));
  }

  private startDueDevices(): void {
    const elapsedMs = this.clock() - this.startedAt;
    while (this.started < this.devices.length && this.startDelayMs(this.started) <= elapsedMs) {
      this.devices[this.started++]!.start();
    }
    if (this.started < this.devices.length) {
      this.rampAlarm.set(RAMP_STEP_MS);
    }
  }

  private startDelayMs(index: number): number {
    const { rampPerSecond = 0 } = this.options;
    return rampPerSecond === 0 ? 0 : (index * 1000) / rampPerSecond;
  }
}
