import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type GuardFacts } from './guards/guard.js';

/** One sending of a command to a device. */
@Entity('tbl_iot_command_attempts')
export class CommandAttempt {
  @PrimaryColumn({ type: 'bigint', name: 'command_log_id' })
  readonly commandLogId!: string;

  @PrimaryColumn({ type: 'integer' })
  readonly attempt!: number;

  @Column({ type: 'timestamptz', name: 'sent_at' })
  readonly sentAt!: Date;

  @Column({ type: 'text', name: 'socket_uuid' })
  readonly socketUuid!: string;

  @Column({ type: 'text', nullable: true })
  readonly result!: AttemptResult | null;

  @Column({ type: 'timestamptz', name: 'ended_at', nullable: true })
  readonly endedAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  readonly reply!: string | null;

  /** What the guard was compared with. */
  @Column({ type: 'jsonb', name: 'guard_facts', nullable: true })
  readonly guardFacts!: GuardFacts | null;
}

export type AttemptResult = 'confirmed' | 'rejected' | 'timeout' | 'disconnected' | 'superseded' | 'postponed' | 'unrecognised';
