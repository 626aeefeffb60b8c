import { IsIn } from 'class-validator';
import { IntegerVariable } from '../platform/config/variables.js';

/** Which devices are admitted. */
export class AdmissionSettings {
  /** `registered` refuses devices that are not registered; `open` takes all but the banned ones. */
  @IsIn(['open', 'registered'], { message: 'DEVICE_ADMISSION must be open or registered' })
  readonly DEVICE_ADMISSION: 'open' | 'registered' = 'open';

  /**
   * Devices admitted without being registered, all instances together, with DEVICE_ADMISSION=open; further ones are refused. Those admitted
   * before and registered ones are not affected. 0: no bound.
   */
  @IntegerVariable(0, 100_000_000)
  readonly MAX_UNREGISTERED_DEVICES: number = 100_000;

  /** Days after which an admitted unregistered device that did not come back is forgotten. 0: never. */
  @IntegerVariable(0, 36_500)
  readonly UNREGISTERED_DEVICES_RETENTION_DAYS: number = 365;

  /** Refused unregistered devices that are remembered; with more the ones seen longest ago are deleted. */
  @IntegerVariable(1, 10_000_000)
  readonly MAX_UNKNOWN_DEVICES: number = 10_000;

  /** Days for which a refused unregistered device is remembered after its last attempt. 0 keeps it. */
  @IntegerVariable(0, 36_500)
  readonly UNKNOWN_DEVICES_RETENTION_DAYS: number = 90;
}
