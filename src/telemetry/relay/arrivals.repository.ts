import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import { type TelemetryReport } from '../../events/telemetry/telemetry-report.js';
import { type ArrivalTexts, insertArrivals, splitByKeys } from './arrival-arrays.js';
import { TelemetryArrival, TelemetryRelayState } from './telemetry-arrival.entity.js';

const STATE = 'events';
/** A relay that stops responding in the middle of a transaction keeps its lock for no longer than that. */
const IDLE_TIMEOUT = `set local idle_in_transaction_session_timeout = '10s'`;

const ARRAYS = [
  'imeis',
  'recordCounts',
  'firstReceivedMs',
  'lastReceivedMs',
  'newestTimesMs',
  'newestHashes',
  'arePlausible',
  'keyCounts',
  'keyTimesMs',
  'keyHashes',
] as const satisfies readonly (keyof ArrivalTexts)[];

/** An arrival with this number of keys is not merged with others, and one with twice the number is not written: a row would grow without bound. */
const COMPACTED_KEYS = 5_000;
export const MAX_ARRIVAL_KEYS = 2 * COMPACTED_KEYS;

/** Which arrivals are read. `compactable`: not urgent ones, with few keys. */
export type Which = keyof typeof CONDITIONS;

const CONDITIONS = {
  all: 'true',
  urgent: 'arrival.is_urgent',
  compactable: `not arrival.is_urgent and coalesce(cardinality(arrival.key_hashes), 0) < ${COMPACTED_KEYS}`,
} as const;

/** A place in the order in which arrivals are relayed. */
export interface ArrivalPosition {
  readonly transactionId: string;
  readonly arrivalId: string;
}

export type ReadArrival = ArrivalPosition & ArrivalTexts;

export interface RelayState {
  /** Since the last complete round began. Negative when the clock of the database has been set back. */
  readonly elapsedMs: number;
  /** Nothing is left of transactions before this one. */
  readonly relayedBelow: string;
  /** The oldest transaction that was running: every earlier one has ended, and what it wrote can be read. */
  readonly oldestRunning: string;
}

/** Access to `tbl_iot_telemetry_arrivals`, the queue of records that no event reports yet. */
@Injectable()
export class ArrivalsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query(IDLE_TIMEOUT);
      return work(manager);
    });
  }

  /**
   * Locks the state until the transaction ends: one instance relays at a time. Null when another one does, unless its end is waited for. A missing row
   * is created: it would look like one that is locked.
   *
   * The transaction numbers of a database that was restored into another cluster mean nothing there: a number that is still ahead is not used.
   */
  async lockState(manager: EntityManager, waits: boolean): Promise<RelayState | null> {
    const state = await this.findState(manager, waits);
    if (state !== null) {
      return state;
    }
    const created = await manager.query<unknown[]>(
      `insert into tbl_iot_telemetry_relays (name) values ($1) on conflict do nothing returning name`,
      [STATE],
    );
    return created.length > 0 || waits ? this.findState(manager, waits) : null;
  }

  private async findState(manager: EntityManager, waits: boolean): Promise<RelayState | null> {
    const query = manager
      .createQueryBuilder(TelemetryRelayState, 'state')
      .select('extract(epoch from clock_timestamp() - state.relayedAt)::float8 * 1000', 'elapsedMs')
      .addSelect('pg_snapshot_xmin(pg_current_snapshot())::text', 'oldestRunning')
      .addSelect(`${usable('state.relayedBelow')}::text`, 'relayedBelow')
      .where({ name: STATE })
      .setLock('pessimistic_write');
    const state = await (waits ? query : query.setOnLocked('skip_locked')).getRawOne<RelayState>();
    return state ?? null;
  }

  /** The next arrivals behind the position, in the order of their transactions. They are locked. */
  async lockNext(manager: EntityManager, after: ArrivalPosition, which: Which, limit: number): Promise<ReadArrival[]> {
    return inOrder(manager)
      .where('(arrival.transactionId, arrival.arrivalId) > (:transactionId::xid8, :arrivalId::bigint)', { ...after })
      .andWhere(CONDITIONS[which])
      .limit(limit)
      .setLock('pessimistic_write')
      .setOnLocked('skip_locked')
      .getRawMany<ReadArrival>();
  }

  /** Arrivals that this transaction has locked before. */
  async read(manager: EntityManager, positions: readonly ArrivalPosition[]): Promise<ReadArrival[]> {
    const first = positions[0]?.transactionId ?? '0';
    return inOrder(manager)
      .where('arrival.transactionId >= :first::xid8', { first })
      .andWhere('arrival.arrivalId = any (:ids::bigint[])', { ids: positions.map(({ arrivalId }) => arrivalId) })
      .getRawMany<ReadArrival>();
  }

  /** How many of the next arrivals, at most `limit`, have this number of keys together; the last one may exceed it. SQL: a window over a window. */
  async countWithKeys(
    manager: EntityManager,
    after: ArrivalPosition,
    which: Which,
    limit: number,
    keys: number,
  ): Promise<number> {
    const [counted] = await manager.query<{ readonly arrivals: number }[]>(
      `select count(*)::int as arrivals
         from (select sum(keys) over (order by transaction_id, arrival_id rows unbounded preceding) - keys as before
                 from (select transaction_id, arrival_id, coalesce(cardinality(key_hashes), 0) as keys from tbl_iot_telemetry_arrivals arrival
                        where (transaction_id, arrival_id) > ($1::xid8, $2::bigint) and ${CONDITIONS[which]}
                        order by transaction_id, arrival_id
                        limit $3) next) counted
        where before < $4`,
      [after.transactionId, after.arrivalId, limit, keys],
    );
    return counted?.arrivals ?? 0;
  }

  /** SQL: TypeORM deletes by composite keys with one parameter per column and row. */
  async remove(manager: EntityManager, arrivals: readonly ArrivalPosition[]): Promise<void> {
    await manager.query(
      `delete from tbl_iot_telemetry_arrivals arrival using unnest($1::xid8[], $2::bigint[]) as relayed (transaction_id, arrival_id)
        where arrival.transaction_id = relayed.transaction_id and arrival.arrival_id = relayed.arrival_id`,
      [arrivals.map(({ transactionId }) => transactionId), arrivals.map(({ arrivalId }) => arrivalId)],
    );
  }

  /** Stores reports again, for a later round. */
  async putBack(manager: EntityManager, reports: readonly TelemetryReport[], isUrgent: boolean): Promise<void> {
    for (const part of splitByKeys(reports, MAX_ARRIVAL_KEYS)) {
      await manager.query(insertArrivals(part, new Set(isUrgent ? part.map(({ imei }) => imei) : [])));
    }
  }

  /**
   * Ends a round that has taken every arrival it could read. The next one begins at `oldestRunning`, unless something before it is left: an urgent
   * row, or one that someone else has locked.
   *
   * @param isComplete everything was reported: the interval until the next such round begins.
   */
  async finishRound(manager: EntityManager, { oldestRunning, relayedBelow }: RelayState, isComplete: boolean): Promise<void> {
    const isLeft = await manager
      .createQueryBuilder(TelemetryArrival, 'arrival')
      .where('arrival.transactionId >= :relayedBelow::xid8 and arrival.transactionId < :oldestRunning::xid8')
      .setParameters({ relayedBelow, oldestRunning })
      .getExists();
    await manager.update(
      TelemetryRelayState,
      { name: STATE },
      { relayedBelow: isLeft ? relayedBelow : oldestRunning, ...(isComplete && { relayedAt: () => 'now()' }) },
    );
  }

  /** Age of the oldest arrival, in seconds; null when there is none. */
  async oldestAgeSeconds(): Promise<number | null> {
    const oldest = await this.dataSource
      .createQueryBuilder(TelemetryArrival, 'arrival')
      .select('extract(epoch from now() - min(arrival.arrivedAt))::float8', 'seconds')
      .where(
        `arrival.transactionId >= coalesce((select ${usable('relayed_below')} from tbl_iot_telemetry_relays where name = :name), '0'::xid8)`,
        { name: STATE },
      )
      .getRawOne<{ seconds: number | null }>();
    return oldest?.seconds ?? null;
  }
}

function inOrder(manager: EntityManager): SelectQueryBuilder<TelemetryArrival> {
  const query = manager
    .createQueryBuilder(TelemetryArrival, 'arrival')
    .select('cast(arrival.transactionId as text)', 'transactionId')
    .addSelect('cast(arrival.arrivalId as text)', 'arrivalId')
    .orderBy('arrival.transactionId')
    .addOrderBy('arrival.arrivalId');
  ARRAYS.forEach((name) => query.addSelect(`array_to_string(arrival.${name}, ',')`, name));
  return query;
}

/** A transaction number of another cluster, whose data was restored into this one, is ahead of the numbers here. */
function usable(relayedBelow: string): string {
  return `(case when ${relayedBelow} <= pg_snapshot_xmin(pg_current_snapshot()) then ${relayedBelow} else '0'::xid8 end)`;
}
