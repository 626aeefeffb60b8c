import { ForwardMigration } from './forward-migration.js';

/** Sessions of the console. Neither the token of a session nor the key it was made with is stored. */
export class ConsoleSessions1796000015000 extends ForwardMigration {
  readonly name = 'ConsoleSessions1796000015000';

  protected readonly statements = [
    `create table tbl_iot_console_secret (
      is_only boolean primary key default true check (is_only),
      secret bytea not null check (octet_length(secret) = 32)
    )`,
    `comment on table tbl_iot_console_secret is 'Signs the cookies of the console, for all instances. Without its row all sessions end.'`,
    `create table tbl_iot_console_sessions (
      token_sha256 bytea primary key check (octet_length(token_sha256) = 32),
      key_id bigint,
      key_proof bytea,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      check ((key_id is null) <> (key_proof is null))
    )`,
    `comment on column tbl_iot_console_sessions.key_proof is
      'Of a key of IOT_API_KEY, which has no row: HMAC-SHA-256 of its digest, by the token. Worth nothing without the token.'`,
    `create index console_sessions_of_a_key on tbl_iot_console_sessions (key_id, created_at)`,
  ];
}
