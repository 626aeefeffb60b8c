import { ApiProperty } from '../platform/http/open-api-decorators.js';
import { ENGINE_NAMES, type EngineName } from './engine/engine-packages.js';

export const SINK_STATES = ['publishing', 'failing', 'paused', 'expired', 'waiting'] as const;
export type SinkState = (typeof SINK_STATES)[number];

/** An engine that receives events, and how far it has received them. */
export class SinkDto {
  /** @example 'nats' */
  readonly name!: string;
  @ApiProperty({ enum: ENGINE_NAMES })
  readonly engine!: EngineName;
  /**
   * `publishing`; `failing`: the engine refuses connections or messages, `lastError` says why; `paused`: by an operator; `expired`: events that were not published
   * have been deleted, nothing is published until a rewind; `waiting`: no instance publishes at the moment.
   */
  @ApiProperty({ enum: SINK_STATES })
  readonly state!: SinkState;
  /**
   * The engine has acknowledged every event up to this one: a cursor of `GET events`.
   * @example '81264_1207'
   */
  readonly cursor!: string;
  /** Events behind the cursor, of any type; counted up to 100,000. Null when they could not be counted. */
  readonly lagEvents!: number | null;
  /** Age of the oldest of them, in seconds. */
  readonly lagSeconds!: number | null;
  /** Messages that the engine has acknowledged since the sink exists; one that was published again counts again. */
  readonly published!: number;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  readonly publishedAt!: Date | null;
  /**
   * Of the last attempt, while it failed.
   * @example 'connect ECONNREFUSED 10.0.0.5:4222'
   */
  readonly lastError!: string | null;
  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  readonly lastErrorAt!: Date | null;
  /**
   * The instance that publishes.
   * @example '3f0c9d52-7f1e-4b58-9a53-0a4d1f6f2b11'
   */
  readonly instanceId!: string | null;
}

export class SinkListDto {
  readonly success!: true;
  readonly count!: number;
  readonly sinks!: SinkDto[];
}

export class SinkAnswerDto {
  readonly success!: true;
  readonly sink!: SinkDto;
}
