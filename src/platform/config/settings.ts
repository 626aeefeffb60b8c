import { IsIn, IsOptional, IsString, Matches, ValidateBy, ValidateIf } from 'class-validator';
import { EVENT_TYPES } from '../../events/event-types.js';
import { areAddressBlocks, commaSeparated, FlagVariable, IntegerVariable, PortVariable } from './variables.js';

const ONE_EVENT = `\\s*(${EVENT_TYPES.map((type) => type.replace('.', '\\.')).join('|')})\\s*`;
/** A shorter key can be guessed. Production requires more (settings.module.ts). */
export const MIN_KEY_LENGTH = 8;
const EVENT_LIST = new RegExp(`^${ONE_EVENT}(,${ONE_EVENT})*$`);

/**
 * Every environment variable the gateway reads, with its default and one line of meaning. README.md has the same list
 * in prose (a test holds the two equal). An empty variable counts as not set.
 */

/** How the process runs. */
export class ProcessSettings {
  /** `production` refuses to start without DATABASE_URL and IOT_API_KEY. */
  @IsIn(['development', 'production', 'test'], { message: 'NODE_ENV must be development, production or test' })
  readonly NODE_ENV: 'development' | 'production' | 'test' = 'development';

  /** The least severe level that is logged: fatal, error, warn, log, debug or verbose. */
  @IsIn(['fatal', 'error', 'warn', 'log', 'debug', 'verbose'], {
    message: 'LOG_LEVEL must be fatal, error, warn, log, debug or verbose',
  })
  readonly LOG_LEVEL: 'fatal' | 'error' | 'warn' | 'log' | 'debug' | 'verbose' = 'log';

  /** `json` writes one JSON object a line, `text` is for people. */
  @IsIn(['json', 'text'], { message: 'LOG_FORMAT must be json or text' })
  readonly LOG_FORMAT: 'json' | 'text' = 'text';

  /** Warnings and errors about one peer (address or device) that are logged in a minute; of the others only how many there were. */
  @IntegerVariable(1, 1_000_000)
  readonly LOG_LINES_PER_PEER: number = 10;

  /** IMEIs of devices whose bytes are logged in hex, separated by commas, as long as the process runs. */
  @IsOptional()
  @Matches(/^\s*\d{15}\s*(,\s*\d{15}\s*)*$/, { message: 'LOG_DEVICE must be IMEIs of 15 digits, separated by commas' })
  readonly LOG_DEVICE?: string;

  /** Seconds a stopping gateway gives its devices and writes to finish. */
  @IntegerVariable(1, 3_600)
  readonly SHUTDOWN_GRACE_SECONDS: number = 60;

  /** Seconds a gateway that was told to stop goes on serving, while /readyz says no: for balancers to notice. */
  @IntegerVariable(0, 600)
  readonly SHUTDOWN_DELAY_SECONDS: number = 0;

  /** Folder for what the gateway makes itself: the embedded database and its API key. */
  @IsString()
  readonly DATA_DIR: string = '.data';
}

/** Where devices connect, and what one may take. */
export class BrokerSettings {
  /** TCP port for devices. */
  @PortVariable()
  readonly BROKER_PORT: number = 9000;

  /** Address the device port listens on. */
  @IsString()
  readonly BROKER_HOST: string = '0.0.0.0';

  /** Device connections in all; one more takes the place of the oldest without a login, or is closed at once. */
  @IntegerVariable(1, 1_000_000)
  readonly MAX_DEVICE_CONNECTIONS: number = 20_000;

  /** Device connections of one remote address (IPv6: of one /64 network): behind a balancer the address its header names. 0: no bound. */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_CONNECTIONS_PER_ADDRESS: number = 10_000;

  /** New connections in a second from one remote address, balancers excepted; more are closed at once. 0: no bound. */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_NEW_CONNECTIONS_PER_SECOND: number = 1_000;

  /** Logins in a second, of all devices together; more have to wait, and the addresses take turns. 0: no bound. */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_LOGINS_PER_SECOND: number = 5_000;

  /** Bytes a device may send before its login is answered, a PROXY header included. */
  @IntegerVariable(256, 1_048_576)
  readonly BROKER_MAX_LOGIN_BYTES: number = 4_096;

  /** Seconds in which a device must have sent its IMEI. */
  @IntegerVariable(1, 600)
  readonly BROKER_LOGIN_TIMEOUT_SECONDS: number = 10;

  /** A device silent for longer is disconnected, in seconds. Keep it above the send period and the open link timeout of the devices. */
  @IntegerVariable(10, 604_800)
  readonly BROKER_IDLE_TIMEOUT_SECONDS: number = 3_600;

  /** Seconds of silence after which TCP keep-alive probes begin. */
  @IntegerVariable(1, 7_200)
  readonly BROKER_KEEPALIVE_SECONDS: number = 60;

  /** Whether balancers at BROKER_PROXY_TRUSTED put a header of the PROXY protocol (version 1 or 2) ahead of a device's bytes: on or off. */
  @FlagVariable()
  readonly BROKER_PROXY_PROTOCOL: boolean = false;

  /** Addresses of the balancers, as CIDR blocks separated by commas. A header from anywhere else is refused. */
  @IsOptional()
  @IsString()
  readonly BROKER_PROXY_TRUSTED?: string;

  /** TCP port for devices that speak TLS (1.2 or newer). Not set: there is none. */
  @IsOptional()
  @PortVariable()
  readonly BROKER_TLS_PORT?: number;

  /** Certificate of the TLS port and its chain, PEM; read again when it changes. */
  @IsOptional()
  @IsString()
  readonly BROKER_TLS_CERT_FILE?: string;

  /** Private key of that certificate, PEM. */
  @IsOptional()
  @IsString()
  readonly BROKER_TLS_KEY_FILE?: string;

  /** Authorities whose certificates devices must present at the TLS port, PEM. Not set: none is asked for. */
  @IsOptional()
  @IsString()
  readonly BROKER_TLS_CA_FILE?: string;

  /** UDP port for devices that send without a connection. Not set: there is none. */
  @IsOptional()
  @PortVariable()
  readonly BROKER_UDP_PORT?: number;

  /** Datagrams in a second from one source address (IPv6: one /64 network); more are dropped, and the devices send them again. 0: no bound. */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_UDP_MAX_DATAGRAMS_PER_SECOND: number = 2_000;

  /** Largest frame accepted, in bytes. Devices send up to 1,280; photos and traces up to 2,100. */
  @IntegerVariable(1_300, 1_048_576)
  readonly BROKER_MAX_FRAME_BYTES: number = 16_384;

  /** Seconds for which a device that has sent a part of a frame may send nothing. */
  @IntegerVariable(1, 3_600)
  readonly BROKER_FRAME_TIMEOUT_SECONDS: number = 60;

  /**
   * Frames of one device in a second; more have to wait, and packets by UDP are dropped. A message (codecs 12 to 15) and a frame that cannot be
   * accepted count as ten. 0: no bound.
   */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_FRAMES_PER_SECOND: number = 500;

  /** Bytes that may wait for a device to read them; with more it is disconnected. */
  @IntegerVariable(1_024, 1_048_576)
  readonly BROKER_MAX_UNSENT_BYTES: number = 16_384;

  /** Bytes of frames being stored at one time; over the mark devices wait. */
  @IntegerVariable(65_536, 4_294_967_296)
  readonly BROKER_MAX_BYTES_IN_FLIGHT: number = 33_554_432;
}

/** Which devices may talk, and what is remembered of each. */
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

  /** Days for which logins, closes and troubles of each device are kept for its diagnosis. */
  @IntegerVariable(1, 3_650)
  readonly DEVICE_LOG_RETENTION_DAYS: number = 14;

  /** Entries of the device log in all; with more the oldest are deleted, those of devices that are not registered first. */
  @IntegerVariable(1, 1_000_000_000)
  readonly DEVICE_LOG_MAX_ROWS: number = 5_000_000;

  /** Refused unregistered devices that are remembered; with more the ones seen longest ago are deleted. */
  @IntegerVariable(1, 10_000_000)
  readonly MAX_UNKNOWN_DEVICES: number = 10_000;

  /** Days for which a refused unregistered device is remembered after its last attempt. 0 keeps it. */
  @IntegerVariable(0, 36_500)
  readonly UNKNOWN_DEVICES_RETENTION_DAYS: number = 90;
}

/** The REST API. */
export class ApiSettings {
  /** HTTP port of the REST API, its documentation and the health checks. */
  @PortVariable()
  readonly API_PORT: number = 8091;

  /** Address the HTTP port listens on. */
  @IsString()
  readonly API_HOST: string = '0.0.0.0';

  /** Keys for everything, separated by commas. Not set: one is made and kept in DATA_DIR. Others are made with `npm run keys`. */
  @IsOptional()
  @IsString()
  @Matches(/[^\s,]/, { message: 'IOT_API_KEY must hold at least one key' })
  @ValidateBy(
    { name: 'longKeys', validator: { validate: isOfLongKeys } },
    { message: 'IOT_API_KEY must be at least 8 characters long, every key of it' },
  )
  readonly IOT_API_KEY?: string;

  /** Requests in a second of one key, or of one address without one, to this instance. 0: no limit. */
  @IntegerVariable(0, 1_000_000)
  readonly API_RATE_LIMIT_PER_SECOND: number = 1_000;

  /** Failed authentications of one address (IPv6: of one /64 network) within the window; beyond them its keys get 429. 0: no limit. */
  @IntegerVariable(0, 1_000_000)
  readonly API_AUTH_FAILURES_PER_ADDRESS: number = 20;

  /** Length of that window, in seconds. */
  @IntegerVariable(1, 86_400)
  readonly API_AUTH_FAILURE_WINDOW_SECONDS: number = 60;

  /** Proxies in front of the API whose X-Forwarded-For counts, as addresses and CIDR blocks separated by commas. Not set: none. */
  @IsOptional()
  @ValidateBy(
    { name: 'addressBlocks', validator: { validate: areAddressBlocks } },
    { message: 'API_TRUSTED_PROXIES must be addresses or CIDR blocks, separated by commas, like 10.0.0.0/8,2001:db8::/32' },
  )
  readonly API_TRUSTED_PROXIES?: string;

  /** Largest body of a request, in bytes. */
  @IntegerVariable(1_024, 67_108_864)
  readonly API_BODY_LIMIT_BYTES: number = 1_048_576;

  /** Seconds in which the headers of a request must have arrived. */
  @IntegerVariable(1, 600)
  readonly API_HEADERS_TIMEOUT_SECONDS: number = 10;

  /** Seconds in which a whole request must have arrived. */
  @IntegerVariable(1, 3_600)
  readonly API_REQUEST_TIMEOUT_SECONDS: number = 60;

  /** Origins whose pages may use the API from a browser, separated by commas. Not set: none. */
  @IsOptional()
  @Matches(/^https?:\/\/[^\s,/*]+(\s*,\s*https?:\/\/[^\s,/*]+)*$/, {
    message: 'CORS_ORIGINS must be origins like https://app.example.com, separated by commas',
  })
  readonly CORS_ORIGINS?: string;
}

/** Where /metrics is. */
export class MetricsSettings {
  /** Port of /metrics, without a key. Not set: it is on API_PORT and wants one. */
  @IsOptional()
  @PortVariable()
  readonly METRICS_PORT?: number;

  /** Address METRICS_PORT listens on. This machine only, because nobody is asked for a key there. */
  @IsString()
  readonly METRICS_HOST: string = '127.0.0.1';
}

/** PostgreSQL. */
export class DatabaseSettings {
  /** PostgreSQL 14 or newer. Not set: an embedded server is started in DATA_DIR. */
  @ValidateIf((settings: DatabaseSettings) => settings.DATABASE_URL !== undefined)
  @Matches(/^postgres(ql)?:\/\//, { message: 'DATABASE_URL must begin with postgres:// or postgresql://' })
  readonly DATABASE_URL?: string;

  /** Connections of this instance to PostgreSQL. */
  @IntegerVariable(3, 500)
  readonly DATABASE_POOL_SIZE: number = 10;
}

/** This gateway among the others on the same database. */
export class ClusterSettings {
  /**
   * Seconds without a heartbeat after which the others take an instance for dead and free its devices; the same for all. It beats four times as
   * often, and closes its own connections when its heartbeat fails for three quarters of it.
   */
  @IntegerVariable(4, 600)
  readonly INSTANCE_DEAD_AFTER_SECONDS: number = 20;
}

/** How records are stored. */
export class TelemetrySettings {
  /** Batches written in parallel. */
  @IntegerVariable(1, 16)
  readonly TELEMETRY_WRITERS: number = 2;

  /** A batch is closed at this many records, even when the next can't start yet. */
  @IntegerVariable(1, 100_000)
  readonly TELEMETRY_BATCH_RECORDS: number = 10_000;

  /** Days of records kept, by the device's clock; whole days are dropped. 0 keeps everything. */
  @IntegerVariable(0, 36_500)
  readonly TELEMETRY_RETENTION_DAYS: number = 0;

  /** Days for which bytes are kept in quarantine. 0 keeps them until a bound deletes them. */
  @IntegerVariable(0, 36_500)
  readonly QUARANTINE_RETENTION_DAYS: number = 365;

  /** Frames and records of one device in quarantine; with more its oldest are deleted. */
  @IntegerVariable(1, 1_000_000)
  readonly QUARANTINE_MAX_ROWS_PER_DEVICE: number = 1_000;

  /** Frames and records in quarantine in all; with more the oldest are deleted, those of devices that are not registered first. */
  @IntegerVariable(1, 100_000_000)
  readonly QUARANTINE_MAX_ROWS: number = 50_000;
}

/** How commands are sent and judged. */
export class CommandSettings {
  /** Seconds a device gets to answer one attempt. */
  @IntegerVariable(1, 86_400)
  readonly IOT_COMMAND_TIMEOUT: number = 60;

  /** How often an unanswered command is sent again. */
  @IntegerVariable(0, 100)
  readonly DEFAULT_MAX_IOT_COMMAND_RETRY: number = 3;

  /** Seconds a device gets to execute a command that it has accepted and postponed. */
  @IntegerVariable(1, 2_592_000)
  readonly COMMAND_POSTPONED_SECONDS: number = 86_400;

  /** false takes any reply for the oldest command in flight; true only one that fits the command. */
  @FlagVariable()
  readonly VALIDATE_COMMAND_RESPONSE: boolean = true;

  /** Largest `metadata` of a command, in bytes of its JSON text. */
  @IntegerVariable(2, 67_108_864)
  readonly METADATA_MAX_BYTES: number = 65_536;

  /** JSON file with further commands for the catalogue. */
  @IsOptional()
  @IsString()
  readonly COMMAND_CATALOGUE_FILE?: string;

  /** Days for which messages that devices send unasked are kept. 0 keeps them until a bound deletes them. */
  @IntegerVariable(0, 36_500)
  readonly DEVICE_MESSAGES_RETENTION_DAYS: number = 90;

  /** Messages kept of one device; with more its oldest are deleted. */
  @IntegerVariable(1, 1_000_000)
  readonly DEVICE_MESSAGES_MAX_ROWS_PER_DEVICE: number = 1_000;

  /** Messages kept in all; with more the oldest are deleted, those of devices that are not registered first. */
  @IntegerVariable(1, 1_000_000_000)
  readonly DEVICE_MESSAGES_MAX_ROWS: number = 200_000;
}

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

  /** true also tells NOTIFICATION_URL of telemetry. */
  @FlagVariable()
  readonly TELEMETRY_WEBHOOK_ENABLED: boolean = false;

  /** Types of events that are recorded and sent, separated by commas. Not set: see EventLog. */
  @IsOptional()
  @Matches(EVENT_LIST, { message: `WEBHOOK_EVENTS must be one or more of ${EVENT_TYPES.join(', ')}, separated by commas` })
  readonly WEBHOOK_EVENTS?: string;

  /** `all` tells of every record, up to 100 a request; `latest` sums up, with the newest one. */
  @IsIn(['latest', 'all'], { message: 'WEBHOOK_TELEMETRY_RECORDS must be latest or all' })
  readonly WEBHOOK_TELEMETRY_RECORDS: 'latest' | 'all' = 'latest';

  /** Days an event can be fetched from the feed. */
  @IntegerVariable(1, 3_650)
  readonly EVENT_RETENTION_DAYS: number = 7;

  /** Days a delivered event, and its attempts, can be looked up. */
  @IntegerVariable(1, 3_650)
  readonly WEBHOOK_RETENTION_DAYS: number = 7;
}

/** How events are delivered. */
export class WebhookSettings {
  /** `whsec_` and base64; two separated by a comma while one takes the place of the other. Not set: unsigned. */
  @IsOptional()
  @Matches(/^\s*whsec_[A-Za-z0-9+/]{32,}={0,2}\s*(,\s*whsec_[A-Za-z0-9+/]{32,}={0,2}\s*)?$/, {
    message: 'WEBHOOK_SECRET must be whsec_ and the base64 of 24 bytes or more; two at most, separated by a comma',
  })
  readonly WEBHOOK_SECRET?: string;

  /** Seconds the host gets to answer. */
  @IntegerVariable(1, 300)
  readonly WEBHOOK_TIMEOUT_SECONDS: number = 15;

  /** Deliveries on their way at one time. */
  @IntegerVariable(1, 1_000)
  readonly WEBHOOK_CONCURRENCY: number = 32;

  /** Waits before each attempt. The first is 0. */
  @Matches(/^\s*0\s*(,\s*\d{1,6}(ms|s|m|h)\s*)*$/, {
    message: 'WEBHOOK_RETRY_SCHEDULE must be waits with commas, the first one 0, like 0,5s,30s,2m,1h',
  })
  readonly WEBHOOK_RETRY_SCHEDULE: string = '0,5s,30s,2m,10m,30m,1h,3h,6h,12h,24h';
}

/** Who did what. */
export class AuditSettings {
  /** Days the audit is kept. 0 keeps everything. */
  @IntegerVariable(0, 36_500)
  readonly AUDIT_RETENTION_DAYS: number = 365;
}

function isOfLongKeys(keys: unknown): boolean {
  return typeof keys === 'string' && commaSeparated(keys).every(({ length }) => length >= MIN_KEY_LENGTH);
}

export const SETTINGS = [
  ProcessSettings,
  BrokerSettings,
  AdmissionSettings,
  ApiSettings,
  MetricsSettings,
  DatabaseSettings,
  ClusterSettings,
  TelemetrySettings,
  CommandSettings,
  EventSettings,
  WebhookSettings,
  AuditSettings,
] as const;
