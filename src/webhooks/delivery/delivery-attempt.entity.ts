import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One attempt to deliver an event, and the answer of the host. */
@Entity('tbl_iot_delivery_attempts')
export class DeliveryAttempt {
  @PrimaryColumn({ type: 'uuid', name: 'event_id' })
  readonly eventId!: string;

  @PrimaryColumn({ type: 'integer' })
  readonly attempt!: number;

  @Column({ type: 'integer', nullable: true })
  readonly status!: number | null;

  @Column({ type: 'integer', name: 'duration_ms' })
  readonly durationMs!: number;

  @Column({ type: 'timestamptz', name: 'attempted_at' })
  readonly attemptedAt!: Date;

  @Column({ type: 'text', name: 'webhook_id' })
  readonly webhookId!: string;

  @Column({ type: 'text', nullable: true })
  readonly answer!: string | null;

  @Column({ type: 'text', nullable: true })
  readonly error!: string | null;
}
