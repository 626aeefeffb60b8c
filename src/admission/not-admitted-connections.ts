import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Instance } from '../platform/cluster/instance.js';
import { InstanceChannel } from '../platform/cluster/instance-channel.js';
import { AdmissionSettings } from '../platform/config/settings.js';
import { DatabaseAvailability } from '../platform/database/database-availability.js';
import { ConnectionRegistry } from '../transport/connection-registry.js';
import { RegisteredDevicesRepository } from './registered-devices.repository.js';

const LOOK_EVERY_MS = 10_000;

/**
 * Closes the connections of devices that may not talk any more: banned, taken off the register, or pinned to other addresses. A
 * notification says so at once; looking finds what none has told, and a login that was being written while its device was banned.
 */
@Injectable()
export class NotAdmittedConnections implements OnModuleInit {
  private readonly logger = new Logger(NotAdmittedConnections.name);
  private looking = false;

  constructor(
    private readonly repository: RegisteredDevicesRepository,
    private readonly connections: ConnectionRegistry,
    private readonly instance: Instance,
    private readonly channel: InstanceChannel,
    private readonly settings: AdmissionSettings,
    private readonly database: DatabaseAvailability,
  ) {}

  onModuleInit(): void {
    this.channel.handle('admission', { onMessage: (imei) => void this.close(imei), onListening: () => void this.lookForAll() });
  }

  @Interval(LOOK_EVERY_MS)
  async lookForAll(): Promise<void> {
    if (this.looking || this.connections.size === 0) {
      return;
    }
    this.looking = true;
    await this.close(null);
    this.looking = false;
  }

  /** @param imei null: whichever device it is. */
  private async close(imei: string | null): Promise<void> {
    try {
      const registeredOnly = this.settings.DEVICE_ADMISSION === 'registered';
      for (const found of await this.repository.findNotAdmitted(this.instance.id, imei, registeredOnly)) {
        const connection = this.connections.find(found.imei);
        if (connection?.epoch === found.epoch) {
          connection.end('not-admitted');
        }
      }
    } catch (error) {
      const next = `next try in ${LOOK_EVERY_MS / 1000} s`;
      this.database.logFailure(this.logger, `Connections that are not admitted could not be looked for, ${next}`, error);
    }
  }
}
