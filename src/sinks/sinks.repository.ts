import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, type Repository, type UpdateResult } from 'typeorm';
import { type EventPosition } from '../events/event-cursor.js';
import { Sink } from './sink.entity.js';

/** A sink that this instance may publish to until the lease ends. */
export interface SinkLease {
  readonly name: string;
  readonly place: EventPosition;
  readonly rewinds: number;
  readonly mayPublish: boolean;
}

export interface Progress {
  readonly place: EventPosition;
  /** Messages that were acknowledged since the last one. */
  readonly published: number;
}

type LeaseColumns = Pick<Sink, 'name' | 'transactionId' | 'position' | 'rewinds' | 'pausedAt' | 'expiredAt'>;

const LEASE_COLUMNS = ['name', 'transactionId', 'position', 'rewinds', 'pausedAt', 'expiredAt'] as const;
const MAX_ERROR_LENGTH = 300;

/** Access to `tbl_iot_sinks`. What an instance writes of a sink's progress counts only while it has the lease, and for the place that it was given. */
@Injectable()
export class SinksRepository {
  constructor(@InjectRepository(Sink) private readonly sinks: Repository<Sink>) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.sinks.manager.transaction(work);
  }

  list(names: readonly string[]): Promise<Sink[]> {
    return this.sinks.find({ where: { name: In(names) }, order: { name: 'ASC' } });
  }

  async exists(name: string): Promise<boolean> {
    return this.sinks.existsBy({ name });
  }

  /** One that exists keeps its place. */
  async create(name: string, engine: string, { transactionId, position }: EventPosition): Promise<void> {
    await this.sinks.createQueryBuilder().insert().values({ name, engine, transactionId, position }).orIgnore().execute();
  }

  /** Extends the leases of this instance. */
  async renew(owner: string, seconds: number): Promise<SinkLease[]> {
    const renewed = await this.sinks
      .createQueryBuilder()
      .update()
      .set({ leasedUntil: () => leaseEnd(seconds) })
      .where({ leasedBy: owner })
      .returning([...LEASE_COLUMNS])
      .execute();
    return (renewed.raw as RawLease[]).map((row) => leaseOf(fromRaw(row)));
  }

  /** Takes those of the sinks that no instance has a lease of. One that another instance takes at this moment is passed over. */
  async acquire(names: readonly string[], owner: string, seconds: number): Promise<SinkLease[]> {
    return this.transaction(async (manager) => {
      const free = await manager
        .getRepository(Sink)
        .createQueryBuilder('sink')
        .where({ name: In(names) })
        .andWhere('(sink.leasedUntil is null or sink.leasedUntil < now())')
        .orderBy('sink.name')
        .setLock('pessimistic_write')
        .setOnLocked('skip_locked')
        .getMany();
      if (free.length > 0) {
        const taken = In(free.map(({ name }) => name));
        await manager.update(Sink, { name: taken }, { leasedBy: owner, leasedUntil: () => leaseEnd(seconds) });
      }
      return free.map(leaseOf);
    });
  }

  async release(owner: string): Promise<void> {
    await this.sinks.update({ leasedBy: owner }, { leasedBy: null, leasedUntil: null });
  }

  /** Stores how far the engine has acknowledged, and extends the lease. False: the lease has passed to another instance, or the place was set. */
  async advance(owner: string, { name, rewinds }: SinkLease, { place, published }: Progress, seconds: number): Promise<boolean> {
    const result = await this.sinks
      .createQueryBuilder()
      .update()
      .set({
        transactionId: place.transactionId,
        position: place.position,
        leasedUntil: () => leaseEnd(seconds),
        published: () => `published + ${Math.trunc(published)}`,
        ...(published > 0 && { publishedAt: () => 'now()' }),
        lastError: null,
      })
      .where({ name, leasedBy: owner, rewinds })
      .execute();
    return isDone(result);
  }

  /** The engine is connected, after it was not. */
  async clearError(owner: string, name: string): Promise<void> {
    await this.sinks.update({ name, leasedBy: owner }, { lastError: null });
  }

  async noteError(owner: string, name: string, error: string): Promise<void> {
    const lastError = error.slice(0, MAX_ERROR_LENGTH);
    await this.sinks.update({ name, leasedBy: owner }, { lastError, lastErrorAt: () => 'now()' });
  }

  /** Nothing is published any more until the place is set. */
  async expire(owner: string, { name, rewinds }: SinkLease, error: string): Promise<void> {
    await this.sinks.update(
      { name, leasedBy: owner, rewinds },
      { expiredAt: () => 'now()', lastError: error.slice(0, MAX_ERROR_LENGTH), lastErrorAt: () => 'now()' },
    );
  }

  async setPaused(manager: EntityManager, name: string, isPaused: boolean): Promise<boolean> {
    const pausedAt = isPaused ? () => 'coalesce(paused_at, now())' : null;
    return isDone(await manager.update(Sink, { name }, { pausedAt }));
  }

  async setPlace(manager: EntityManager, name: string, { transactionId, position }: EventPosition): Promise<boolean> {
    const rewinds = (): string => 'rewinds + 1';
    return isDone(await manager.update(Sink, { name }, { transactionId, position, rewinds, expiredAt: null, lastError: null }));
  }
}

/** As the driver returns it: by the names in the database. */
interface RawLease {
  readonly name: string;
  readonly transaction_id: string;
  readonly position: string;
  readonly rewinds: number;
  readonly paused_at: Date | null;
  readonly expired_at: Date | null;
}

function fromRaw({ name, transaction_id, position, rewinds, paused_at, expired_at }: RawLease): LeaseColumns {
  return { name, transactionId: transaction_id, position, rewinds, pausedAt: paused_at, expiredAt: expired_at };
}

function leaseOf({ name, transactionId, position, rewinds, pausedAt, expiredAt }: LeaseColumns): SinkLease {
  return { name, place: { transactionId, position }, rewinds, mayPublish: pausedAt === null && expiredAt === null };
}

function isDone({ affected }: UpdateResult): boolean {
  return (affected ?? 0) > 0;
}

function leaseEnd(seconds: number): string {
  return `clock_timestamp() + make_interval(secs => ${seconds})`;
}
