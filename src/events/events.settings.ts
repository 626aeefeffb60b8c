import { IsIn, IsOptional, Matches } from 'class-validator';
import { FlagVariable, IntegerVariable, NumberVariable } from '../platform/config/variables.js';
import { EVENT_TYPES } from './event-types.js';

const ONE_EVENT = `\\s*(${EVENT_TYPES.map((type) => type.replace('.', '\\.')).join('|')})\\s*`;
const EVENT_LIST = new RegExp(`^${ONE_EVENT}(,${ONE_EVENT})*$`);

/** Events for the host application: which are recorded, and for how long. */
export class EventSettings {
  /** Base URL of the host application. Set: events are recorded for it and delivered. */
  @IsOptional()
  @Matches(/^https?:\/\/[^\s/?#]+[^\s?#]*$/, {
    message: 'NOTIFICATION_URL must begin with http:// or https:// and a host, and have no query: paths are put behind it',
  })
  readonly NOTIFICATION_URL?: string;

  /** true records events also without NOTIFICATION_URL, to be fetched. */
  @FlagVariable()
  readonly EVENT_FEED_ENABLED: boolean = false;

  /** true also delivers telemetry events to NOTIFICATION_URL. */
  @FlagVariable()
  readonly TELEMETRY_WEBHOOK_ENABLED: boolean = false;

  /** Types of events that are recorded and sent, separated by commas. Not set: see EventLog. */
  @IsOptional()
  @Matches(EVENT_LIST, { message: `WEBHOOK_EVENTS must be one or more of ${EVENT_TYPES.join(', ')}, separated by commas` })
  readonly WEBHOOK_EVENTS?: string;

  /** `all` delivers every record, up to 100 per request; `latest` a summary with the newest record. */
  @IsIn(['latest', 'all'], { message: 'WEBHOOK_TELEMETRY_RECORDS must be latest or all' })
  readonly WEBHOOK_TELEMETRY_RECORDS: 'latest' | 'all' = 'latest';

  /** Seconds between two telemetry events of one device, at least. An alarm is reported at once. */
  @NumberVariable(0.2, 3_600)
  readonly TELEMETRY_EVENT_INTERVAL: number = 1;

  /**
   * With WEBHOOK_TELEMETRY_RECORDS=all: maximum number of listed records in events that wait for the host. Further records are counted in the events,
   * and not listed.
   */
  @IntegerVariable(1, 1_000_000_000)
  readonly WEBHOOK_TELEMETRY_MAX_RECORDS: number = 1_000_000;

  /** Days an event can be fetched from the feed. */
  @IntegerVariable(1, 3_650)
  readonly EVENT_RETENTION_DAYS: number = 7;

  /** Days a delivered event, and its attempts, can be looked up. */
  @IntegerVariable(1, 3_650)
  readonly WEBHOOK_RETENTION_DAYS: number = 7;
}
