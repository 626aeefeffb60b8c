import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { AdmissionSettings } from './admission.settings.js';
import { MetricsRegistry } from '../platform/observability/metrics-registry.js';
import { Periodic } from '../platform/scheduling/periodic-tasks.js';
import { type AdmissionRule } from './admission-rule.js';
import { UnregisteredDevicesRepository } from './unregistered-devices.repository.js';

const COUNT_EVERY_MS = 10_000;
/** Larger than any number of devices. Fits an integer of PostgreSQL. */
const UNBOUNDED = 2_147_483_647;

/**
 * Limits the number of unregistered devices. Anyone can invent an IMEI, and each admitted one gets permanent rows: its newest
 * record, its event sequence, its log. The number is counted in the database every ten seconds and by this instance in between, so instances
 * that admit at the same time can exceed the limit by the number of devices they admit within ten seconds. Registered devices, and those admitted before,
 * are not affected.
 */
@Injectable()
export class UnregisteredDevices implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger(UnregisteredDevices.name);
  private readonly isBounded: boolean;
  private count = 0;
  private isFullLogged = false;

  constructor(
    private readonly repository: UnregisteredDevicesRepository,
    private readonly settings: AdmissionSettings,
    private readonly metrics: MetricsRegistry,
  ) {
    this.isBounded = settings.DEVICE_ADMISSION === 'open' && settings.MAX_UNREGISTERED_DEVICES > 0;
  }

  onModuleInit(): void {
    this.metrics.gauge(
      {
        name: 'iot_broker_unregistered_devices',
        help: 'Cluster: devices admitted without being registered; no sample with `DEVICE_ADMISSION=registered` or without a bound.',
      },
      () => (this.isBounded ? this.count : null),
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    // An unavailable database does not abort the start: the next count follows in ten seconds.
    await this.countAgain().catch(() => undefined);
  }

  /** For the statements that admit devices. */
  get rule(): AdmissionRule {
    return { registeredOnly: this.settings.DEVICE_ADMISSION === 'registered', remaining: this.remaining };
  }

  private get remaining(): number {
    return this.isBounded ? Math.max(0, this.settings.MAX_UNREGISTERED_DEVICES - this.count) : UNBOUNDED;
  }

  /** This many new unregistered devices have been admitted. */
  noteAdmitted(devices: number): void {
    this.count += devices;
  }

  /** A device was refused because of the limit. Logged once until the limit allows a device again. */
  noteFull(): void {
    if (!this.isFullLogged) {
      this.isFullLogged = true;
      this.logger.warn(
        `${this.settings.MAX_UNREGISTERED_DEVICES} unregistered devices are admitted (MAX_UNREGISTERED_DEVICES): further ones are refused until they are registered`,
      );
    }
  }

  @Periodic({ everyMs: COUNT_EVERY_MS, failure: 'Unregistered devices could not be counted' })
  async countAgain(): Promise<void> {
    if (!this.isBounded) {
      return;
    }
    this.count = await this.repository.count();
    this.isFullLogged &&= this.remaining === 0;
  }
}
