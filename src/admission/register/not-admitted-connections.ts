import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Instance } from '../../platform/cluster/cluster-membership.js';
import { InstanceChannel } from '../../platform/cluster/instance-channel.js';
import { AdmissionSettings } from '../admission.settings.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { ConnectionRegistry } from '../../transport/connection-registry.js';
import { RegisteredDevicesRepository } from './registered-devices.repository.js';

const LOOK_EVERY_MS = 10_000;

/**
 * Closes the connections of devices that are no longer admitted: banned, removed from the register, or pinned to other addresses. A
 * notification closes them at once; the periodic search finds those whose notification was lost, and logins that were being written meanwhile.
 */
@Injectable()
export class NotAdmittedConnections implements OnModuleInit {
  constructor(
    private readonly repository: RegisteredDevicesRepository,
    private readonly connections: ConnectionRegistry,
    private readonly instance: Instance,
    private readonly channel: InstanceChannel,
    private readonly settings: AdmissionSettings,
  ) {}

  onModuleInit(): void {
    this.channel.handle('admission', { onMessage: (imei) => this.close(imei), onListening: () => this.lookForAll() });
  }

  @Periodic({ everyMs: LOOK_EVERY_MS, failure: 'Connections of devices that are not admitted could not be searched' })
  async lookForAll(): Promise<void> {
    if (this.connections.size > 0) {
      await this.close(null);
    }
  }

  /** @param imei null: of any device. */
  private async close(imei: string | null): Promise<void> {
    const registeredOnly = this.settings.DEVICE_ADMISSION === 'registered';
    for (const found of await this.repository.findNotAdmitted(this.instance.id, imei, registeredOnly)) {
      const connection = this.connections.find(found.imei);
      if (connection?.epoch === found.epoch) {
        connection.end('not-admitted');
      }
    }
  }
}
