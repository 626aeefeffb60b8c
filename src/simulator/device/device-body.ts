import { type CommandedDevice } from '../commands/command-set.js';
import { DeviceParameters } from '../commands/device-parameters.js';
import { type DeviceSettings } from '../device-settings.js';
import { type FaultPlan } from '../fault-plan.js';
import { createRandom } from '../random.js';
import { RecordBuffer } from './record-buffer.js';
import { RecordSource, type StoredRecord } from './record-source.js';
import { type Clock } from '../timer-wheel.js';
import { type TrafficCounters } from '../traffic-counters.js';
import { Vehicle } from '../vehicle/vehicle.js';

/** Device time between two records when they do not follow the clock (intervalMs 0). */
const UNCLOCKED_PERIOD_MS = 10;

/** The device without its modem: clock, sensors, outputs, parameters, and the records it has written. */
export class DeviceBody implements CommandedDevice {
  readonly vehicle: Vehicle;
  readonly parameters: DeviceParameters;
  readonly buffer: RecordBuffer;
  bootedAtMs: number;
  restarts = 0;
  /** A record was written that is to be sent before a frame is full. */
  hasUrgentRecord = false;

  private readonly source: RecordSource;
  private startedAt: number | null = null;

  constructor(
    readonly imei: string,
    private readonly settings: DeviceSettings,
    private readonly clock: Clock,
    faults: FaultPlan,
    private readonly counters: TrafficCounters,
  ) {
    const { seed, index, codec, intervalMs, recordsPerFrame, startTimeMs, bufferRecords, host, port, centre } = settings;
    const random = createRandom(seed, index, 'ride');
    const firstMs = startTimeMs + random() * intervalMs;
    const periodMs = intervalMs === 0 ? UNCLOCKED_PERIOD_MS : intervalMs / recordsPerFrame;
    this.vehicle = new Vehicle(random, centre);
    this.parameters = new DeviceParameters(host, port);
    this.buffer = new RecordBuffer(bufferRecords);
    this.source = new RecordSource(this.vehicle, { codec, firstMs, periodMs }, faults);
    this.bootedAtMs = startTimeMs;
  }

  /** The clock of the device. It does not run before startClock(). */
  get nowMs(): number {
    const elapsedMs = this.startedAt === null ? 0 : this.clock() - this.startedAt;
    return this.settings.startTimeMs + elapsedMs;
  }

  get waitingRecords(): number {
    return this.buffer.size;
  }

  startClock(): void {
    this.startedAt = this.clock();
  }

  /** Writes the records that are due, and returns the milliseconds until the next one. */
  writeDueRecords(): number {
    while (this.source.nextAtMs <= this.nowMs) {
      this.writeRecord();
    }
    return this.source.nextAtMs - this.nowMs;
  }

  /** Writes the next periodic record, independent of the clock. */
  writeRecord(): void {
    this.vehicle.advanceOutputs(this.nowMs);
    this.store(this.source.next());
  }

  storeRecord(): void {
    this.vehicle.advanceOutputs(this.nowMs);
    this.store(this.source.extra(Math.round(this.nowMs)));
    this.hasUrgentRecord = true;
  }

  eraseRecords(): void {
    this.counters.recordsDropped += this.buffer.clear();
  }

  restart(): void {
    this.restarts++;
    this.bootedAtMs = this.nowMs + this.settings.rebootMs;
    for (const output of this.vehicle.outputs) {
      output.reset();
    }
  }

  private store(record: StoredRecord): void {
    this.counters.recordsCreated++;
    this.counters.recordsDropped += this.buffer.add(record);
  }
}
