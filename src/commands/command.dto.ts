import { ApiProperty, ApiPropertyOptional } from '../platform/http/open-api-decorators.js';
import { GuardDto, GuardFactsDto } from './guards/guard.dto.js';
import { JsonSource } from '../platform/json/json-source.js';
import {
  ATTEMPT_RESULTS,
  type Command,
  COMMAND_STATUSES,
  type CommandAttempt,
  type CommandCodec,
  type CommandMode,
  type CommandStatus,
  DEVICE_STATES,
  type DeviceState,
  FAILURE_REASONS,
  type FailureReason,
} from './command.js';
import { ActionDto } from './actions/action.dto.js';

/** A command and how it stands. */
export class CommandDto {
  /**
   * A 64-bit number in decimal.
   * @example '1207'
   */
  readonly commandLogId!: string;
  /** @example '350612345678901' */
  readonly imei!: string;
  /** @example 'getinfo' */
  readonly command!: string;
  /**
   * The action of the catalogue that the text was made of.
   * @example 'output1-on'
   */
  readonly action!: string | null;
  /** The parameters of the action, with the defaults. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, example: { timeoutSeconds: 10 } })
  readonly params!: unknown;
  /** It is written before the other commands of the device that wait. */
  readonly urgent!: boolean;
  @ApiProperty({ enum: [12, 14] })
  readonly codec!: CommandCodec;
  @ApiProperty({ enum: ['live', 'queue'] })
  readonly mode!: CommandMode;
  @ApiProperty({ enum: COMMAND_STATUSES })
  readonly status!: CommandStatus;
  /**
   * Why it FAILED. expired, cancelled: no byte was ever written. unconfirmed: written and never confirmed, the device may have
   * executed it. rejected: the device answered with an error. superseded: a newer command took its place. unrecognised: the device
   * answered in words that no pattern knows, it may have executed it. guard: its conditions did not hold until its time was over, no byte was
   * ever written.
   */
  @ApiProperty({ enum: FAILURE_REASONS, nullable: true })
  readonly reason!: FailureReason | null;
  /**
   * What the device said about it, its words are in `response`. queued: accepted, it executes the command later, until `expiresAt`.
   * unrecognised: words that no pattern knows. Neither is written again.
   */
  @ApiProperty({ enum: DEVICE_STATES, nullable: true })
  readonly deviceState!: DeviceState | null;
  /**
   * `commandLogId` of the newer command that ended it: the same text, the same output or parameter, or an action that replaces it.
   * @example '1208'
   */
  readonly supersededBy!: string | null;
  /** What completed it: a reply of the device, or a telemetry record that shows the outputs as the command asked for them. */
  @ApiProperty({ enum: ['reply', 'telemetry'], nullable: true })
  readonly confirmedBy!: 'reply' | 'telemetry' | null;
  /** Confirmed after its failure had been reported. */
  readonly late!: boolean;
  /**
   * The device's words.
   * @example 'DOUT1:1 Timeout:INFINITY'
   */
  readonly response!: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, example: { job_id: '123' } })
  /** As it was passed. */
  readonly metadata!: unknown;
  /** Conditions for every write, those of the request and of its catalogue entry together. */
  readonly guard!: GuardDto | null;
  /** How often it was written to the device, or may have been. */
  readonly attempts!: number;
  readonly maxRetry!: number;
  readonly timeoutSeconds!: number;
  /** How long a device that has postponed it may take to execute it. */
  readonly postponedSeconds!: number;
  readonly createdAt!: Date;
  readonly updatedAt!: Date;
  readonly sentAt!: Date | null;
  readonly estimatedTimeoutAt!: Date;
  readonly expiresAt!: Date;
  readonly completedAt!: Date | null;

  static from(command: Command): CommandDto {
    // Each field is named: other columns of a row are internal.
    return {
      commandLogId: command.commandLogId,
      imei: command.imei,
      command: command.command,
      action: command.action,
      params: command.actionParams === null ? null : new JsonSource(command.actionParams),
      urgent: command.urgent,
      codec: command.codec,
      mode: command.mode,
      status: command.status,
      reason: command.reason,
      deviceState: command.deviceState,
      supersededBy: command.supersededBy,
      confirmedBy: command.confirmedBy,
      late: command.late,
      response: command.response,
      metadata: command.metadata === null ? null : new JsonSource(command.metadata),
      guard: command.guard,
      attempts: command.attempts,
      maxRetry: command.maxRetry,
      timeoutSeconds: command.timeoutSeconds,
      postponedSeconds: command.postponedSeconds,
      createdAt: command.createdAt,
      updatedAt: command.updatedAt,
      sentAt: command.sentAt,
      estimatedTimeoutAt: command.estimatedTimeoutAt,
      expiresAt: command.expiresAt,
      completedAt: command.completedAt,
    };
  }
}

/** One time it was written to the device. */
export class CommandAttemptDto {
  readonly attempt!: number;
  readonly sentAt!: Date;
  /**
   * The connection it was written to.
   * @example '0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52'
   */
  readonly socketUuid!: string;
  @ApiProperty({ enum: ATTEMPT_RESULTS, nullable: true })
  readonly result!: CommandAttempt['result'];
  readonly endedAt!: Date | null;
  /**
   * The device's words, one line each when there were several.
   * @example 'DOUT1:1 Timeout:INFINITY'
   */
  readonly reply!: string | null;
  /** The newest record when it was written; null for a command without a guard. */
  readonly guardFacts!: GuardFactsDto | null;
}

export class CommandAcceptedDto {
  readonly success!: true;
  /** @example 'Command sent' */
  readonly message!: string;
  /** @example '1207' */
  readonly commandLogId!: string;
  @ApiProperty({ enum: COMMAND_STATUSES })
  readonly status!: CommandStatus;
  /** Why it FAILED. This field and the following ones are in the answer to a request that has waited (`Prefer: wait`) only. */
  @ApiPropertyOptional({ enum: FAILURE_REASONS, nullable: true })
  readonly reason?: FailureReason | null;
  /**
   * The device's words.
   * @example 'DOUT1:1 Timeout:INFINITY'
   */
  readonly response?: string | null;
  /** What completed it. */
  @ApiPropertyOptional({ enum: ['reply', 'telemetry'], nullable: true })
  readonly confirmedBy?: 'reply' | 'telemetry' | null;
  /** What the device said about a command that has not ended. queued: it has accepted the command and executes it later. */
  @ApiPropertyOptional({ enum: DEVICE_STATES, nullable: true })
  readonly deviceState?: DeviceState | null;
}

export class CommandListDto {
  readonly success!: true;
  readonly count!: number;
  readonly commands!: CommandDto[];
  /**
   * Give it as `cursor` to get the next page. Null: there is no more.
   * @example '1764072000000000_1207'
   */
  readonly nextCursor!: string | null;
}

export class CommandAnswerDto {
  readonly success!: true;
  readonly command!: CommandDto;
  /** In the order in which they were written. */
  readonly attempts!: CommandAttemptDto[];
  /** Older attempts were left out, because the answer would have become too large. */
  readonly hasOlderAttempts!: boolean;
}

export class CommandCancelledDto {
  readonly success!: true;
  readonly command!: CommandDto;
}

/** What is known of one command. */
export class CommandDefinitionDto {
  /** @example 'setdigout' */
  readonly command!: string;
  /**
   * How it is written.
   * @example 'setdigout <states> [timeout seconds]'
   */
  readonly syntax!: string;
  /**
   * For people.
   * @example '? leaves an output as it is'
   */
  readonly notes!: string | null;
  /**
   * What it does to the vehicle or the device, null when harmless.
   * @example 'Switches digital outputs'
   */
  readonly destructive!: string | null;
  /** The device says nothing when it has done it. */
  readonly silent!: boolean;
  /**
   * At most one command of a shape is in flight for a device.
   * @example 'setdigout'
   */
  readonly replyShape!: string;
  /**
   * Regular expression of a reply that confirms it.
   * @example '^DOUT1:'
   */
  readonly success!: string | null;
  /**
   * Of a reply that says it failed.
   * @example '^Invalid'
   */
  readonly failure!: string | null;
  /**
   * Of a reply that says it will be done later.
   * @example 'queued$'
   */
  readonly queued!: string | null;
  /**
   * What of the command the reply repeats: nothing, the id it names (the first group of `success`), states of digital outputs, its
   * `<id>:<value>` pairs, or its argument (the first group).
   */
  @ApiProperty({ enum: ['none', 'id', 'outputs', 'settings', 'value'] })
  readonly discriminator!: 'none' | 'id' | 'outputs' | 'settings' | 'value';
  /** A reply without text can be its answer. */
  readonly emptyReply!: boolean;
  /**
   * What it changes: "outputs", "params" or a name. A newer command that changes the same replaces it. Null: nothing of that kind.
   * @example 'outputs'
   */
  readonly target!: string | null;
  /** Conditions for every write of such a command, in addition to those of a request. */
  readonly guard!: GuardDto | null;
  /** A TFT100 knows it. */
  readonly tft100!: boolean;
  /** Replies of real devices. */
  @ApiProperty({ type: [String] })
  readonly examples!: readonly string[];
}

export class CommandCatalogueDto {
  readonly success!: true;
  readonly count!: number;
  readonly commands!: CommandDefinitionDto[];
  readonly actions!: ActionDto[];
}
