import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type Client } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { REAPER_LOCK } from '../database/advisory-locks.js';

/** A gateway process that is alive. */
export interface InstanceRow {
  readonly instanceId: string;
  readonly name: string;
  readonly startedAt: Date;
  readonly heartbeatAt: Date;
  /** What it said of itself with its last heartbeat. */
  readonly stats: Readonly<Record<string, unknown>> | null;
}

const OTHERS_ALIVE = `
  (select count(*)::int from tbl_iot_instances other where other.instance_id <> $1 and other.heartbeat_at >= now() - other.dead_after)
    as "othersAlive"`;
const JOIN = `
  insert into tbl_iot_instances (instance_id, name, dead_after) values ($1, $2, make_interval(secs => $3))
  on conflict (instance_id) do update set heartbeat_at = now()
  returning ${OTHERS_ALIVE}`;
const BEAT = `
  update tbl_iot_instances set heartbeat_at = now(), stats = $2 where instance_id = $1 returning ${OTHERS_ALIVE}`;

/**
 * The heartbeat of this instance. It has a connection of its own: an instance whose pool is used up must not be taken for dead. Each statement
 * returns how many other instances are alive.
 */
export class HeartbeatStatements {
  constructor(private readonly client: Client) {}

  async join(instanceId: string, name: string, deadAfterSeconds: number): Promise<number> {
    const { rows } = await this.client.query<{ othersAlive: number }>(JOIN, [instanceId, name, deadAfterSeconds]);
    return rows[0]?.othersAlive ?? 0;
  }

  /** Null: the others have taken this instance for dead. */
  async beat(instanceId: string, stats: object): Promise<number | null> {
    const { rows } = await this.client.query<{ othersAlive: number }>(BEAT, [instanceId, JSON.stringify(stats)]);
    return rows[0]?.othersAlive ?? null;
  }

  /** Fails while sessions of the instance exist. */
  async leave(instanceId: string): Promise<void> {
    await this.client.query('delete from tbl_iot_instances where instance_id = $1', [instanceId]);
  }
}

/** SQL: the channel that an instance listens to, as `Instance.channel` says. NOTIFY takes a name of at most 63 bytes: the id without its dashes. */
export function instanceChannel(instanceId: string): string {
  return `'iot_instance_' || replace(${instanceId}::text, '-', '')`;
}

/** SQL on `tbl_iot_instances`. */
@Injectable()
export class InstancesRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  async list(): Promise<InstanceRow[]> {
    return this.dataSource.query<InstanceRow[]>(
      `select instance_id as "instanceId", name, started_at as "startedAt", heartbeat_at as "heartbeatAt", stats
         from tbl_iot_instances
        where heartbeat_at >= now() - dead_after
        order by started_at, instance_id`,
    );
  }

  /** Notifies all other living instances (InstanceChannel) when the transaction is committed. */
  async tellOthers(manager: EntityManager, ownInstanceId: string, topic: string, text: string): Promise<void> {
    await manager.query(
      `select pg_notify(${instanceChannel('instance_id')}, $2) from tbl_iot_instances
        where instance_id <> $1 and heartbeat_at >= now() - dead_after`,
      [ownInstanceId, `${topic} ${text}`],
    );
  }

  /** The same in a transaction of its own. */
  async notifyOthers(ownInstanceId: string, topic: string, text: string): Promise<void> {
    await this.tellOthers(this.dataSource.manager, ownInstanceId, topic, text);
  }

  /** Notifies instances (InstanceChannel), in a transaction of its own. */
  async notify(instanceIds: readonly string[], topic: string, text: string): Promise<void> {
    await this.dataSource.query(`select pg_notify(${instanceChannel('id')}, $2) from unnest($1::uuid[]) as instance (id)`, [
      instanceIds,
      `${topic} ${text}`,
    ]);
  }

  /**
   * Those whose heartbeat is overdue, locked: none of them gets a session or a heartbeat any more before this transaction ends. Nothing
   * while another instance looks after them.
   */
  async lockDead(manager: EntityManager): Promise<string[]> {
    const [{ mine }] = await manager.query<[{ mine: boolean }]>(`select pg_try_advisory_xact_lock($1) as mine`, [REAPER_LOCK]);
    if (!mine) {
      return [];
    }
    const rows = await manager.query<{ instanceId: string }[]>(
      `select instance_id as "instanceId" from tbl_iot_instances where heartbeat_at < now() - dead_after for update`,
    );
    return rows.map(({ instanceId }) => instanceId);
  }

  async remove(manager: EntityManager, instanceIds: readonly string[]): Promise<void> {
    await manager.query(`delete from tbl_iot_instances where instance_id = any ($1::uuid[])`, [instanceIds]);
  }
}
