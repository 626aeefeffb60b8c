import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** One entry of the audit: who did what over the REST API or the command line. */
@Entity('tbl_iot_audit')
export class AuditRecord {
  /** A 64-bit number in decimal. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', name: 'audit_id', generatedIdentity: 'ALWAYS' })
  readonly auditId!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  readonly at!: Date;

  @Column({ type: 'text' })
  readonly action!: string;

  /** No row of tbl_iot_api_keys has to exist: IOT_API_KEY has none. */
  @Column({ type: 'bigint', name: 'key_id', nullable: true })
  readonly keyId!: string | null;

  @Column({ type: 'text', name: 'key_name' })
  readonly keyName!: string;

  @Column({ type: 'text', nullable: true })
  readonly imei!: string | null;

  @Column({ type: 'json' })
  readonly details!: object;

  @Column({ type: 'text', name: 'remote_address', nullable: true })
  readonly remoteAddress!: string | null;

  @Column({ type: 'text', name: 'request_id', nullable: true })
  readonly requestId!: string | null;
}
