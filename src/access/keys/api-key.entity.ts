import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { type Scope } from '../scope.js';

/** A key of the REST API. A revoked one stays: the audit names it. */
@Entity('tbl_iot_api_keys')
export class ApiKey {
  /** A 64-bit number in decimal. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', name: 'key_id', generatedIdentity: 'ALWAYS' })
  readonly keyId!: string;

  @Column({ type: 'text' })
  readonly name!: string;

  @Column({ type: 'text', array: true })
  readonly scopes!: Scope[];

  /** SHA-256 of the key. */
  @Column({ type: 'bytea', name: 'key_sha256', select: false })
  readonly digest!: Buffer;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  readonly createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'expires_at', nullable: true })
  readonly expiresAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'revoked_at', nullable: true })
  readonly revokedAt!: Date | null;

  /** Not written with each request: up to a minute late. */
  @Column({ type: 'timestamptz', name: 'last_used_at', nullable: true })
  readonly lastUsedAt!: Date | null;
}
