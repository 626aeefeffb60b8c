import { type Guard, type GuardFacts } from './guards/guard.js';

export type CommandStatus = 'PENDING' | 'COMPLETED' | 'FAILED';
/** Why a command failed: docs/concepts/commands.md says what each promises. */
export type FailureReason = 'expired' | 'unconfirmed' | 'rejected' | 'superseded' | 'cancelled' | 'unrecognised' | 'guard';
/**
 * What the device said about a command that has not ended by it. `queued`: accepted, to be executed later. `unrecognised`: words that no
 * pattern knows. Neither is written again.
 */
export type DeviceState = 'queued' | 'unrecognised';
export type CommandMode = 'live' | 'queue';
export type CommandCodec = 12 | 14;

export const COMMAND_STATUSES: readonly CommandStatus[] = ['PENDING', 'COMPLETED', 'FAILED'];
export const FAILURE_REASONS: readonly FailureReason[] = [
  'expired',
  'unconfirmed',
  'rejected',
  'superseded',
  'cancelled',
  'unrecognised',
  'guard',
];
export const DEVICE_STATES: readonly DeviceState[] = ['queued', 'unrecognised'];
export const ATTEMPT_RESULTS = [
  'confirmed',
  'rejected',
  'timeout',
  'disconnected',
  'superseded',
  'postponed',
  'unrecognised',
] as const;

/** One row of `tbl_iot_command_logs`, as read. */
export interface Command {
  /** A 64-bit number in decimal. */
  readonly commandLogId: string;
  readonly imei: string;
  readonly command: string;
  /** The action of the catalogue that the text was made of. */
  readonly action: string | null;
  /** Its parameters, as JSON text. */
  readonly actionParams: string | null;
  readonly urgent: boolean;
  readonly codec: CommandCodec;
  readonly mode: CommandMode;
  readonly status: CommandStatus;
  readonly reason: FailureReason | null;
  readonly deviceState: DeviceState | null;
  /** The newer command that ended it, by its text or by an overlapping target. */
  readonly supersededBy: string | null;
  /** What completed it. */
  readonly confirmedBy: 'reply' | 'telemetry' | null;
  /** It was confirmed after its failure had been reported. */
  readonly late: boolean;
  readonly response: string | null;
  /** JSON as the host passed it, not parsed. */
  readonly metadata: string | null;
  /** Conditions for every write. */
  readonly guard: Guard | null;
  /** How often it was written to a device, or may have been. */
  readonly attempts: number;
  readonly maxRetry: number;
  readonly timeoutSeconds: number;
  /** How long a device that has postponed it may take to execute it. */
  readonly postponedSeconds: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly sentAt: Date | null;
  readonly estimatedTimeoutAt: Date;
  readonly expiresAt: Date;
  readonly completedAt: Date | null;
}

/** A command whose next attempt is on record: it can be written. */
export type ClaimedCommand = Pick<
  Command,
  'commandLogId' | 'imei' | 'command' | 'action' | 'codec' | 'metadata' | 'guard' | 'attempts' | 'timeoutSeconds' | 'sentAt'
>;

/** The select list, and the `returning` list, that gives a Command. */
export const COMMAND_FIELDS = `
  command_log_id::text as "commandLogId", imei, command, action, action_params::text as "actionParams", urgent, codec, mode, status, reason, device_state as "deviceState",
  superseded_by::text as "supersededBy", confirmed_by as "confirmedBy", late, response, metadata::text as metadata, guard, attempts, max_retry as "maxRetry",
  timeout_seconds as "timeoutSeconds", postponed_seconds as "postponedSeconds", created_at as "createdAt", updated_at as "updatedAt",
  sent_at as "sentAt", estimated_timeout_at as "estimatedTimeoutAt", expires_at as "expiresAt", completed_at as "completedAt"`;

/** One time a command was written to a device. */
export interface CommandAttempt {
  readonly attempt: number;
  readonly sentAt: Date;
  readonly socketUuid: string;
  readonly result: (typeof ATTEMPT_RESULTS)[number] | null;
  readonly endedAt: Date | null;
  readonly reply: string | null;
  /** What its guard was compared with. */
  readonly guardFacts: GuardFacts | null;
}
