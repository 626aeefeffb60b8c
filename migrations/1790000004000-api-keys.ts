import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Keys of the REST API that are made and revoked while the gateway runs. Revoked ones stay: the audit names them. */
export class ApiKeys1790000004000 implements MigrationInterface {
  readonly name = 'ApiKeys1790000004000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table tbl_iot_api_keys (
        key_id bigint generated always as identity primary key,
        name text not null,
        scopes text[] not null check (cardinality(scopes) > 0 and scopes <@ array['read', 'command', 'admin']),
        key_sha256 bytea not null unique check (octet_length(key_sha256) = 32),
        created_at timestamptz not null default now(),
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz
      )`);
    await queryRunner.query(`create unique index api_keys_one_of_a_name on tbl_iot_api_keys (name) where revoked_at is null`);
    await queryRunner.query(
      `comment on column tbl_iot_api_keys.last_used_at is 'Written now and then, not with each request: up to a minute late.'`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
