import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { instanceChannel } from '../platform/cluster/instances.repository.js';
import {
  admissionCtes,
  type AdmissionRule,
  type Admissions,
  type LoginRefusal,
  NEW_DEVICES,
  newDevicesOf,
} from '../admission/admission-rule.js';
import { type Session, type SessionEnd, type SessionOpening } from './session.js';

const FIELDS = `
  session.imei, session.epoch::float8 as epoch, session.connection_id as "connectionId", session.connected_at as "connectedAt",
  session.remote_address as "remoteAddress", session.remote_port as "remotePort", session.instance_id as "instanceId", instance.name as instance`;

/** Of an instance that comes back: what it held before is not connected to it any more. For the heartbeat's own connection. */
export const FORGET_SESSIONS = `delete from tbl_iot_device_sessions where instance_id = $1`;

/** A device with a `refusal` has no session. */
export interface LoginResult extends OpenedSession {
  readonly refusal: LoginRefusal | null;
}

export interface OpenedSession {
  readonly imei: string;
  /** Exact: the sequence will not reach 2^53. */
  readonly epoch: number;
}

/** A session that has ended, and why. */
export interface EndedSession extends Session {
  readonly reason: string;
}

/** SQL on `tbl_iot_device_sessions`. Several devices at a time, always in the order of their IMEIs, so that two writers wait instead of deadlocking. */
@Injectable()
export class SessionsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /**
   * Opens a session for each of these devices (all different), whichever instance held them: the newest login wins, with a greater epoch. Other
   * instances that held one are notified at the commit. A device that is not admitted gets none, and its session, if it has one, is left alone:
   * the peer that was refused need not be the device.
   */
  async open(
    instanceId: string,
    openings: readonly SessionOpening[],
    { registeredOnly, room }: AdmissionRule,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Admissions<LoginResult>> {
    const rows = await manager.query<(LoginResult & { newDevices: number })[]>(
      `with given as (
         select * from unnest($2::text[], $3::uuid[], $4::timestamptz[], $5::text[], $6::int[])
           as login (imei, connection_id, connected_at, address, remote_port)
       ),
       ${admissionCtes({ registeredOnly: '$7::boolean', room: '$8::integer' })},
       opened as (
         insert into tbl_iot_device_sessions as session (imei, instance_id, connection_id, connected_at, remote_address, remote_port)
         select imei, $1::uuid, connection_id, connected_at, address, remote_port
           from checked
          where refusal is null
          order by imei
         on conflict (imei) do update
            set previous_instance_id = session.instance_id, instance_id = excluded.instance_id, epoch = nextval('iot_session_epochs'),
                connection_id = excluded.connection_id, connected_at = excluded.connected_at,
                remote_address = excluded.remote_address, remote_port = excluded.remote_port
         returning *
       )
       select imei, epoch::float8 as epoch, null as refusal, ${NEW_DEVICES},
              case when previous_instance_id <> instance_id then
                pg_notify(${instanceChannel('previous_instance_id')}, 'evict ' || imei || ' ' || epoch)::text end as evicted
         from opened
       union all
       select imei, 0, refusal, (select count(*)::int from noted where is_new), null from checked where refusal is not null`,
      [
        instanceId,
        openings.map(({ imei }) => imei),
        openings.map(({ connectionId }) => connectionId),
        openings.map(({ connectedAt }) => connectedAt),
        openings.map(({ remoteAddress }) => remoteAddress),
        openings.map(({ remotePort }) => remotePort),
        registeredOnly,
        room,
      ],
    );
    return { results: rows, newDevices: newDevicesOf(rows) };
  }

  /** Ends sessions and returns those it has ended. One that a newer login has taken is not this connection's to end. */
  async close(ends: readonly SessionEnd[], manager: EntityManager = this.dataSource.manager): Promise<EndedSession[]> {
    return manager.query<EndedSession[]>(
      `with wanted as (
         select session.ctid as place, gone.reason
           from unnest($1::text[], $2::bigint[], $3::text[]) as gone (imei, epoch, reason)
           join tbl_iot_device_sessions session on session.imei = gone.imei and session.epoch = gone.epoch
          order by session.imei
            for update of session
       ),
       closed as (
         delete from tbl_iot_device_sessions session using wanted where session.ctid = wanted.place returning session.*, wanted.reason
       )
       select ${FIELDS}, session.reason from closed session join tbl_iot_instances instance using (instance_id)`,
      [ends.map(({ imei }) => imei), ends.map(({ epoch }) => epoch), ends.map(({ reason }) => reason)],
    );
  }

  /** Ends all sessions of these instances. */
  async free(manager: EntityManager, instanceIds: readonly string[]): Promise<Session[]> {
    return manager.query<Session[]>(
      `with freed as (delete from tbl_iot_device_sessions where instance_id = any ($1::uuid[]) returning *)
       select ${FIELDS} from freed session join tbl_iot_instances instance using (instance_id)`,
      [instanceIds],
    );
  }

  async list(): Promise<Session[]> {
    return this.dataSource.query<Session[]>(
      `select ${FIELDS} from tbl_iot_device_sessions session join tbl_iot_instances instance using (instance_id) order by session.imei`,
    );
  }

  async find(imei: string): Promise<Session | null> {
    const [row] = await this.dataSource.query<Session[]>(
      `select ${FIELDS} from tbl_iot_device_sessions session join tbl_iot_instances instance using (instance_id) where session.imei = $1`,
      [imei],
    );
    return row ?? null;
  }

  async countByInstance(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.dataSource.query<{ instanceId: string; devices: number }[]>(
      `select instance_id as "instanceId", count(*)::int as devices from tbl_iot_device_sessions group by instance_id`,
    );
    return new Map(rows.map(({ instanceId, devices }) => [instanceId, devices]));
  }

  /** What the table says this instance holds. */
  async listOfInstance(instanceId: string): Promise<OpenedSession[]> {
    return this.dataSource.query<OpenedSession[]>(
      `select imei, epoch::float8 as epoch from tbl_iot_device_sessions where instance_id = $1`,
      [instanceId],
    );
  }
}
