import { IsIn, IsOptional, IsString, Matches, MinLength, ValidateIf } from 'class-validator';
import { FlagVariable, IntegerVariable, PortVariable } from './variables.js';

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

  /** Device connections in all; one more is closed at once. */
  @IntegerVariable(1, 1_000_000)
  readonly MAX_DEVICE_CONNECTIONS: number = 20_000;

  /** Device connections of one remote address, balancers excepted. 0: no bound, for mobile operators put thousands behind one. */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_CONNECTIONS_PER_ADDRESS: number = 0;

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

  /** Largest frame accepted, in bytes. Devices send up to 1,280; photos and traces up to 2,100. */
  @IntegerVariable(1_300, 1_048_576)
  readonly BROKER_MAX_FRAME_BYTES: number = 16_384;

  /** Bytes of frames being stored at one time; over the mark devices wait. */
  @IntegerVariable(65_536, 4_294_967_296)
  readonly BROKER_MAX_BYTES_IN_FLIGHT: number = 33_554_432;
}

/** The REST API. */
export class ApiSettings {
  /** HTTP port of the REST API, its documentation and the health checks. */
  @PortVariable()
  readonly API_PORT: number = 8091;

  /** Address the HTTP port listens on. */
  @IsString()
  readonly API_HOST: string = '0.0.0.0';

  /** Keys accepted in `x-api-key`, separated by commas. Not set: one is made and kept in DATA_DIR. */
  @IsOptional()
  @IsString()
  @Matches(/[^\s,]/, { message: 'IOT_API_KEY must hold at least one key' })
  @MinLength(8, { message: 'IOT_API_KEY must be at least 8 characters long' })
  readonly IOT_API_KEY?: string;
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
}

/** How commands are sent and judged. */
export class CommandSettings {
  /** Seconds a device gets to answer one attempt. */
  @IntegerVariable(1, 86_400)
  readonly IOT_COMMAND_TIMEOUT: number = 60;

  /** How often an unanswered command is sent again. */
  @IntegerVariable(0, 100)
  readonly DEFAULT_MAX_IOT_COMMAND_RETRY: number = 3;

  /** false takes any reply for the oldest command in flight; true only one that fits the command. */
  @FlagVariable()
  readonly VALIDATE_COMMAND_RESPONSE: boolean = true;

  /** JSON file with further commands for the catalogue. */
  @IsOptional()
  @IsString()
  readonly COMMAND_CATALOGUE_FILE?: string;
}

/** Events for the host application. */
export class EventSettings {
  /** Base URL of the host application. Set: events are recorded for it. */
  @IsOptional()
  @Matches(/^https?:\/\//, { message: 'NOTIFICATION_URL must begin with http:// or https://' })
  readonly NOTIFICATION_URL?: string;

  /** true records events also without NOTIFICATION_URL. */
  @FlagVariable()
  readonly EVENT_FEED_ENABLED: boolean = false;
}

export const SETTINGS = [
  ProcessSettings,
  BrokerSettings,
  ApiSettings,
  DatabaseSettings,
  ClusterSettings,
  TelemetrySettings,
  CommandSettings,
  EventSettings,
] as const;
