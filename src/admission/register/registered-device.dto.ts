import { ApiProperty } from '../../platform/http/open-api-decorators.js';
import { REGISTERED_DEVICE_STATUSES, type RegisteredDeviceStatus } from './registered-device.js';

export class RegisteredDeviceDto {
  /** @example '350612345678901' */
  readonly imei!: string;
  @ApiProperty({ enum: REGISTERED_DEVICE_STATUSES })
  readonly status!: RegisteredDeviceStatus;
  /** @example 'Van 12' */
  readonly name!: string | null;
  /**
   * Free text.
   * @example 'Keys in the office'
   */
  readonly note!: string | null;
  /**
   * Reason of the ban. Null when the device is not banned, or when no reason was given.
   * @example 'stolen'
   */
  readonly banReason!: string | null;
  /** Address ranges from which it may log in. Empty: any address. */
  readonly allowedRanges!: string[];
  readonly createdAt!: Date;
  readonly updatedAt!: Date;
}

export class RegisteredDeviceAnswerDto {
  readonly success!: true;
  readonly device!: RegisteredDeviceDto;
}

export class RegisteredDeviceListDto {
  readonly success!: true;
  readonly count!: number;
  readonly devices!: RegisteredDeviceDto[];
  /** @example '350612345678901' */
  readonly nextCursor!: string | null;
}

export class BulkRegisteredDto {
  readonly success!: true;
  readonly count!: number;
  /** How many of them were not registered before. */
  readonly created!: number;
}

export class DeviceRemovedDto {
  readonly success!: true;
}

/** A device that was refused because it is not registered. */
export class UnknownDeviceDto {
  /** @example '350612345678901' */
  readonly imei!: string;
  readonly firstSeen!: Date;
  readonly lastSeen!: Date;
  /** Logins that were refused. */
  readonly attempts!: number;
  /**
   * Address of the last login.
   * @example '198.51.100.7'
   */
  readonly lastAddress!: string;
}

export class UnknownDeviceListDto {
  readonly success!: true;
  readonly count!: number;
  readonly devices!: UnknownDeviceDto[];
  /** @example '350612345678901' */
  readonly nextCursor!: string | null;
}
