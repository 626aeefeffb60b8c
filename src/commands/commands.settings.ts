import { IsOptional, IsString } from 'class-validator';
import { FlagVariable, IntegerVariable } from '../platform/config/variables.js';

/** How commands are sent, and how their replies are matched. */
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

  /** Requests that may wait for the end of their command at the same time (`Prefer: wait`). A further one is answered at once. */
  @IntegerVariable(0, 100_000)
  readonly COMMAND_MAX_WAITS: number = 2_000;

  /** The same for one API key. */
  @IntegerVariable(0, 100_000)
  readonly COMMAND_MAX_WAITS_PER_KEY: number = 1_000;

  /** false takes any reply for the oldest command in flight; true only one that fits the command. */
  @FlagVariable()
  readonly VALIDATE_COMMAND_RESPONSE: boolean = true;

  /** Largest `metadata` of a command, in bytes of its JSON text. */
  @IntegerVariable(2, 67_108_864)
  readonly METADATA_MAX_BYTES: number = 65_536;

  /** JSON file with further commands and actions for the catalogue. */
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
