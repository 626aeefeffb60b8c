import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A session of the console. */
@Entity('tbl_iot_console_sessions')
export class ConsoleSession {
  /** SHA-256 of the token in the cookie. */
  @PrimaryColumn({ type: 'bytea', name: 'token_sha256' })
  readonly digest!: Buffer;

  /** The key it was made with, a 64-bit number in decimal; null for one of IOT_API_KEY. */
  @Column({ type: 'bigint', name: 'key_id', nullable: true })
  readonly keyId!: string | null;

  /** See KeyBinding. */
  @Column({ type: 'bytea', name: 'key_proof', nullable: true })
  readonly proof!: Buffer | null;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  readonly createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'expires_at' })
  readonly expiresAt!: Date;
}

/** The one secret that signs cookies, for all instances. */
@Entity('tbl_iot_console_secret')
export class ConsoleSecret {
  @PrimaryColumn({ type: 'boolean', name: 'is_only', default: true })
  readonly isOnly!: boolean;

  @Column({ type: 'bytea' })
  readonly secret!: Buffer;
}
