import { ApiProperty } from '../platform/http/open-api-decorators.js';

/** A likely cause of a problem. */
export class LikelyCauseDto {
  /**
   * Stable code for programs.
   * @example 'CLOCK_AHEAD'
   */
  readonly code!: string;
  /**
   * Description.
   * @example 'The clock of the device is an hour ahead'
   */
  readonly text!: string;
}

/** One entry of the device's log. */
export class DeviceLogEntryDto {
  readonly at!: Date;
  @ApiProperty({ enum: ['login', 'refused', 'closed', 'rejected_frames', 'resent_records'] })
  readonly kind!: string;
  /** Address of a login, reason of a disconnect, or cause and count of entries that are added up. */
  @ApiProperty({ type: 'object', additionalProperties: true, example: { cause: 'BAD_CRC', count: 3 } })
  readonly detail!: Readonly<Record<string, unknown>>;
}

export class RecordFindingsDto {
  /** How many of its last records were examined. */
  readonly looked!: number;
  /** Received minus device time, of the record for which it is least; negative: the clock is ahead. */
  readonly leastClockOffsetSeconds!: number | null;
  /** Without satellites while the GNSS receiver was off or the device asleep (AVL ids 69 and 200). */
  readonly gnssOff!: number;
  /** Without satellites, and neither 69 nor 200 explains it. */
  readonly withoutFix!: number;
  /** Of those without fix, the ones at 0/0. */
  readonly atZero!: number;
  readonly lastReceivedAt!: Date | null;
}

/** Of the last 7 days. */
export class CommandFindingsDto {
  readonly unconfirmed!: number;
  readonly completed!: number;
  readonly unansweredAttempts!: number;
}

export class AdmissionFindingsDto {
  @ApiProperty({ enum: ['registered', 'banned'], nullable: true })
  readonly status!: string | null;
  readonly allowedRanges!: string[];
  readonly unknownAttempts!: number;
  readonly lastUnknownAt!: Date | null;
}

export class DiagnosisDto {
  readonly success!: true;
  /** @example '350612345678901' */
  readonly imei!: string;
  readonly connectedSince!: Date | null;
  readonly likelyCauses!: LikelyCauseDto[];
  /** Newest first. */
  readonly log!: DeviceLogEntryDto[];
  readonly records!: RecordFindingsDto;
  readonly commands!: CommandFindingsDto;
  readonly admission!: AdmissionFindingsDto;
}
