import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AdmissionSettings } from './admission.settings.js';
import { PreparedStatement } from '../platform/database/driver-statements.js';
import { UnregisteredDevice } from './unregistered-device.entity.js';
import { TableRetention } from '../platform/retention/table-retention.js';
import {
  admissionCtes,
  type AdmissionRequest,
  type AdmissionRule,
  type Admissions,
  type LoginRefusal,
  NEW_DEVICES,
  newDevicesOf,
} from './admission-rule.js';

/**
 * Removes what exists only because an IMEI was admitted. A sequence stays while events refer to it.
 *
 * A sequence may be locked by a transaction that appends an event. After the wait, PostgreSQL compares the columns of the new version of the row, but
 * looks for events with the snapshot of before. The number shows that there is a new one.
 */
const FORGET_DEVICES = `
  unlisted as (select imei from expired where not exists (select from tbl_iot_devices device where device.imei = expired.imei)),
  latest as (delete from tbl_iot_telemetry_latest latest using unlisted where latest.iot_imei = unlisted.imei),
  unused as materialized (
    select imei, last_sequence from tbl_iot_event_sequences sequence join unlisted using (imei)
     where not exists (select from tbl_iot_events event where event.imei = sequence.imei)
  ),
  sequences as (
    delete from tbl_iot_event_sequences sequence using unused
     where sequence.imei = unused.imei and sequence.last_sequence = unused.last_sequence
  )`;

const FIND_REFUSALS = new PreparedStatement<{ refusal: LoginRefusal | null; newDevices: number }>(
  'find_refusals',
  `with given as (
     select * from unnest($1::text[], $2::text[]) with ordinality as packet (imei, address, place)
   ),
   ${admissionCtes({ registeredOnly: '$3::boolean', remaining: '$4::integer' })}
   select refusal, ${NEW_DEVICES} from checked order by place`,
);

/** Admits devices without opening a session, and counts and removes rows of `tbl_iot_unregistered_devices`. */
@Injectable()
export class UnregisteredDevicesRepository {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    retention: TableRetention,
    settings: AdmissionSettings,
  ) {
    retention.register({
      table: 'tbl_iot_unregistered_devices',
      timeColumn: 'last_seen',
      retentionDays: settings.UNREGISTERED_DEVICES_RETENTION_DAYS,
      withExpired: FORGET_DEVICES,
    });
  }

  /** For each request, in their order, why its device is not admitted; null when it is. */
  async findRefusals(
    requests: readonly AdmissionRequest[],
    { registeredOnly, remaining }: AdmissionRule,
  ): Promise<Admissions<LoginRefusal | null>> {
    const rows = await FIND_REFUSALS.run(this.dataSource, [
      requests.map(({ imei }) => imei),
      requests.map(({ address }) => address),
      registeredOnly,
      remaining,
    ]);
    return { results: rows.map(({ refusal }) => refusal), newDevices: newDevicesOf(rows) };
  }

  count(): Promise<number> {
    return this.dataSource.getRepository(UnregisteredDevice).count();
  }
}
