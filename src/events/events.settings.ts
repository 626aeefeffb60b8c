import { IsIn, IsOptional, IsString, Matches } from 'class-validator';
import { FlagVariable, IntegerVariable, NumberVariable } from '../platform/config/variables.js';
import { EVENT_TYPES } from './event-types.js';

const ONE_EVENT = `\\s*(${EVENT_TYPES.map((type) => type.replace('.', '\\.')).join('|')})\\s*`;
const EVENT_LIST = new RegExp(`^${ONE_EVENT}(,${ONE_EVENT})*$`);

/** Events for the host application: which are recorded, and for how long. */
export class EventSettings {
  /** Base URL of the host application; enables webhooks. */
  @IsOptional()
  @Matches(/^https?:\/\/[^\s/?#]+[^\s?#]*$/, {
    message: 'NOTIFICATION_URL must begin with http:// or https:// and a host, and have no query: paths are put behind it',
  })
  readonly NOTIFICATION_URL?: string;

  /** `true` records events even without `NOTIFICATION_URL`. */
  @FlagVariable()
  readonly EVENT_FEED_ENABLED: boolean = false;

  /** `true` also delivers telemetry events to `NOTIFICATION_URL`. */
  @FlagVariable()
  readonly TELEMETRY_WEBHOOK_ENABLED: boolean = false;

  /** Engines that receive the events, URLs separated by commas: `nats://`, `mqtt://`, `kafka://`. Set: events are recorded for them. */
  @IsOptional()
  @IsString()
  readonly SINKS?: string;

  /** `events`: sinks get telemetry events, which sum up the records of a device; `records`: they get every stored record instead. */
  @IsIn(['events', 'records'], { message: 'SINK_TELEMETRY must be events or records' })
  readonly SINK_TELEMETRY: 'events' | 'records' = 'events';

  /** With `SINK_TELEMETRY=records`: hours for which sinks can read stored records again, and may be away. The records themselves are kept. */
  @IntegerVariable(1, 8_760)
  readonly SINK_RECORDS_RETENTION_HOURS: number = 24;

  /**
   * Event types to record and deliver, separated by commas; not set: `command.completed,command.failed` with
   * `NOTIFICATION_URL`, all with the feed alone.
   */
  @IsOptional()
  @Matches(EVENT_LIST, { message: `WEBHOOK_EVENTS must be one or more of ${EVENT_TYPES.join(', ')}, separated by commas` })
  readonly WEBHOOK_EVENTS?: string;

  /**
   * `latest`: one event sums up the records of a device, with its newest record; `all`: events contain every record, up to 100
   * per request.
   */
  @IsIn(['latest', 'all'], { message: 'WEBHOOK_TELEMETRY_RECORDS must be latest or all' })
  readonly WEBHOOK_TELEMETRY_RECORDS: 'latest' | 'all' = 'latest';

  /**
   * Seconds between two telemetry events of one device, at least (0.2 to 3600, decimals allowed); records with high or panic
   * priority are reported at once.
   */
  @NumberVariable(0.2, 3_600)
  readonly TELEMETRY_EVENT_INTERVAL: number = 1;

  /**
   * With `WEBHOOK_TELEMETRY_RECORDS=all`: maximum number of listed records that wait for the host; events count further ones
   * in `recordsLeftOut` without listing them.
   */
  @IntegerVariable(1, 1_000_000_000)
  readonly WEBHOOK_TELEMETRY_MAX_RECORDS: number = 1_000_000;

  /** Days for which an event is available in the feed. */
  @IntegerVariable(1, 3_650)
  readonly EVENT_RETENTION_DAYS: number = 7;

  /** Days for which a delivered event and its attempts are kept; dead events are kept for at least 30 days. */
  @IntegerVariable(1, 3_650)
  readonly WEBHOOK_RETENTION_DAYS: number = 7;
}
