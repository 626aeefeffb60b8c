import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type Client } from 'pg';
import { type EntityManager, type Repository, type SelectQueryBuilder } from 'typeorm';
import { GatewayInstance } from '../platform/cluster/gateway-instance.entity.js';
import { instanceChannel } from '../platform/cluster/instances.repository.js';
import {
  admissionCtes,
  type AdmissionRule,
  type Admissions,
  type LoginRefusal,
  NEW_DEVICES,
  newDevicesOf,
} from '../admission/admission-rule.js';
import { DeviceSession } from './device-session.entity.js';
import { type Session, type SessionEnd, type SessionOpening } from './session.js';

const FIELDS = `
  session.imei, session.epoch::float8 as epoch, session.connection_id as "connectionId", session.connected_at as "connectedAt",
  session.remote_address as "remoteAddress", session.remote_port as "remotePort", session.instance_id as "instanceId", instance.name as instance`;

/** Removes the sessions of an instance that joins the cluster again: their devices are not connected to it any more. On the connection of the heartbeat. */
export async function forgetSessions(client: Client, instanceId: string): Promise<void> {
  await client.query('delete from tbl_iot_device_sessions where instance_id = $1', [instanceId]);
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

/** A session that has ended, and why. */
export interface EndedSession extends Session {
  readonly reason: string;
}

/**
 * Access to `tbl_iot_device_sessions`. Logins and ends are SQL: one statement for up to 1,000 devices, which the query builder cannot express.
 * They lock in the order of the IMEIs, so that two writers wait instead of deadlocking.
 */
@Injectable()
export class SessionsRepository {
  constructor(@InjectRepository(DeviceSession) private readonly sessions: Repository<DeviceSession>) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.sessions.manager.transaction(work);
  }

  /**
   * Opens a session for each of these devices (all different), whichever instance held them: the newest login wins, with a greater epoch. Other
   * instances that held one are notified at the commit. A device that is not admitted gets none, and its session, if it has one, is left alone:
   * the peer that was refused need not be the device.
   */
  async open(
    instanceId: string,
    openings: readonly SessionOpening[],
    { registeredOnly, remaining }: AdmissionRule,
    manager: EntityManager = this.sessions.manager,
  ): Promise<Admissions<LoginResult>> {
    const rows = await manager.query<(LoginResult & { newDevices: number })[]>(
      `with given as (
         select * from unnest($2::text[], $3::uuid[], $4::timestamptz[], $5::text[], $6::int[])
           as login (imei, connection_id, connected_at, address, remote_port)
       ),
       ${admissionCtes({ registeredOnly: '$7::boolean', remaining: '$8::integer' })},
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
        remaining,
      ],
    );
    return { results: rows, newDevices: newDevicesOf(rows) };
  }

  /** Ends sessions and returns those it has ended. One that a newer login has taken is not this connection's to end. */
  async close(ends: readonly SessionEnd[], manager: EntityManager = this.sessions.manager): Promise<EndedSession[]> {
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
    return this.withInstances().orderBy('session.imei').getRawMany<Session>();
  }

  async find(imei: string): Promise<Session | null> {
    return (await this.withInstances().where('session.imei = :imei', { imei }).getRawOne<Session>()) ?? null;
  }

  async countByInstance(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.sessions
      .createQueryBuilder('session')
      .select('session.instanceId', 'instanceId')
      .addSelect('count(*)::int', 'devices')
      .groupBy('session.instanceId')
      .getRawMany<{ instanceId: string; devices: number }>();
    return new Map(rows.map(({ instanceId, devices }) => [instanceId, devices]));
  }

  /** The sessions of this instance in the database. */
  async listOfInstance(instanceId: string): Promise<OpenedSession[]> {
    const rows = await this.sessions.find({ select: { imei: true, epoch: true }, where: { instanceId } });
    return rows.map(({ imei, epoch }) => ({ imei, epoch: Number(epoch) }));
  }

  private withInstances(): SelectQueryBuilder<DeviceSession> {
    return this.sessions
      .createQueryBuilder('session')
      .innerJoin(GatewayInstance, 'instance', 'instance.instanceId = session.instanceId')
      .select('session.imei', 'imei')
      .addSelect('session.epoch::float8', 'epoch')
      .addSelect('session.connectionId', 'connectionId')
      .addSelect('session.connectedAt', 'connectedAt')
      .addSelect('session.remoteAddress', 'remoteAddress')
      .addSelect('session.remotePort', 'remotePort')
      .addSelect('session.instanceId', 'instanceId')
      .addSelect('instance.name', 'instance');
  }
}
