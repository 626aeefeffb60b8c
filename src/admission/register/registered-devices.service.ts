import { Injectable } from '@nestjs/common';
import { type AuditActor } from '../../access/audit/audit-actor.js';
import { AuditService } from '../../access/audit/audit.service.js';
import { type Page } from '../../platform/database/bounded-page.js';
import { IMEI_CURSOR } from '../../platform/database/page-cursor.js';
import { InvalidInputError } from '../../platform/errors/errors.js';
import { type UnknownDevice } from '../unregistered-device.entity.js';
import { UnknownDevicesRepository } from '../unknown-devices.repository.js';
import { DeviceNotRegisteredError, type RegisteredDeviceStatus, type Registration } from './registered-device.js';
import { type RegisteredDevice } from './registered-device.entity.js';
import { RegisteredDevicesRepository } from './registered-devices.repository.js';

export interface DevicePage<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

/** REST operations on the register: register, change, ban, remove, list. */
@Injectable()
export class RegisteredDevicesService {
  constructor(
    private readonly repository: RegisteredDevicesRepository,
    private readonly unknown: UnknownDevicesRepository,
    private readonly audit: AuditService,
  ) {}

  async register(registration: Registration, actor: AuditActor): Promise<RegisteredDevice> {
    const { imei, ...details } = registration;
    await this.repository.transaction(async (manager) => {
      await this.repository.register(manager, [registration]);
      await this.audit.record({ actor, action: 'device.registered', imei, details }, manager);
    });
    return this.get(imei);
  }

  /** Returns how many of them were not registered before. Throws InvalidInputError. */
  async registerAll(registrations: readonly Registration[], actor: AuditActor): Promise<number> {
    const imeis = registrations.map(({ imei }) => imei);
    if (new Set(imeis).size < imeis.length) {
      throw new InvalidInputError('devices must not name an imei twice');
    }
    return this.repository.transaction(async (manager) => {
      const created = await this.repository.register(manager, registrations);
      await this.audit.record({ actor, action: 'device.registered', details: { imeis } }, manager);
      return created.size;
    });
  }

  /** Throws DeviceNotRegisteredError. */
  async get(imei: string): Promise<RegisteredDevice> {
    return required(await this.repository.find(imei));
  }

  /** Throws DeviceNotRegisteredError. */
  async remove(imei: string, actor: AuditActor): Promise<void> {
    await this.repository.transaction(async (manager) => {
      if (!(await this.repository.remove(manager, imei))) {
        throw new DeviceNotRegisteredError();
      }
      await this.audit.record({ actor, action: 'device.removed', imei }, manager);
    });
  }

  ban(imei: string, reason: string | null, actor: AuditActor): Promise<RegisteredDevice> {
    return this.repository.transaction(async (manager) => {
      const device = required(await this.repository.ban(manager, imei, reason));
      const details = reason === null ? {} : { reason };
      await this.audit.record({ actor, action: 'device.banned', imei, details }, manager);
      return device;
    });
  }

  /** Throws DeviceNotRegisteredError. */
  unban(imei: string, actor: AuditActor): Promise<RegisteredDevice> {
    return this.repository.transaction(async (manager) => {
      const device = required(await this.repository.unban(manager, imei));
      await this.audit.record({ actor, action: 'device.unbanned', imei }, manager);
      return device;
    });
  }

  async list(status: RegisteredDeviceStatus | null, after: string, limit: number): Promise<DevicePage<RegisteredDevice>> {
    return devicePage(await this.repository.list({ status, after, limit }));
  }

  async listUnknown(after: string, limit: number): Promise<DevicePage<UnknownDevice>> {
    // One extra row shows whether there are more pages.
    const found = await this.unknown.list(after, limit + 1);
    return devicePage({ rows: found.slice(0, limit), hasMore: found.length > limit });
  }
}

function required(device: RegisteredDevice | null): RegisteredDevice {
  if (!device) {
    throw new DeviceNotRegisteredError();
  }
  return device;
}

function devicePage<T extends { readonly imei: string }>(page: Page<T>): DevicePage<T> {
  return { items: [...page.rows], nextCursor: IMEI_CURSOR.next(page, ({ imei }) => ({ imei })) };
}
