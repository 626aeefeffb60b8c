import { type Batching } from './claim-statements.js';
import { type Lease, type WebhookRequest } from './delivery.js';
import { type DeliveryQueueRepository } from './delivery-queue.repository.js';
import { FAILURES_PER_REQUEST, webhookRequests } from './webhook-request.js';

const BATCHES_EVERY_MS = 200;
const FAILURES_COLLECTED_MS = 1_000;

export interface Claimed {
  readonly requests: readonly WebhookRequest[];
  /** There may be more: the limit was reached. */
  readonly hasMore: boolean;
}

/** Claims what is due, as requests that are ready to be sent. */
export class DueRequests {
  private batchesClaimedAt = -Infinity;

  /**
   * @param batching how many events may be in one request
   * @param nowMs a clock that only goes forward
   */
  constructor(
    private readonly repository: Pick<DeliveryQueueRepository, 'claim' | 'claimBatch'>,
    private readonly lease: Lease,
    private readonly batching: Batching,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  async claim(limit: number): Promise<Claimed> {
    const claimed = await this.repository.claim(this.lease, limit, this.batching);
    return { requests: webhookRequests(claimed), hasMore: claimed.length === limit };
  }

  /** Batches of failed commands, and other ones that are due again, until `enough` says so. Asks the database every 200 ms: a batch collects for longer. */
  async claimBatches(add: (requests: readonly WebhookRequest[]) => void, enough: () => boolean): Promise<void> {
    if (this.nowMs() - this.batchesClaimedAt < BATCHES_EVERY_MS) {
      return;
    }
    for (let claimed = FAILURES_PER_REQUEST; claimed > 0 && !enough();) {
      const batch = await this.repository.claimBatch(this.lease, FAILURES_PER_REQUEST, FAILURES_COLLECTED_MS);
      add(webhookRequests(batch));
      claimed = batch.length;
    }
    this.batchesClaimedAt = this.nowMs();
  }

  /** One request of either kind, to test whether the host answers. */
  async claimProbe(): Promise<WebhookRequest | null> {
    const claimed = await this.repository.claim(this.lease, 1, this.batching);
    const failures =
      claimed.length === 0 ? await this.repository.claimBatch(this.lease, FAILURES_PER_REQUEST, FAILURES_COLLECTED_MS) : [];
    return webhookRequests([...claimed, ...failures])[0] ?? null;
  }
}
