import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricsRegistry } from '../platform/observability/metrics-registry.js';
import { StatsRegistry } from '../platform/observability/status-registries.js';
import { Periodic } from '../platform/scheduling/periodic-tasks.js';
import { DeviceLog } from '../diagnosis/device-log.js';
import { TransportCounters } from '../transport/transport-counters.js';
import { type LoginRefusal } from './admission-rule.js';
import { UnregisteredDevices } from './unregistered-devices.js';
import { type UnknownDevice } from './unregistered-device.entity.js';
import { UnknownDevicesRepository } from './unknown-devices.repository.js';

const WRITE_EVERY_MS = 2_000;
/** Maximum number of devices that wait to be written: invented IMEIs must not fill the memory. The table has its own limits. */
const MAX_WAITING_DEVICES = 10_000;

/** Counts refused logins and stores the refused devices. Counts are added up in memory, so a flood of refused logins causes few writes. */
@Injectable()
export class RefusedLogins implements OnModuleInit, BeforeApplicationShutdown {
  private readonly counts: Record<LoginRefusal | 'forgotten', number> = {
    unknown: 0,
    banned: 0,
    address: 0,
    limit: 0,
    forgotten: 0,
  };
  private unknown = new Map<string, UnknownDevice>();

  constructor(
    private readonly repository: UnknownDevicesRepository,
    private readonly log: DeviceLog,
    private readonly stats: StatsRegistry,
    private readonly metrics: MetricsRegistry,
    private readonly unregistered: UnregisteredDevices,
    private readonly transport: TransportCounters,
  ) {}

  onModuleInit(): void {
    this.stats.register('refusedLogins', () => ({ ...this.counts }));
    this.metrics.counter(
      {
        name: 'iot_broker_not_admitted_total',
        help: 'Logins, and packets by UDP, of devices that are not admitted, `reason`: `unknown` (not registered with `DEVICE_ADMISSION=registered`), `banned`, `address` (outside their pinned ranges), `limit` (`MAX_UNREGISTERED_DEVICES`).',
        labelNames: ['reason'],
      },
      () => (['unknown', 'banned', 'address', 'limit'] as const).map((reason) => [{ reason }, this.counts[reason]] as const),
    );
  }

  note(imei: string, address: string, refusal: LoginRefusal): void {
    this.counts[refusal]++;
    this.transport.failedAttempts.note(refusal, { remoteAddress: address, imei });
    if (refusal === 'limit') {
      this.unregistered.noteFull();
    }
    if (refusal === 'unknown' || refusal === 'limit') {
      this.noteUnknown(imei, address);
    } else {
      // Known devices only, because their number is limited.
      this.log.tally('refused', imei, refusal, 1, { address });
    }
  }

  @Periodic({ everyMs: WRITE_EVERY_MS, failure: 'Unknown devices could not be recorded' })
  async write(): Promise<void> {
    const batch = this.unknown;
    if (batch.size === 0) {
      return;
    }
    this.unknown = new Map();
    try {
      await this.repository.add([...batch.values()]);
    } catch (error) {
      this.counts.forgotten += batch.size;
      throw error;
    }
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.write();
  }

  private noteUnknown(imei: string, address: string): void {
    const now = new Date();
    const known = this.unknown.get(imei);
    if (known) {
      Object.assign(known, { lastSeen: now, attempts: known.attempts + 1, lastAddress: address });
      return;
    }
    if (this.unknown.size >= MAX_WAITING_DEVICES) {
      // A Map keeps the order of insertion.
      this.unknown.delete(this.unknown.keys().next().value ?? '');
      this.counts.forgotten++;
    }
    this.unknown.set(imei, { imei, firstSeen: now, lastSeen: now, attempts: 1, lastAddress: address });
  }
}
