import { ForwardMigration } from './forward-migration.js';

/** Keys of the REST API that are created and revoked while the gateway runs. Revoked ones stay: the audit names them. */
export class ApiKeys1796000007000 extends ForwardMigration {
  readonly name = 'ApiKeys1796000007000';

  protected readonly statements = [
    `create table tbl_iot_api_keys (
      key_id bigint generated always as identity primary key,
      name text not null,
      scopes text[] not null check (cardinality(scopes) > 0 and scopes <@ array['read', 'command', 'admin']),
      key_sha256 bytea not null unique check (octet_length(key_sha256) = 32),
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      revoked_at timestamptz,
      last_used_at timestamptz
    )`,
    `comment on column tbl_iot_api_keys.last_used_at is 'Not written with each request: up to a minute late.'`,
    `create unique index api_keys_one_of_a_name on tbl_iot_api_keys (name) where revoked_at is null`,
  ];
}
