import { IsOptional, IsString, Matches, ValidateBy } from 'class-validator';
import { areAddressBlocks, commaSeparated, IntegerVariable } from '../platform/config/variables.js';

/** A shorter key can be guessed. */
const MIN_KEY_LENGTH = 8;
/** The minimum in production: a key of IOT_API_KEY may do everything. */
const MIN_PRODUCTION_KEY_LENGTH = 12;

/** Who may call the API. */
export class AccessSettings {
  /**
   * Keys accepted in `x-api-key`, separated by commas, 8 characters or more, in production 12; not set: a key is generated and
   * stored in `DATA_DIR`.
   */
  @IsOptional()
  @IsString()
  @Matches(/[^\s,]/, { message: 'IOT_API_KEY must hold at least one key' })
  @ValidateBy(
    { name: 'longKeys', validator: { validate: isOfLongKeys } },
    { message: 'IOT_API_KEY must be at least 8 characters long, every key of it' },
  )
  readonly IOT_API_KEY?: string;

  /** Requests per second per key, or per address (IPv6: per /64 network) without one, to this instance; 0: no limit. */
  @IntegerVariable(0, 1_000_000)
  readonly API_RATE_LIMIT_PER_SECOND: number = 1_000;

  /**
   * Failed authentications per address (IPv6: per /64 network) within the window, on this instance; above it keys from there
   * get 429; 0: no limit.
   */
  @IntegerVariable(0, 1_000_000)
  readonly API_AUTH_FAILURES_PER_ADDRESS: number = 20;

  /** Length of that window, in seconds. */
  @IntegerVariable(1, 86_400)
  readonly API_AUTH_FAILURE_WINDOW_SECONDS: number = 60;

  /**
   * Proxies in front of the API whose `X-Forwarded-For` is trusted: addresses and CIDR blocks, separated by commas; not set:
   * none.
   */
  @IsOptional()
  @ValidateBy(
    { name: 'addressBlocks', validator: { validate: areAddressBlocks } },
    { message: 'API_TRUSTED_PROXIES must be addresses or CIDR blocks, separated by commas, like 10.0.0.0/8,2001:db8::/32' },
  )
  readonly API_TRUSTED_PROXIES?: string;

  /** Days for which audit entries are kept; 0: indefinitely. */
  @IntegerVariable(0, 36_500)
  readonly AUDIT_RETENTION_DAYS: number = 365;

  /** Names what NODE_ENV=production requires and these settings lack. A key that is refused anywhere is not named again. */
  static problemsInProduction({ IOT_API_KEY: keys }: AccessSettings): string[] {
    if (keys === undefined) {
      return ['IOT_API_KEY must be set when NODE_ENV is production'];
    }
    const isTooShort = commaSeparated(keys).some(({ length }) => length >= MIN_KEY_LENGTH && length < MIN_PRODUCTION_KEY_LENGTH);
    return isTooShort
      ? [
          `IOT_API_KEY must be at least ${MIN_PRODUCTION_KEY_LENGTH} characters long when NODE_ENV is production, every key of it (openssl rand -hex 24 makes one)`,
        ]
      : [];
  }
}

function isOfLongKeys(keys: unknown): boolean {
  return typeof keys === 'string' && commaSeparated(keys).every(({ length }) => length >= MIN_KEY_LENGTH);
}
