import { Injectable } from '@nestjs/common';
import { InvalidInputError } from '../platform/errors/domain-error.js';
import { DeviceNotRegisteredError } from './admission.errors.js';
import { type RegisteredDevice, type RegisteredDeviceStatus, type Registration, type SeenDevice } from './registered-device.js';
import { RegisteredDevicesRepository } from './registered-devices.repository.js';

export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

/** The operator's say about who may talk. */
@Injectable()
export class AdmissionService {
  constructor(private readonly repository: RegisteredDevicesRepository) {}

  async register(registration: Registration): Promise<RegisteredDevice> {
    await this.repository.register([registration]);
    return this.get(registration.imei);
  }

  /** Returns how many of them were not registered before. Throws InvalidInputError. */
  async registerAll(registrations: readonly Registration[]): Promise<number> {
    if (new Set(registrations.map(({ imei }) => imei)).size < registrations.length) {
      throw new InvalidInputError('devices must not name an imei twice');
    }
    return (await this.repository.register(registrations)).size;
  }

  /** Throws DeviceNotRegisteredError. */
  async get(imei: string): Promise<RegisteredDevice> {
    return required(await this.repository.find(imei));
  }

  /** Throws DeviceNotRegisteredError. */
  async remove(imei: string): Promise<void> {
    if (!(await this.repository.remove(imei))) {
      throw new DeviceNotRegisteredError();
    }
  }

  async ban(imei: string, reason: string | null): Promise<RegisteredDevice> {
    return required(await this.repository.ban(imei, reason));
  }

  /** Throws DeviceNotRegisteredError. */
  async unban(imei: string): Promise<RegisteredDevice> {
    return required(await this.repository.unban(imei));
  }

  async list(status: RegisteredDeviceStatus | null, after: string, limit: number): Promise<Page<RegisteredDevice>> {
    return page(await this.repository.list({ status, after, limit: limit + 1 }), limit);
  }

  async listUnknown(after: string, limit: number): Promise<Page<SeenDevice>> {
    return page(await this.repository.listUnknown(after, limit + 1), limit);
  }
}

function required(device: RegisteredDevice | null): RegisteredDevice {
  if (!device) {
    throw new DeviceNotRegisteredError();
  }
  return device;
}

/** One more than asked for tells whether there is a next page. */
function page<T extends { readonly imei: string }>(found: readonly T[], limit: number): Page<T> {
  const items = found.slice(0, limit);
  return { items, nextCursor: found.length > limit ? (items.at(-1)?.imei ?? null) : null };
}
