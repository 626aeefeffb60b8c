import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
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

/** Whether the event is recorded, and delivered. */
export interface HostTelling {
  readonly tellHost: boolean;
  readonly deliver: boolean;
}

/** A device with a `refusal` has no session. */
export interface LoginResult extends OpenedSession {
  readonly refusal: LoginRefusal | null;
}

export interface OpenedSession {
  readonly imei: string;
  /** Exact: the sequence will not reach 2^53. */
  readonly epoch: number;
}

/** SQL on `tbl_iot_device_sessions`. Several devices at a time, always in the order of their IMEIs, so that two writers wait instead of deadlocking. */
@Injectable()
export class SessionsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Opens a session for each of these devices (all different), whoever held them: the newest login wins, with a greater epoch. Other instances
   * that held one are told in the same transaction. A device that may not talk gets none, and its session, if it has one, is left alone: the
   * one who was refused need not be the device.
   */
  async open(
    instanceId: string,
    openings: readonly SessionOpening[],
    { tellHost, deliver, registeredOnly, room }: HostTelling & AdmissionRule,
  ): Promise<Admissions<LoginResult>> {
    const rows = await this.dataSource.query<(LoginResult & { newDevices: number })[]>(
      `with given as (
         select * from unnest($2::text[], $3::uuid[], $4::timestamptz[], $5::text[], $6::int[])
           as login (imei, connection_id, connected_at, address, remote_port)
       ),
       ${admissionCtes({ registeredOnly: '$8::boolean', room: '$10::integer' })},
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
                pg_notify(iot_instance_channel(previous_instance_id), 'evict ' || imei || ' ' || epoch)::text end as evicted,
              case when $7::boolean then
                iot_append_event(imei, 'device.connected', json_build_object(${toldOf('opened')}), $9)::text end as told
         from opened
       union all
       select imei, 0, refusal, (select count(*)::int from noted where is_new), null, null from checked where refusal is not null`,
      [
        instanceId,
        openings.map(({ imei }) => imei),
        openings.map(({ connectionId }) => connectionId),
        openings.map(({ connectedAt }) => connectedAt),
        openings.map(({ remoteAddress }) => remoteAddress),
        openings.map(({ remotePort }) => remotePort),
        tellHost,
        registeredOnly,
        deliver,
        room,
      ],
    );
    return { results: rows, newDevices: newDevicesOf(rows) };
  }

  /** Gives sessions back. One that a newer login has taken is not this connection's to end. */
  async close(ends: readonly SessionEnd[], { tellHost, deliver }: HostTelling): Promise<void> {
    await this.dataSource.query(
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
       select ${disconnectedEvent('closed', 'reason', '$4', '$5')} from closed`,
      [ends.map(({ imei }) => imei), ends.map(({ epoch }) => epoch), ends.map(({ reason }) => reason), tellHost, deliver],
    );
  }

  /** Frees what dead instances held. */
  async free(manager: EntityManager, instanceIds: readonly string[], { tellHost, deliver }: HostTelling): Promise<number> {
    const rows = await manager.query<unknown[]>(
      `with freed as (delete from tbl_iot_device_sessions where instance_id = any ($1::uuid[]) returning *)
       select ${disconnectedEvent('freed', `'instance-died'`, '$2', '$3')} from (select * from freed order by imei) freed`,
      [instanceIds, tellHost, deliver],
    );
    return rows.length;
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

/** Tells the host, in a select list over ended sessions. */
function disconnectedEvent(ended: string, reason: string, isWanted: string, deliver: string): string {
  return `case when ${isWanted}::boolean then
    iot_append_event(imei, 'device.disconnected', json_build_object(${toldOf(ended)}, 'reason', ${reason}),
      ${deliver}::boolean)::text end as told`;
}

/** What the host hears of a session: the words and forms of the REST API. */
function toldOf(session: string): string {
  return `'imei', imei, 'connectedAt', iot_json_time(connected_at), 'remoteAddress', remote_address, 'remotePort', remote_port,
    'instance', (select holder.name from tbl_iot_instances holder where holder.instance_id = ${session}.instance_id),
    'instanceId', instance_id, 'epoch', epoch`;
}
