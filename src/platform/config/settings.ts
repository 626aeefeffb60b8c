import { resolve } from 'node:path';
import { IsIn, IsOptional, IsString, Matches, ValidateIf } from 'class-validator';
import { FlagVariable, IntegerVariable, PortVariable } from './variables.js';

/**
 * Environment variables of the process, the database, the cluster and the HTTP server, with their defaults. Each feature has its own in
 * `<feature>.settings.ts`. Their comments and defaults make docs/reference/configuration.md. An empty variable counts as not set.
 */

/** How the process runs. */
export class ProcessSettings {
  /** `production` refuses to start without `DATABASE_URL` and `IOT_API_KEY`. */
  @IsIn(['development', 'production', 'test'], { message: 'NODE_ENV must be development, production or test' })
  readonly NODE_ENV: 'development' | 'production' | 'test' = 'development';

  /** Minimum severity of log lines: `fatal`, `error`, `warn`, `log`, `debug`, `verbose`. */
  @IsIn(['fatal', 'error', 'warn', 'log', 'debug', 'verbose'], {
    message: 'LOG_LEVEL must be fatal, error, warn, log, debug or verbose',
  })
  readonly LOG_LEVEL: 'fatal' | 'error' | 'warn' | 'log' | 'debug' | 'verbose' = 'log';

  /** `text` for people, `json` for one object per line. */
  @IsIn(['json', 'text'], { message: 'LOG_FORMAT must be json or text' })
  readonly LOG_FORMAT: 'json' | 'text' = 'text';

  /** Warnings and errors logged per minute about one address or one device; of further ones only the number is logged. */
  @IntegerVariable(1, 1_000_000)
  readonly LOG_LINES_PER_PEER: number = 10;

  /** Seconds for a stopping gateway to finish its writes and disconnect its devices. */
  @IntegerVariable(1, 3_600)
  readonly SHUTDOWN_GRACE_SECONDS: number = 60;

  /** Seconds for which a stopping gateway keeps serving while `/readyz` is not ready, for balancers to react. */
  @IntegerVariable(0, 600)
  readonly SHUTDOWN_DELAY_SECONDS: number = 0;

  /** Folder for the embedded database and the API key. */
  @IsString()
  readonly DATA_DIR: string = '.data';

  /** The folder of the embedded database. */
  get databaseDir(): string {
    return resolve(this.DATA_DIR, 'postgres');
  }
}

/** The HTTP server of the REST API. */
export class ApiSettings {
  /** HTTP port of the API, its documentation and the health checks. */
  @PortVariable()
  readonly API_PORT: number = 8091;

  /** Address the HTTP port listens on. */
  @IsString()
  readonly API_HOST: string = '0.0.0.0';

  /** Maximum body of a request, in bytes; a larger one is answered 413. */
  @IntegerVariable(1_024, 67_108_864)
  readonly API_BODY_LIMIT_BYTES: number = 1_048_576;

  /** Seconds in which the headers of a request must have arrived. */
  @IntegerVariable(1, 600)
  readonly API_HEADERS_TIMEOUT_SECONDS: number = 10;

  /** Seconds in which a whole request must have arrived. */
  @IntegerVariable(1, 3_600)
  readonly API_REQUEST_TIMEOUT_SECONDS: number = 60;

  /**
   * Origins whose pages can use the API from a browser, for example `https://app.example.com`, separated by commas; not set:
   * none.
   */
  @IsOptional()
  @Matches(/^https?:\/\/[^\s,/*]+(\s*,\s*https?:\/\/[^\s,/*]+)*$/, {
    message: 'CORS_ORIGINS must be origins like https://app.example.com, separated by commas',
  })
  readonly CORS_ORIGINS?: string;
}

/** PostgreSQL. */
export class DatabaseSettings {
  /** PostgreSQL 14 or newer; not set: an embedded server is started in `DATA_DIR`. */
  @ValidateIf((settings: DatabaseSettings) => settings.DATABASE_URL !== undefined)
  @Matches(/^postgres(ql)?:\/\//, { message: 'DATABASE_URL must begin with postgres:// or postgresql://' })
  readonly DATABASE_URL?: string;

  /**
   * The same database without a pooler, for migrations and notifications; required with
   * [PgBouncer](docs/operate/database.md#pgbouncer) in transaction mode; not set: `DATABASE_URL`.
   */
  @ValidateIf((settings: DatabaseSettings) => settings.DATABASE_DIRECT_URL !== undefined)
  @Matches(/^postgres(ql)?:\/\//, { message: 'DATABASE_DIRECT_URL must begin with postgres:// or postgresql://' })
  readonly DATABASE_DIRECT_URL?: string;

  /**
   * `false` or `off`: statements are planned each time they run, for a pooler in transaction mode that keeps no prepared
   * statements.
   */
  @FlagVariable()
  readonly DATABASE_PREPARED_STATEMENTS: boolean = true;

  /** Connections to PostgreSQL. */
  @IntegerVariable(3, 500)
  readonly DATABASE_POOL_SIZE: number = 10;

  /**
   * A streaming standby of the database, for history and reads of many devices; not set: they use `DATABASE_URL`; see
   * [operations](docs/operate/database.md#reads-from-a-standby).
   */
  @ValidateIf((settings: DatabaseSettings) => settings.DATABASE_READ_URL !== undefined)
  @Matches(/^postgres(ql)?:\/\//, { message: 'DATABASE_READ_URL must begin with postgres:// or postgresql://' })
  readonly DATABASE_READ_URL?: string;

  /** Connections to the standby; one more checks it. */
  @IntegerVariable(1, 500)
  readonly DATABASE_READ_POOL_SIZE: number = 5;

  /** A standby that shows an older state of the primary is not used, in seconds. */
  @IntegerVariable(3, 3_600)
  readonly DATABASE_READ_MAX_LAG_SECONDS: number = 10;

  /** Names what NODE_ENV=production requires and these settings lack. */
  static problemsInProduction({ DATABASE_URL: url }: DatabaseSettings): string[] {
    return url === undefined ? ['DATABASE_URL must be set when NODE_ENV is production'] : [];
  }
}

/** This gateway among the others on the same database. */
export class ClusterSettings {
  /**
   * Seconds without a heartbeat after which the other instances release the devices of an instance; use the same value for all
   * instances. An instance writes its heartbeat four times as often, and closes its device connections when that fails for three quarters of it.
   */
  @IntegerVariable(4, 600)
  readonly INSTANCE_DEAD_AFTER_SECONDS: number = 20;
}
