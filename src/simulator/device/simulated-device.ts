import { CommandRunner, type ExecutedCommand } from '../commands/command-runner.js';
import { DeviceBody } from './device-body.js';
import { type Connection } from '../connection/connection.js';
import { DatagramConnection } from '../connection/datagram-connection.js';
import {
  completeSettings,
  deviceImei,
  type DeviceOptions,
  type DeviceSettings,
  type DeviceEnvironment,
  type LedgerEntry,
} from '../device-settings.js';
import { FaultPlan } from '../fault-plan.js';
import { type StoredRecord } from './record-source.js';
import { type OutgoingFrame, RecordTransmission } from './record-transmission.js';
import { ServerConnection } from '../connection/server-connection.js';
import { type Alarm, type Clock, TimerWheel } from '../timer-wheel.js';
import { TrafficCounters } from '../traffic-counters.js';
import { type Vehicle } from '../vehicle/vehicle.js';

/**
 * One TFT100. It writes records by its clock into a bounded buffer and sends them one frame at a time, each until it is acknowledged with
 * the right count. Between two frames it executes commands. It is new, running (after drain() without writing records), finishing (after
 * stop(), while a frame is in flight), or over.
 */
export class SimulatedDevice {
  readonly imei: string;
  readonly counters: TrafficCounters;
  /** All acknowledged records, if settings.keepLedger. */
  readonly ledger: LedgerEntry[] = [];

  private readonly settings: DeviceSettings;
  private readonly clock: Clock;
  private readonly faults: FaultPlan;
  private readonly body: DeviceBody;
  private readonly transmission: RecordTransmission;
  private readonly connection: Connection;
  private readonly commands: CommandRunner;
  private readonly recordAlarm: Alarm;
  private readonly ackAlarm: Alarm;
  private readonly resendAlarm: Alarm;
  private readonly graceAlarm: Alarm;

  private state: 'new' | 'running' | 'finishing' | 'over' = 'new';
  private isWriting = true;
  private sentAt = 0;
  private readonly over: Promise<void>;
  private resolveOver: () => void = () => undefined;

  constructor(options: DeviceOptions, environment: DeviceEnvironment = {}) {
    const settings = completeSettings(options);
    const wheel = environment.wheel ?? new TimerWheel();
    this.settings = settings;
    this.imei = deviceImei(settings.imeiBase, settings.index);
    this.counters = environment.counters ?? new TrafficCounters();
    this.clock = environment.clock ?? (() => performance.now());
    this.faults = new FaultPlan(settings.faults, settings.seed, settings.index, this.counters.faults);
    this.body = new DeviceBody(this.imei, settings, this.clock, this.faults, this.counters);
    this.transmission = new RecordTransmission(this.body.buffer, settings, this.faults);
    this.connection = settings.udp
      ? new DatagramConnection(this.imei, settings, wheel, this.counters)
      : new ServerConnection(this.imei, settings, wheel, this.faults, this.counters);
    this.commands = new CommandRunner(this.body, this.connection, settings, this.faults, this.counters);
    this.recordAlarm = wheel.createAlarm(() => this.writeDueRecords());
    this.ackAlarm = wheel.createAlarm(() => this.missAcknowledgement());
    this.resendAlarm = wheel.createAlarm(() => this.sendNext());
    this.graceAlarm = wheel.createAlarm(() => this.finish());
    this.over = new Promise((resolve) => (this.resolveOver = resolve));
  }

  get isConnected(): boolean {
    return this.connection.isReady;
  }

  /** Number of records that were written and are not acknowledged. */
  get waitingRecords(): number {
    return this.body.waitingRecords + this.transmission.unacknowledged;
  }

  /** The executed commands, in order. */
  get executedCommands(): readonly ExecutedCommand[] {
    return this.commands.executed;
  }

  get vehicle(): Vehicle {
    return this.body.vehicle;
  }

  start(): void {
    if (this.state !== 'new') {
      throw new Error(`device ${this.imei} was started before`);
    }
    this.state = 'running';
    this.connection.events = {
      ready: () => this.sendNext(),
      acknowledged: (count) => this.handleAcknowledgement(count),
      message: (frame) => {
        this.commands.add(frame);
        this.sendNext();
      },
      lost: () => this.handleLoss(),
      isAwaitingAcknowledgement: () => this.transmission.current !== null,
    };
    this.body.startClock();
    this.writeDueRecords();
    this.connection.open();
  }

  /** Stops writing records, and sends the waiting ones without waiting for a full frame. */
  drain(): void {
    this.isWriting = false;
    this.recordAlarm.cancel();
    this.sendNext();
  }

  /**
   * Disconnects and does not return. A frame in flight has `graceMs` to be acknowledged; waiting records are not sent. Resolves when
   * the connection is closed.
   */
  stop(graceMs = 0): Promise<void> {
    if (this.state === 'new' || this.state === 'running') {
      this.isWriting = false;
      this.recordAlarm.cancel();
      this.state = 'finishing';
      if (graceMs > 0 && this.transmission.current !== null) {
        this.graceAlarm.set(graceMs);
      } else {
        this.finish();
      }
    }
    return this.over;
  }

  /** Drops the connection and reconnects after `waitMs`, by default by the reconnect schedule. */
  dropConnection(waitMs?: number): void {
    if (this.state === 'running') {
      this.connection.drop(waitMs);
    }
  }

  private writeDueRecords(): void {
    if (this.settings.intervalMs > 0) {
      this.recordAlarm.set(this.body.writeDueRecords());
      this.sendNext();
    }
  }

  private sendNext(): void {
    if (this.state !== 'running' || !this.isConnected || this.transmission.current !== null || this.resendAlarm.isSet) {
      return;
    }
    this.commands.runAll();
    if (!this.isConnected) {
      return;
    }
    const { recordsPerFrame, intervalMs } = this.settings;
    while (intervalMs === 0 && this.isWriting && this.body.waitingRecords < recordsPerFrame) {
      this.body.writeRecord();
    }
    const frame = this.transmission.next(this.isWriting && !this.body.hasUrgentRecord ? recordsPerFrame : 1);
    if (frame !== null) {
      this.send(frame);
    }
  }

  private send(frame: OutgoingFrame): void {
    this.body.hasUrgentRecord = false;
    this.counters.framesSent++;
    this.counters.resends += frame.kind === 'resend' ? 1 : 0;
    this.sentAt = this.clock();
    this.ackAlarm.set(this.settings.ackTimeoutMs);
    this.connection.send(frame.bytes);
    if (this.faults.occurs('halfOpen')) {
      this.connection.goHalfOpen();
    }
  }

  private handleAcknowledgement(count: number): void {
    const result = this.transmission.acknowledge(count);
    switch (result.kind) {
      case 'accepted':
        this.ackAlarm.cancel();
        this.connection.confirmWorking();
        this.countAcknowledged(result.frame, result.records);
        this.sendNextOrFinish();
        break;
      case 'wrong-count':
        this.counters.wrongCounts++;
        this.ackAlarm.cancel();
        this.resendAlarm.set(this.settings.resendDelayMs);
        break;
      case 'unexpected':
        this.counters.unexpectedAcknowledgements++;
        break;
      case 'lost':
        break;
    }
  }

  private countAcknowledged(frame: OutgoingFrame, records: readonly StoredRecord[]): void {
    this.counters.framesAcknowledged++;
    this.counters.recordsAcknowledged += records.length;
    this.counters.badCrcAcknowledged += frame.hasBadCrc ? 1 : 0;
    this.counters.acknowledgementMs.add(this.clock() - this.sentAt);
    if (this.settings.keepLedger) {
      this.ledger.push(...records.map(({ timestampMs, bytes }) => ({ imei: this.imei, timestampMs, bytes })));
    }
    if (records.length > 0) {
      this.settings.onAcknowledged?.(this.imei, records);
    }
  }

  private sendNextOrFinish(): void {
    if (this.state === 'finishing') {
      this.finish();
    } else {
      this.sendNext();
    }
  }

  private missAcknowledgement(): void {
    this.counters.missingAcknowledgements++;
    this.connection.drop();
  }

  private handleLoss(): void {
    this.ackAlarm.cancel();
    this.resendAlarm.cancel();
    this.transmission.connectionLost();
    this.commands.discardWaiting();
    if (this.state === 'finishing') {
      this.finish();
    }
  }

  private finish(): void {
    if (this.state === 'over') {
      return;
    }
    this.state = 'over';
    for (const alarm of [this.ackAlarm, this.resendAlarm, this.graceAlarm]) {
      alarm.cancel();
    }
    this.commands.discardWaiting();
    void this.connection.close().then(() => this.resolveOver());
  }
}
