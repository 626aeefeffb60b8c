import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { EventLog } from '../../events/event-log.js';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { WebhookSettings } from '../webhooks.settings.js';
import { isRefused, refusedEvents } from './batch-results.js';
import { Circuit } from './circuit.js';
import { type Attempt, type WebhookRequest } from './delivery.js';
import { DeliveryQueueRepository } from './delivery-queue.repository.js';
import { DueRequests } from './due-requests.js';
import { classify, mayBeOutage, parseSchedule } from './outcome.js';
import { PollingLoop } from '../../platform/scheduling/polling-loop.js';
import { RequestPool } from './request-pool.js';
import { released, settlementOf } from './settlement.js';
import { SettlementWriter } from './settlement-writer.js';
import { BATCH_BYTES } from './webhook-request.js';
import { WebhookSender } from './webhook-sender.js';

const POLL_EVERY_MS = 500;
/** Under load, claims then take many deliveries each. */
const CLAIM_SPACING_MS = 8;
/** Claimed deliveries for each that can be in flight: the next ones are ready when one ends. */
const CLAIMED_PER_CONNECTION = 2;
/** Bounds the memory that claimed events take. */
const CLAIMED_AT_MOST = 2_000;
const LEASE_MARGIN_SECONDS = 5;
const STOP_WITHIN_MS = 5_000;

/**
 * Delivers events to the host: claims what is due, sends it, classifies the answer and settles (`delivery.ts` names the steps). Woken when
 * events were appended in this process; polling finds the others, and what a dead instance left.
 */
@Injectable()
export class WebhookDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly circuit = new Circuit();
  private readonly logger = new Logger(WebhookDispatcher.name);
  private readonly owner = randomUUID();
  private readonly schedule: readonly number[];
  private readonly due: DueRequests;
  private readonly concurrency: number;
  private readonly claimedAtATime: number;
  private readonly loop = new PollingLoop(() => this.claim(), { everyMs: POLL_EVERY_MS, spacingMs: CLAIM_SPACING_MS });
  private readonly pool: RequestPool;
  private isStopping = false;

  constructor(
    private readonly repository: DeliveryQueueRepository,
    private readonly sender: WebhookSender,
    private readonly settlements: SettlementWriter,
    private readonly events: EventLog,
    private readonly database: DatabaseAvailability,
    settings: WebhookSettings,
  ) {
    const { WEBHOOK_CONCURRENCY: concurrency, WEBHOOK_TIMEOUT_SECONDS: timeoutSeconds } = settings;
    this.concurrency = concurrency;
    const requests = concurrency * CLAIMED_PER_CONNECTION;
    this.claimedAtATime = Math.max(requests, Math.min(requests * settings.WEBHOOK_BATCH_SIZE, CLAIMED_AT_MOST));
    this.schedule = parseSchedule(settings.WEBHOOK_RETRY_SCHEDULE);
    // As long as a delivery may be queued here, and as long as its attempt may take.
    const lease = { owner: this.owner, seconds: timeoutSeconds * 2 + LEASE_MARGIN_SECONDS };
    this.due = new DueRequests(repository, lease, { events: settings.WEBHOOK_BATCH_SIZE, bytes: BATCH_BYTES });
    this.pool = new RequestPool({
      concurrency,
      maxQueuedMs: timeoutSeconds * 1_000,
      mayStart: () => this.circuit.state === 'closed' && !this.isStopping,
      deliver: (request) => this.deliver(request, false),
      release: (requests) => this.release(requests),
      onFree: () => this.loop.wake(),
    });
  }

  get requestsInFlight(): number {
    return this.pool.inFlight;
  }

  onApplicationBootstrap(): void {
    if (!this.events.delivers) {
      return;
    }
    if (!this.sender.isSigning) {
      this.logger.warn('WEBHOOK_SECRET is not set: webhooks are sent unsigned, so the host cannot verify them');
    }
    this.events.onAppended(() => this.loop.wake());
    this.settlements.onSettled(() => this.loop.wake());
    this.loop.start();
  }

  /** Claims nothing more. Requests in flight get some seconds, the queue is released. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.loop.stop();
    this.pool.releaseQueue();
    const abort = setTimeout(() => this.sender.abort(), STOP_WITHIN_MS);
    await this.pool.idle();
    clearTimeout(abort);
    const abandon = setTimeout(() => this.settlements.abandon(), STOP_WITHIN_MS);
    await this.settlements.flushed();
    clearTimeout(abandon);
  }

  /** One round of the loop. True: there may be more to claim at once. */
  private async claim(): Promise<boolean> {
    try {
      switch (this.circuit.allows(Date.now())) {
        case 'everything':
          return await this.claimDue();
        case 'probe':
          await this.claimProbe();
          return false;
        case 'nothing':
          return false;
      }
    } catch (error) {
      this.database.logFailure(this.logger, `Deliveries could not be claimed, next try in ${POLL_EVERY_MS} ms`, error);
      return false;
    }
  }

  private async claimDue(): Promise<boolean> {
    if (this.pool.isFull) {
      return false;
    }
    const { requests, hasMore } = await this.due.claim(this.claimedAtATime);
    this.pool.add(requests);
    await this.due.claimBatches(
      (batches) => this.pool.add(batches),
      () => this.pool.queued >= this.concurrency,
    );
    return hasMore;
  }

  private async claimProbe(): Promise<void> {
    const request = await this.due.claimProbe();
    if (request) {
      this.circuit.probeStarted();
      this.pool.start(request, (probe) => this.deliver(probe, true));
    }
  }

  /** The chain of one request: send, classify for each delivery, settle. */
  private async deliver(request: WebhookRequest, isProbe: boolean): Promise<void> {
    const attempt = await this.sender.send(request);
    this.updateCircuit(attempt, isProbe);
    const holdMs = this.circuit.state === 'closed' ? null : this.circuit.waitMs;
    const refused = refusedEvents(attempt);
    const settlements = request.deliveries.map((delivery) => {
      const isRefusedOne = isRefused(delivery, refused);
      const circumstances = { schedule: this.schedule, holdMs, random: Math.random(), isRefused: isRefusedOne };
      return settlementOf(delivery, attempt, classify(attempt, delivery.failures, circumstances));
    });
    this.settlements.add(this.owner, settlements);
  }

  private release(requests: readonly WebhookRequest[]): void {
    this.settlements.add(
      this.owner,
      requests.flatMap(({ deliveries }) => deliveries.map(released)),
    );
  }

  private updateCircuit({ answer, request, endedAtMs }: Attempt, isProbe: boolean): void {
    if (answer.kind === 'aborted') {
      return;
    }
    if (!mayBeOutage(answer)) {
      this.closeCircuit();
      return;
    }
    const wasClosed = this.circuit.state === 'closed';
    this.circuit.failed(request.deliveries[0]?.imei ?? '', answer.kind === 'unreachable', isProbe, endedAtMs);
    if (wasClosed && this.circuit.state !== 'closed') {
      this.logger.warn('Circuit open: the host does not answer. Events wait; single probes test whether it answers again');
    }
  }

  /** The host has answered: what failed because it was down need not wait for its schedule. */
  private closeCircuit(): void {
    const wasOpen = this.circuit.state !== 'closed';
    if (!this.circuit.answered()) {
      return;
    }
    if (wasOpen) {
      this.logger.log('Circuit closed: the host answers again');
    }
    this.repository.resume().then(
      () => this.loop.wake(),
      (error: unknown) =>
        this.database.logFailure(this.logger, 'Held events could not be made due, their schedule applies', error),
    );
  }
}
