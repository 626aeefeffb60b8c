import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A gateway process that is alive, or has not been removed yet. */
@Entity('tbl_iot_instances')
export class GatewayInstance {
  @PrimaryColumn({ type: 'uuid', name: 'instance_id' })
  readonly instanceId!: string;

  @Column({ type: 'text' })
  readonly name!: string;

  @Column({ type: 'timestamptz', name: 'started_at', default: () => 'now()' })
  readonly startedAt!: Date;

  @Column({ type: 'timestamptz', name: 'heartbeat_at', default: () => 'now()' })
  readonly heartbeatAt!: Date;

  /** Seconds without a heartbeat after which the instance counts as dead. */
  @Column({ type: 'interval', name: 'dead_after' })
  readonly deadAfter!: unknown;

  /** What it said of itself with its last heartbeat. */
  @Column({ type: 'json', nullable: true })
  readonly stats!: Readonly<Record<string, unknown>> | null;
}
