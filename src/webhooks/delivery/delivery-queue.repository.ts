import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, IsNull, Raw } from 'typeorm';
import { ClaimDepth } from './claim-depth.js';
import { type Batching, CLAIM, CLAIM_BATCH } from './claim-statements.js';
import { type ClaimedDelivery, type Lease, type Settlement } from './delivery.js';
import { DueMark } from './due-mark.js';
import { PendingDelivery } from './pending-delivery.entity.js';
import { SETTLE_DELIVERED, SETTLE_OTHERS } from './settle-statements.js';

const ONE_BY_ONE: Batching = { events: 1, bytes: 1 };

/**
 * Access to `tbl_iot_deliveries`, the queue of what is still to be delivered. Claiming and settling are SQL: one prepared statement for many
 * deliveries, whose conditions on the order within a device and whose writes to three tables the query builder cannot express.
 */
@Injectable()
export class DeliveryQueueRepository {
  private readonly dueMark: DueMark;
  private readonly depth = new ClaimDepth();

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {
    this.dueMark = new DueMark(dataSource);
  }

  /** Claims due deliveries, each with everything needed to send it. */
  async claim(lease: Lease, limit: number, { events, bytes }: Batching = ONE_BY_ONE): Promise<ClaimedDelivery[]> {
    const since = await this.dueMark.get();
    return this.depth.run(limit, (lookedAt) =>
      CLAIM.run(this.dataSource, [lease.owner, lease.seconds, since, limit, lookedAt, events, bytes]),
    );
  }

  /** Claims one batch: one that is due again, or a new one of failed commands once it is full or old enough. */
  async claimBatch(lease: Lease, limit: number, collectMs: number): Promise<ClaimedDelivery[]> {
    return CLAIM_BATCH.run(this.dataSource, [lease.owner, lease.seconds, limit, collectMs, await this.dueMark.get()]);
  }

  async settle(owner: string, settlements: readonly Settlement[]): Promise<void> {
    const delivered = settlements.filter(({ outcome }) => outcome === 'delivered');
    if (delivered.length > 0) {
      await SETTLE_DELIVERED.run(this.dataSource, [
        owner,
        delivered.map(({ imei }) => imei),
        delivered.map(({ sequence }) => sequence),
        delivered.map(({ webhookId }) => webhookId),
        delivered.map(({ status }) => status),
        delivered.map(({ durationMs }) => durationMs),
        delivered.map(({ answer }) => answer),
      ]);
    }
    if (delivered.length < settlements.length) {
      const others = settlements.filter(({ outcome }) => outcome !== 'delivered');
      await SETTLE_OTHERS.run(this.dataSource, [owner, JSON.stringify(others)]);
    }
  }

  /** Makes due what waits because the host was down. */
  async resume(): Promise<void> {
    const waiting = { heldByOutage: true, lockedBy: IsNull(), nextAttemptAt: Raw((column) => `${column} > now()`) };
    await this.dataSource.manager.update(PendingDelivery, waiting, { nextAttemptAt: () => 'now()' });
  }
}
