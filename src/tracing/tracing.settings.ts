import { IsOptional, Matches } from 'class-validator';

/** Devices that are traced from the start. */
export class TracingSettings {
  /** IMEIs separated by commas: every byte of these devices is logged in hex while the process runs. */
  @IsOptional()
  @Matches(/^\s*\d{15}\s*(,\s*\d{15}\s*)*$/, { message: 'LOG_DEVICE must be IMEIs of 15 digits, separated by commas' })
  readonly LOG_DEVICE?: string;
}
