import { IsOptional, IsString } from 'class-validator';
import { FlagVariable, IntegerVariable } from '../platform/config/variables.js';

/** How commands are sent, and how their replies are matched. */
export class CommandSettings {
  /** Seconds within which a device must reply to an attempt of a command. */
  @IntegerVariable(1, 86_400)
  readonly IOT_COMMAND_TIMEOUT: number = 60;

  /** Retries of an unanswered command. */
  @IntegerVariable(0, 100)
  readonly DEFAULT_MAX_IOT_COMMAND_RETRY: number = 3;

  /** Seconds within which a device must execute a command that it has postponed; per command: `postponedSeconds`. */
  @IntegerVariable(1, 2_592_000)
  readonly COMMAND_POSTPONED_SECONDS: number = 86_400;

  /**
   * Requests of one instance that may wait for the end of their command at the same time (`Prefer: wait`); a further one is
   * answered at once; 0: none.
   */
  @IntegerVariable(0, 100_000)
  readonly COMMAND_MAX_WAITS: number = 2_000;

  /** The same per API key. */
  @IntegerVariable(0, 100_000)
  readonly COMMAND_MAX_WAITS_PER_KEY: number = 1_000;

  /** `false`: any reply completes the oldest command in flight; `true`: only a reply that matches the command. */
  @FlagVariable()
  readonly VALIDATE_COMMAND_RESPONSE: boolean = true;

  /** Maximum `metadata` of a command, in bytes of its JSON text; larger ones are answered 413. */
  @IntegerVariable(2, 67_108_864)
  readonly METADATA_MAX_BYTES: number = 65_536;

  /** JSON file with additional commands and actions for the catalogue. */
  @IsOptional()
  @IsString()
  readonly COMMAND_CATALOGUE_FILE?: string;

  /** Days for which unsolicited messages of devices are kept; 0: until a limit deletes them. */
  @IntegerVariable(0, 36_500)
  readonly DEVICE_MESSAGES_RETENTION_DAYS: number = 90;

  /** Messages kept per device; above it the oldest are deleted. */
  @IntegerVariable(1, 1_000_000)
  readonly DEVICE_MESSAGES_MAX_ROWS_PER_DEVICE: number = 1_000;

  /** Messages kept in total; above it the oldest are deleted, those of unregistered devices first. */
  @IntegerVariable(1, 1_000_000_000)
  readonly DEVICE_MESSAGES_MAX_ROWS: number = 200_000;
}
