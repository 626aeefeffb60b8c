import { ApiPropertyOptional } from '../../platform/http/open-api-decorators.js';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { IMEI_CURSOR } from '../../platform/database/page-cursor.js';
import { Cursor, PageLimit } from '../../platform/http/request-values.js';
import { isAddressRange } from './address-range.js';
import { REGISTERED_DEVICE_STATUSES, type RegisteredDeviceStatus } from './registered-device.js';

const MAX_RANGES = 50;
const MAX_DEVICES = 1_000;
const DEVICES_MESSAGE = 'devices must be objects: {imei, name, note, allowedRanges}';

/** Description of a device. A field that is left out keeps its value; null clears it. */
export class RegistrationDto {
  /**
   * Free text. Left out: unchanged. Null: cleared.
   * @example 'Van 12'
   */
  @IsOptional()
  @IsString({ message: 'name must be text' })
  @MaxLength(200, { message: 'name must be at most 200 characters long' })
  readonly name?: string | null;

  /**
   * Free text. Left out: unchanged. Null: cleared.
   * @example 'Keys in the office'
   */
  @IsOptional()
  @IsString({ message: 'note must be text' })
  @MaxLength(2_000, { message: 'note must be at most 2000 characters long' })
  readonly note?: string | null;

  /**
   * Addresses that it may log in from, as CIDR blocks. Left out: unchanged. Null or empty: any address.
   * @example ['198.51.100.0/24']
   */
  @IsOptional()
  @IsArray({ message: 'allowedRanges must be a list' })
  @ArrayMaxSize(MAX_RANGES, { message: `allowedRanges must be at most ${MAX_RANGES}` })
  @ValidateBy(
    { name: 'isAddressRange', validator: { validate: isAddressRange } },
    { each: true, message: 'allowedRanges must be CIDR blocks without bits behind the prefix (198.51.100.0/24)' },
  )
  readonly allowedRanges?: string[] | null;
}

export class DeviceRegistrationDto extends RegistrationDto {
  /**
   * 15 digits.
   * @example '350612345678901'
   */
  @Matches(/^\d{15}$/, { message: 'imei must be 15 digits' })
  readonly imei!: string;
}

export class BulkRegistrationDto {
  /** All of them are registered, or none. */
  @IsArray({ message: 'devices must be a list' })
  @ArrayMinSize(1, { message: 'devices must not be empty' })
  @ArrayMaxSize(MAX_DEVICES, { message: `devices must be at most ${MAX_DEVICES} at once` })
  // ValidateNested accepts a list within the list, because a list has no properties to validate.
  @IsObject({ each: true, message: DEVICES_MESSAGE })
  @ValidateNested({ each: true, message: DEVICES_MESSAGE })
  @Type(() => DeviceRegistrationDto)
  readonly devices!: DeviceRegistrationDto[];
}

export class BanDto {
  /**
   * Free text.
   * @example 'stolen'
   */
  @IsOptional()
  @IsString({ message: 'reason must be text' })
  @MaxLength(500, { message: 'reason must be at most 500 characters long' })
  readonly reason?: string | null;
}

/** A page in the order of the IMEIs. */
export class ImeiPageQuery {
  /** Devices per page. */
  @PageLimit()
  readonly limit: number = 100;

  /**
   * `nextCursor` of the previous page.
   * @example '350612345678901'
   */
  @Cursor(IMEI_CURSOR)
  readonly cursor?: string;
}

export class RegisteredDevicesQuery extends ImeiPageQuery {
  /** Only devices with this status. */
  @ApiPropertyOptional({ enum: REGISTERED_DEVICE_STATUSES })
  @IsOptional()
  @IsIn(REGISTERED_DEVICE_STATUSES, { message: `status must be ${REGISTERED_DEVICE_STATUSES.join(' or ')}` })
  readonly status?: RegisteredDeviceStatus;
}
