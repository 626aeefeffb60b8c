import { DomainError } from '../../platform/errors/errors.js';

/** `banned`: refused whatever DEVICE_ADMISSION says. */
export const REGISTERED_DEVICE_STATUSES = ['registered', 'banned'] as const;
export type RegisteredDeviceStatus = (typeof REGISTERED_DEVICE_STATUSES)[number];

/** Undefined keeps a value, null clears it. */
export interface Registration {
  readonly imei: string;
  readonly name?: string | null;
  readonly note?: string | null;
  readonly allowedRanges?: readonly string[] | null;
}

/** The device is not in the register. */
export class DeviceNotRegisteredError extends DomainError {
  override readonly name = 'DeviceNotRegisteredError';
  readonly code = 'DEVICE_NOT_REGISTERED';
  readonly httpStatus = 404;

  constructor() {
    super('Device not registered');
  }
}
