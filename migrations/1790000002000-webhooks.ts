import { type MigrationInterface, type QueryRunner } from 'typeorm';
import {
  APPEND_EVENT,
  APPEND_TELEMETRY,
  APPEND_TELEMETRY_RECORDS,
  CLAIM_FAILURES,
  LOCK_SEQUENCES,
  RECORD_PARTS,
  TELEMETRY_BODY,
} from './1790000002000-webhooks.functions.js';

/** Everything the host should hear, the deliveries that are still to be made, and every attempt. Takes the place of the outbox. */
export class Webhooks1790000002000 implements MigrationInterface {
  readonly name = 'Webhooks1790000002000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('alter table tbl_iot_event_sequences set (fillfactor = 70)');
    await queryRunner.query(`alter table tbl_iot_event_sequences add column last_transaction_id xid8 not null default '0'`);
    // The key is the order of the feed: see docs/decisions/0007-events-for-the-host.md.
    await queryRunner.query(`
      create table tbl_iot_events (
        transaction_id xid8 not null default pg_current_xact_id(),
        position bigint generated always as identity,
        sequence bigint not null,
        occurred_at timestamptz not null default now(),
        delivered_at timestamptz,
        dead_at timestamptz,
        first_received_at timestamptz,
        last_received_at timestamptz,
        newest_time timestamptz,
        newest_hash bigint,
        event_id uuid not null default gen_random_uuid() constraint events_event_id unique,
        record_count integer,
        is_open boolean not null default false,
        newest_is_plausible boolean,
        imei text not null,
        type text not null,
        body json,
        constraint tbl_iot_events_pkey primary key (transaction_id, position),
        constraint events_sequence unique (imei, sequence),
        constraint events_have_a_body check (body is not null or type = 'telemetry'),
        constraint events_open_have_none check (not is_open or body is null)
      ) with (fillfactor = 80)`);
    await queryRunner.query(`create unique index events_one_open on tbl_iot_events (imei) where is_open`);
    await queryRunner.query(`create index events_dead on tbl_iot_events (transaction_id, position) where dead_at is not null`);
    await queryRunner.query(
      `comment on column tbl_iot_events.is_open is 'A telemetry event that no one has been told of yet: newer records are merged into it.'`,
    );

    await queryRunner.query(`
      create table tbl_iot_event_records (
        event_id uuid not null,
        imei text not null,
        iot_timestamp timestamptz not null,
        record_hash bigint not null,
        primary key (event_id, iot_timestamp, record_hash)
      )`);
    await queryRunner.query(
      `comment on table tbl_iot_event_records is 'Keys of the records of a telemetry event; with WEBHOOK_TELEMETRY_RECORDS=all only.'`,
    );

    await queryRunner.query(`
      create table tbl_iot_deliveries (
        sequence bigint not null,
        next_attempt_at timestamptz not null default now(),
        event_id uuid not null,
        locked_by uuid,
        batch_id uuid,
        failures integer not null default 0,
        attempts integer not null default 0,
        alone boolean not null default false,
        held_by_outage boolean not null default false,
        imei text not null,
        type text not null,
        constraint tbl_iot_deliveries_pkey primary key (imei, sequence)
      ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)`);
    await queryRunner.query(`create index deliveries_due on tbl_iot_deliveries (next_attempt_at)`);
    await queryRunner.query(
      `create index deliveries_failures on tbl_iot_deliveries (next_attempt_at)
        where type = 'command.failed' and not alone and batch_id is null`,
    );
    await queryRunner.query(`create index deliveries_batch on tbl_iot_deliveries (batch_id) where batch_id is not null`);
    await queryRunner.query(
      `comment on column tbl_iot_deliveries.next_attempt_at is 'While it is locked: when the lease ends, and anybody may take it.'`,
    );

    await queryRunner.query(`
      create table tbl_iot_delivery_attempts (
        event_id uuid not null,
        attempt integer not null,
        status integer,
        duration_ms integer not null,
        attempted_at timestamptz not null,
        webhook_id text not null,
        answer text,
        error text,
        primary key (event_id, attempt)
      )`);

    for (const statement of [
      LOCK_SEQUENCES,
      APPEND_TELEMETRY,
      APPEND_TELEMETRY_RECORDS,
      RECORD_PARTS,
      TELEMETRY_BODY,
      CLAIM_FAILURES,
    ]) {
      await queryRunner.query(statement);
    }
    await this.replaceOutbox(queryRunner);
  }

  /** What it still held is delivered, in its order. */
  private async replaceOutbox(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      with moved as (
        insert into tbl_iot_events (event_id, imei, sequence, type, occurred_at, body)
        select event_id, imei, sequence, type, occurred_at, body from tbl_iot_outbox order by occurred_at, imei, sequence
        returning imei, sequence, event_id, type
      )
      insert into tbl_iot_deliveries (imei, sequence, event_id, type) select imei, sequence, event_id, type from moved`);
    await queryRunner.query('drop table tbl_iot_outbox');
    await queryRunner.query('drop function iot_append_event(text, text, json)');
    await queryRunner.query(APPEND_EVENT);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
