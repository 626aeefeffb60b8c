import { IsIn } from 'class-validator';
import { IntegerVariable } from '../platform/config/variables.js';

/** Admission of devices. */
export class AdmissionSettings {
  /** `registered` refuses devices that are not registered. `open` admits all devices that are not banned. */
  @IsIn(['open', 'registered'], { message: 'DEVICE_ADMISSION must be open or registered' })
  readonly DEVICE_ADMISSION: 'open' | 'registered' = 'open';

  /**
   * Maximum number of unregistered devices in the cluster with DEVICE_ADMISSION=open. Further ones are refused. Devices that were admitted
   * before and registered ones are not affected. 0: no limit.
   */
  @IntegerVariable(0, 100_000_000)
  readonly MAX_UNREGISTERED_DEVICES: number = 100_000;

  /** Days after which an admitted unregistered device that did not return is deleted. 0: never. */
  @IntegerVariable(0, 36_500)
  readonly UNREGISTERED_DEVICES_RETENTION_DAYS: number = 365;

  /** Maximum number of refused unregistered devices that are kept. Beyond it those seen longest ago are deleted. */
  @IntegerVariable(1, 10_000_000)
  readonly MAX_UNKNOWN_DEVICES: number = 10_000;

  /** Days for which a refused unregistered device is kept after its last attempt. 0: no limit by age. */
  @IntegerVariable(0, 36_500)
  readonly UNKNOWN_DEVICES_RETENTION_DAYS: number = 90;
}
