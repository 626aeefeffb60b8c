import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { type FailureReason } from './command.js';
import { type Guard } from './guards/guard.js';

/** A command, from its request to its end. Finished ones are kept. */
@Entity('tbl_iot_command_logs')
export class CommandLog {
  /** A 64-bit number in decimal. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', name: 'command_log_id', generatedIdentity: 'ALWAYS' })
  readonly commandLogId!: string;

  @Column({ type: 'text' })
  readonly imei!: string;

  @Column({ type: 'text' })
  readonly command!: string;

  @Column({ type: 'smallint' })
  readonly codec!: 12 | 14;

  @Column({ type: 'text', name: 'reply_shape' })
  readonly replyShape!: string;

  @Column({ type: 'boolean' })
  readonly silent!: boolean;

  @Column({ type: 'text' })
  readonly mode!: 'live' | 'queue';

  @Column({ type: 'text', default: 'PENDING' })
  readonly status!: 'PENDING' | 'COMPLETED' | 'FAILED';

  @Column({ type: 'text', nullable: true })
  readonly reason!: FailureReason | null;

  @Column({ type: 'boolean', default: false })
  readonly late!: boolean;

  @Column({ type: 'text', nullable: true })
  readonly response!: string | null;

  @Column({ type: 'json', nullable: true })
  readonly metadata!: unknown;

  @Column({ type: 'integer', default: 0 })
  readonly attempts!: number;

  /** How often the command was sent again: attempts without the first one. */
  @Column({ type: 'integer', insert: false, update: false, generatedType: 'STORED', asExpression: 'greatest(attempts - 1, 0)' })
  readonly retry!: number;

  @Column({ type: 'integer', name: 'max_retry' })
  readonly maxRetry!: number;

  @Column({ type: 'integer', name: 'timeout_seconds' })
  readonly timeoutSeconds!: number;

  @Column({ type: 'boolean', name: 'in_flight', default: false })
  readonly inFlight!: boolean;

  @Column({ type: 'text', name: 'socket_uuid', nullable: true })
  readonly socketUuid!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  readonly createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()' })
  readonly updatedAt!: Date;

  @Column({ type: 'timestamptz', name: 'queued_at', default: () => 'now()' })
  readonly queuedAt!: Date;

  @Column({ type: 'timestamptz', name: 'sent_at', nullable: true })
  readonly sentAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'estimated_timeout_at' })
  readonly estimatedTimeoutAt!: Date;

  @Column({ type: 'timestamptz', name: 'expires_at' })
  readonly expiresAt!: Date;

  /** When the sweeper must check the command, while it is pending. */
  @Column({ type: 'timestamptz', name: 'due_at' })
  readonly dueAt!: Date;

  @Column({ type: 'timestamptz', name: 'completed_at', nullable: true })
  readonly completedAt!: Date | null;

  @Column({ type: 'text', name: 'idempotency_key', nullable: true })
  readonly idempotencyKey!: string | null;

  @Column({ type: 'bytea', name: 'request_hash', nullable: true })
  readonly requestHash!: Buffer | null;

  /** What it sets, for example output:1 or param:2004. A newer command with an overlapping target ends this one. */
  @Column({ type: 'text', array: true, default: '{}' })
  readonly targets!: string[];

  @Column({ type: 'text', name: 'device_state', nullable: true })
  readonly deviceState!: 'queued' | 'unrecognised' | null;

  @Column({ type: 'integer', name: 'postponed_seconds', default: 86400 })
  readonly postponedSeconds!: number;

  /** The newer command that ended this one. */
  @Column({ type: 'bigint', name: 'superseded_by', nullable: true })
  readonly supersededBy!: string | null;

  /** The action of the catalogue that the text was made from. */
  @Column({ type: 'text', nullable: true })
  readonly action!: string | null;

  @Column({ type: 'json', name: 'action_params', nullable: true })
  readonly actionParams!: unknown;

  /** It is sent before the other commands of its device that wait. */
  @Column({ type: 'boolean', default: false })
  readonly urgent!: boolean;

  /** Conditions that are checked immediately before every attempt. */
  @Column({ type: 'jsonb', nullable: true })
  readonly guard!: Guard | null;

  @Column({ type: 'text', name: 'confirmed_by', nullable: true })
  readonly confirmedBy!: 'reply' | 'telemetry' | null;

  /** The instance where a request waits for the end of the command. */
  @Column({ type: 'uuid', name: 'awaited_by', nullable: true })
  readonly awaitedBy!: string | null;
}
