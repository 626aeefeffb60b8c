import { ApiProperty } from '../platform/http/open-api-decorators.js';
import { FeedEventDto } from '../events/event.dto.js';
import { type CircuitState } from './delivery/circuit.js';
import { type DeliverableEvent, type DeliveryAttempt, EVENT_STATES, type EventState } from './deliverable-event.js';

/** An event and how its delivery stands. */
export class WebhookEventDto extends FeedEventDto {
  @ApiProperty({ enum: EVENT_STATES })
  readonly state!: EventState;
  readonly attempts!: number;
  /** While it is pending. */
  readonly nextAttemptAt!: Date | null;
  readonly deliveredAt!: Date | null;
  readonly deadAt!: Date | null;
  /** Of a telemetry event: how many records it stands for so far. */
  readonly recordCount!: number | null;

  static override from(event: DeliverableEvent): WebhookEventDto {
    const { state, attempts, nextAttemptAt, deliveredAt, deadAt, recordCount } = event;
    return { ...FeedEventDto.from(event), state, attempts, nextAttemptAt, deliveredAt, deadAt, recordCount };
  }
}

/** One POST to the host. */
export class DeliveryAttemptDto implements DeliveryAttempt {
  readonly attempt!: number;
  readonly attemptedAt!: Date;
  /**
   * The event's own id, or that of the batch it was in.
   * @example 'evt_0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52'
   */
  readonly webhookId!: string;
  /** HTTP status; null when no answer came. */
  readonly status!: number | null;
  readonly durationMs!: number;
  /**
   * The first KB of the host's answer.
   * @example 'ok'
   */
  readonly answer!: string | null;
  /**
   * Why there was no answer.
   * @example 'connect ECONNREFUSED 127.0.0.1:3000'
   */
  readonly error!: string | null;
}

export class WebhookEventListDto {
  readonly success!: true;
  readonly count!: number;
  readonly events!: WebhookEventDto[];
  /**
   * Give it as `cursor` to get the next page. Null: there is no more.
   * @example '81264_1207'
   */
  readonly nextCursor!: string | null;
}

export class WebhookEventAnswerDto {
  readonly success!: true;
  readonly event!: WebhookEventDto;
  @ApiProperty({ type: () => [DeliveryAttemptDto] })
  readonly attempts!: DeliveryAttempt[];
  /** Older attempts were left out, because the answer would have become too large. */
  readonly hasOlderAttempts!: boolean;
}

export class ReplayAcceptedDto {
  readonly success!: true;
  readonly replayed!: number;
  /**
   * Not null: there were more than one request replays; give it as `cursor`.
   * @example '81264_1207'
   */
  readonly nextCursor!: string | null;
}

export class CircuitDto {
  /** `open`: the host seems to be down; probes look whether it is back, everything else waits. */
  @ApiProperty({ enum: ['closed', 'open', 'half-open'] })
  readonly state!: CircuitState;
  readonly since!: Date | null;
}

export class WebhookStatusDto {
  readonly success!: true;
  /** NOTIFICATION_URL is set. */
  readonly delivering!: boolean;
  /** Events that wait to be delivered. */
  readonly backlog!: number;
  /** Of the oldest of them. */
  readonly oldestAgeSeconds!: number | null;
  /** Events that were given up, and can be replayed. */
  readonly dead!: number;
  /** Of this instance. */
  readonly circuit!: CircuitDto;
  /** Requests of this instance in flight. */
  readonly sending!: number;
}
