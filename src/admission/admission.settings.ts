import { IsIn } from 'class-validator';
import { IntegerVariable } from '../platform/config/variables.js';

/** Admission of devices. */
export class AdmissionSettings {
  /** `registered` refuses devices that are not registered; banned devices are refused in both modes. */
  @IsIn(['open', 'registered'], { message: 'DEVICE_ADMISSION must be open or registered' })
  readonly DEVICE_ADMISSION: 'open' | 'registered' = 'open';

  /**
   * Unregistered devices that are admitted, for all instances together; further ones are refused until they are registered;
   * does not affect registered devices and those admitted before; 0: no limit.
   */
  @IntegerVariable(0, 100_000_000)
  readonly MAX_UNREGISTERED_DEVICES: number = 100_000;

  /** Days after its last login after which an admitted unregistered device is deleted; 0: never. */
  @IntegerVariable(0, 36_500)
  readonly UNREGISTERED_DEVICES_RETENTION_DAYS: number = 365;

  /** Refused unregistered devices that are listed; above it those seen longest ago are deleted. */
  @IntegerVariable(1, 10_000_000)
  readonly MAX_UNKNOWN_DEVICES: number = 10_000;

  /** Days for which such a device is listed after its last attempt; 0: indefinitely. */
  @IntegerVariable(0, 36_500)
  readonly UNKNOWN_DEVICES_RETENTION_DAYS: number = 90;
}
