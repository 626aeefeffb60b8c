import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type AvlRecord } from '../../protocol/avl-record.js';
import { type RecordWatcher, StoredRecords } from '../../telemetry/latest/stored-records.js';
import { newerState, newestStateOf, type VehicleState } from '../../telemetry/latest/vehicle-state.js';
import { evaluateGuard, type Guard } from './guard.js';
import { type HeldDevice } from './guard-basis.js';

interface WatchedDevice {
  /** Guarded commands of it wait. Null: it is not known which guards they have. Undefined: none waits. */
  guards: readonly Guard[] | null | undefined;
  /** When a command was last added, as a number of `GuardWatch.steps`. */
  addedAt: number;
  /** Writes in progress that depend on the newest record. */
  holders: number;
  /** The newest of the records that have been stored by this instance since the device is watched. */
  newest: VehicleState | null;
}

/**
 * Devices of this instance with guarded commands that wait, or that are being written. For these alone stored records are looked at: they may
 * meet a guard, and they may forbid a write that was decided a moment before.
 *
 * What waits is a hint, refreshed by polling the ledger: a device that is missing is evaluated later, never written to by mistake.
 */
@Injectable()
export class GuardWatch implements OnModuleInit, RecordWatcher {
  private readonly devices = new Map<string, WatchedDevice>();
  private onHopeful: (imei: string) => void = () => undefined;
  private steps = 0;

  constructor(private readonly records: StoredRecords) {}

  onModuleInit(): void {
    this.records.addWatcher(this);
  }

  /** @param handler called when a record of a device with waiting commands meets one of their guards. */
  whenHopeful(handler: (imei: string) => void): void {
    this.onHopeful = handler;
  }

  watches(imei: string): boolean {
    return this.devices.has(imei);
  }

  onStored(imei: string, records: readonly AvlRecord[]): void {
    const device = this.devices.get(imei);
    if (!device) {
      return;
    }
    const nowMs = Date.now();
    device.newest = newerState(device.newest, newestStateOf(records, nowMs));
    const { guards, newest } = device;
    if (guards === null || guards?.some((guard) => evaluateGuard(guard, newest, nowMs).unmet.length === 0) === true) {
      this.onHopeful(imei);
    }
  }

  /** Whether guarded commands of the device may wait. */
  isWaiting(imei: string): boolean {
    return this.devices.get(imei)?.guards !== undefined;
  }

  /** A guarded command of the device waits. */
  add(imei: string): void {
    const device = this.deviceOf(imei);
    device.guards = null;
    device.addedAt = ++this.steps;
  }

  /** To be passed to `update` and `replaceAll` with what was read from the ledger after this call. */
  get step(): number {
    return this.steps;
  }

  /** The guards of a device's waiting commands. Without effect on a device that was added in the meantime. */
  update(imei: string, guards: readonly Guard[], readAt: number): void {
    const device = this.devices.get(imei);
    if (guards.length > 0 && (device === undefined || device.addedAt <= readAt)) {
      this.deviceOf(imei).guards = guards;
    } else if (device && device.addedAt <= readAt) {
      device.guards = undefined;
      this.dropUnused(imei, device);
    }
  }

  /** All devices of this instance with waiting guarded commands. */
  replaceAll(waiting: ReadonlyMap<string, readonly Guard[]>, readAt: number): void {
    [...this.devices.keys()].filter((imei) => !waiting.has(imei)).forEach((imei) => this.update(imei, [], readAt));
    waiting.forEach((guards, imei) => this.update(imei, guards, readAt));
  }

  /** From now on until `release` the newest record that this instance stores of the device is known. */
  hold(imei: string): HeldDevice {
    const device = this.deviceOf(imei);
    device.holders++;
    return {
      newest: () => device.newest,
      release: () => {
        device.holders--;
        this.dropUnused(imei, device);
      },
    };
  }

  private deviceOf(imei: string): WatchedDevice {
    const known = this.devices.get(imei);
    if (known) {
      return known;
    }
    const device: WatchedDevice = { guards: undefined, addedAt: 0, holders: 0, newest: null };
    this.devices.set(imei, device);
    return device;
  }

  private dropUnused(imei: string, { guards, holders }: WatchedDevice): void {
    if (guards === undefined && holders === 0) {
      this.devices.delete(imei);
    }
  }
}
