import { ApiPropertyOptional } from '../platform/http/open-api-decorators.js';
import { IsInt, Max, Min } from 'class-validator';
import { Optional } from '../platform/http/request-values.js';

const A_DAY_SECONDS = 86_400;
export const DEFAULT_TTL_SECONDS = 3_600;

export class StartTraceDto {
  /**
   * Seconds after which the trace ends automatically.
   * @example 3600
   */
  @ApiPropertyOptional({ type: 'integer' })
  @Optional()
  @IsInt({ message: 'ttlSeconds must be a whole number' })
  @Min(1, { message: 'ttlSeconds must be at least 1' })
  @Max(A_DAY_SECONDS, { message: `ttlSeconds must be at most ${A_DAY_SECONDS}` })
  readonly ttlSeconds?: number;
}

/** Whether a device's bytes are logged, by the instance that answers. */
export class DeviceTraceDto {
  /** @example '350612345678901' */
  readonly imei!: string;
  readonly traced!: boolean;
  /** When the trace ends automatically. Null when it does not end (LOG_DEVICE), and when none is active. */
  readonly until!: Date | null;
}

export class DeviceTraceAnswerDto {
  readonly success!: true;
  readonly trace!: DeviceTraceDto;
}

export class DeviceTraceListDto {
  readonly success!: true;
  readonly count!: number;
  readonly traces!: DeviceTraceDto[];
}

/** What one read or write of the socket held: less or more than a frame. */
export class TracedChunkDto {
  /**
   * Which instance has received or sent it.
   * @example 'iot-broker-7c9f4:1'
   */
  readonly instance!: string;
  /** Counts the chunks of all traced devices of that instance. */
  readonly number!: number;
  readonly at!: Date;
  /** `in`: from the device. */
  readonly direction!: 'in' | 'out';
  /** @example 'b3a1f0de-6d1f-4f0e-9a3e-0a4d1c5e7f20' */
  readonly connectionId!: string;
  /** @example '198.51.100.7' */
  readonly remoteAddress!: string;
  /** Bytes of the whole chunk. */
  readonly size!: number;
  /**
   * Its first 1,536 bytes. The log has all of them.
   * @example '000f333536333037303432343431303133'
   */
  readonly hex!: string;
}

export class TracedBytesAnswerDto {
  readonly success!: true;
  readonly trace!: DeviceTraceDto;
  /** The oldest first. */
  readonly chunks!: TracedChunkDto[];
}
