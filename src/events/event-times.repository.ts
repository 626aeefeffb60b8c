import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type Repository } from 'typeorm';
import { MINUTE_MS } from '../platform/time-units.js';
import { type EventPosition } from './event-cursor.js';
import { LoggedEvent } from './logged-event.entity.js';

/** Counting stops here: it reads an index entry per event. */
const MAX_COUNTED = 100_000;
/** No transaction of the gateway takes as long between its beginning, which is the time of its events, and its first write, which is their place. */
const MAX_DISORDER_MS = 5 * MINUTE_MS;

export interface EventLag {
  /** Up to 100,000; more are not counted. */
  readonly events: number;
  /** Age of the oldest of them; 0 when there are none. */
  readonly seconds: number;
}

interface PlaceAndTime {
  readonly transactionId: string;
  readonly occurredAt: Date;
}

/** Places of the event log by time, and how far a place is behind the end. Events have no index by time: their order is nearly that of their times. */
@Injectable()
export class EventTimesRepository {
  constructor(@InjectRepository(LoggedEvent) private readonly events: Repository<LoggedEvent>) {}

  /** Null: there is no event of this time or a later one. */
  async placeBefore(time: Date): Promise<EventPosition | null> {
    const from = await this.search(new Date(time.getTime() - MAX_DISORDER_MS));
    const found = await this.events
      .createQueryBuilder('event')
      .select('cast(event.transactionId as text)', 'transactionId')
      .addSelect('cast(event.position - 1 as text)', 'position')
      .where('event.transactionId >= :from::xid8', { from })
      .andWhere('event.occurredAt >= :time', { time })
      .orderBy('event.transactionId')
      .addOrderBy('event.position')
      .limit(1)
      .getRawOne<EventPosition>();
    return found ?? null;
  }

  /** SQL: a count with a bound. */
  async lag({ transactionId, position }: EventPosition): Promise<EventLag> {
    const [lag] = await this.events.query<EventLag[]>(
      `select count(*)::int as events, coalesce(extract(epoch from now() - (array_agg(occurred_at))[1])::float8, 0) as seconds
         from (select occurred_at from tbl_iot_events where (transaction_id, position) > ($1::xid8, $2::bigint)
                order by transaction_id, position limit ${MAX_COUNTED}) behind`,
      [transactionId, position],
    );
    return lag ?? { events: 0, seconds: 0 };
  }

  /** The transaction before which all events are older: by halving the range of transactions, with one look-up in the primary key for each step. */
  private async search(time: Date): Promise<string> {
    let low = 0n;
    let high = BigInt((await this.edge('DESC', null))?.transactionId ?? 0);
    while (low < high) {
      const middle = (low + high) / 2n;
      const next = await this.edge('ASC', middle);
      if (next && next.occurredAt < time) {
        low = BigInt(next.transactionId) + 1n;
      } else {
        high = middle;
      }
    }
    return low.toString();
  }

  /** The first event from a transaction on, or the last one of all. */
  private async edge(order: 'ASC' | 'DESC', from: bigint | null): Promise<PlaceAndTime | null> {
    const query = this.events
      .createQueryBuilder('event')
      .select('cast(event.transactionId as text)', 'transactionId')
      .addSelect('event.occurredAt', 'occurredAt')
      .orderBy('event.transactionId', order)
      .addOrderBy('event.position', order)
      .limit(1);
    if (from !== null) {
      query.where('event.transactionId >= :from::xid8', { from: from.toString() });
    }
    return (await query.getRawOne<PlaceAndTime>()) ?? null;
  }
}
