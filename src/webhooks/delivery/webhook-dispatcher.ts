import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { WebhookSettings } from '../webhooks.settings.js';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { EventLog } from '../../events/event-log.js';
import { Circuit } from './circuit.js';
import { DeliveryQueueRepository, type Lease } from './delivery-queue.repository.js';
import { held, release, settlementOf } from './delivery-results.js';
import { judge, mayBeOutage } from './judgement.js';
import { parseSchedule } from './retry-schedule.js';
import { SettlementWriter } from './settlement-writer.js';
import { WakeUp } from './wake-up.js';
import { FAILURES_PER_REQUEST, type WebhookRequest, webhookRequests } from './webhook-request.js';
import { WebhookSender } from './webhook-sender.js';

const POLL_EVERY_MS = 500;
/** Between the starts of two claims: under load they then take many deliveries each. */
const CLAIM_SPACING_MS = 8;
const FAILURES_EVERY_MS = 200;
const FAILURES_COLLECTED_MS = 1_000;
/** For each delivery that may be on its way: the next ones are at hand when one ends. */
const CLAIMED_AT_A_TIME = 2;
const LEASE_MARGIN_SECONDS = 5;
const STOP_WITHIN_MS = 5_000;

interface Queued {
  readonly request: WebhookRequest;
  readonly claimedAt: number;
}

/**
 * Brings events to the host. A loop claims what is due, as much as can be sent soon; each request is sent, judged and settled. Woken when
 * events were appended in this process; polling finds the others, and what a dead instance left.
 */
@Injectable()
export class WebhookDispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly circuit = new Circuit();
  private readonly logger = new Logger(WebhookDispatcher.name);
  private readonly lease: Lease;
  private readonly schedule: readonly number[];
  private readonly concurrency: number;
  private readonly wakeUp = new WakeUp();
  private readonly timeoutMs: number;
  private queue: Queued[] = [];
  private readonly sending = new Set<Promise<void>>();
  /** The loop sleeps because enough is claimed. */
  private isSated = false;
  private stopping = false;
  private aborted = false;
  private loop: Promise<void> = Promise.resolve();
  private failuresAskedAt = 0;

  constructor(
    private readonly repository: DeliveryQueueRepository,
    private readonly sender: WebhookSender,
    private readonly settlements: SettlementWriter,
    private readonly events: EventLog,
    private readonly database: DatabaseAvailability,
    settings: WebhookSettings,
  ) {
    this.schedule = parseSchedule(settings.WEBHOOK_RETRY_SCHEDULE);
    this.concurrency = settings.WEBHOOK_CONCURRENCY;
    this.timeoutMs = settings.WEBHOOK_TIMEOUT_SECONDS * 1_000;
    // As long as a delivery may wait here, and as long as its attempt may take.
    this.lease = { owner: randomUUID(), seconds: settings.WEBHOOK_TIMEOUT_SECONDS * 2 + LEASE_MARGIN_SECONDS };
  }

  get requestsOnTheirWay(): number {
    return this.sending.size;
  }

  onApplicationBootstrap(): void {
    if (!this.events.delivers) {
      return;
    }
    if (!this.sender.isSigning) {
      this.logger.warn('WEBHOOK_SECRET is not set: webhooks are sent unsigned, and the host can not know that they are ours');
    }
    this.events.onAppended(() => this.wakeUp.wake());
    this.settlements.whenSettled(() => this.wakeUp.wake());
    this.loop = this.run();
  }

  /** Claims nothing more; what is on its way gets some seconds, the rest is given back. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.wakeUp.wake();
    await this.loop;
    this.releaseQueue();
    const timer = setTimeout(() => this.abort(), STOP_WITHIN_MS);
    await Promise.all(this.sending);
    clearTimeout(timer);
    const giveUp = setTimeout(() => this.settlements.abandon(), STOP_WITHIN_MS);
    await this.settlements.flushed();
    clearTimeout(giveUp);
  }

  private abort(): void {
    this.aborted = true;
    this.sender.abort();
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const startedAt = performance.now();
      let isFull = false;
      try {
        isFull = await this.claimSome();
      } catch (error) {
        this.database.logFailure(this.logger, `Deliveries could not be claimed, next try in ${POLL_EVERY_MS} ms`, error);
      }
      if (!isFull) {
        await this.wakeUp.within(POLL_EVERY_MS);
      }
      const restMs = CLAIM_SPACING_MS - (performance.now() - startedAt);
      if (restMs > 0) {
        await delay(restMs);
      }
    }
  }

  /** Returns whether there may be more to claim at once. */
  private async claimSome(): Promise<boolean> {
    const allowed = this.circuit.allows(Date.now());
    if (allowed === 'nothing') {
      return false;
    }
    if (allowed === 'probe') {
      await this.claimProbe();
      return false;
    }
    if (this.queue.length > this.concurrency) {
      this.isSated = true;
      return false;
    }
    const limit = this.concurrency * CLAIMED_AT_A_TIME;
    const claimed = await this.repository.claim(this.lease, limit);
    this.enqueue(webhookRequests(claimed));
    await this.claimFailures();
    return claimed.length === limit;
  }

  private async claimFailures(): Promise<void> {
    const now = performance.now();
    if (!this.events.records('command.failed') || now - this.failuresAskedAt < FAILURES_EVERY_MS) {
      return;
    }
    for (let claimed = FAILURES_PER_REQUEST; claimed > 0 && this.queue.length < this.concurrency;) {
      const batch = await this.repository.claimFailures(this.lease, FAILURES_PER_REQUEST, FAILURES_COLLECTED_MS);
      this.enqueue(webhookRequests(batch));
      claimed = batch.length;
    }
    this.failuresAskedAt = performance.now();
  }

  /** One request, and nothing else meanwhile. */
  private async claimProbe(): Promise<void> {
    const claimed = await this.repository.claim(this.lease, 1);
    const failures =
      claimed.length === 0 ? await this.repository.claimFailures(this.lease, FAILURES_PER_REQUEST, FAILURES_COLLECTED_MS) : [];
    const [request] = webhookRequests([...claimed, ...failures]);
    if (request) {
      this.circuit.probeStarted();
      this.start(request, true);
    }
  }

  private enqueue(requests: readonly WebhookRequest[]): void {
    const claimedAt = performance.now();
    this.queue.push(...requests.map((request) => ({ request, claimedAt })));
    this.startSome();
  }

  private startSome(): void {
    if (this.circuit.state !== 'closed' || this.stopping) {
      this.releaseQueue();
      return;
    }
    while (this.sending.size < this.concurrency && this.queue.length > 0) {
      const { request, claimedAt } = this.queue.shift() as Queued;
      if (performance.now() - claimedAt < this.timeoutMs) {
        this.start(request, false);
      } else {
        this.release([request]);
      }
    }
    if (this.isSated && this.queue.length < this.concurrency) {
      this.isSated = false;
      this.wakeUp.wake();
    }
  }

  private releaseQueue(): void {
    this.release(this.queue.map(({ request }) => request));
    this.queue = [];
  }

  private release(requests: readonly WebhookRequest[]): void {
    if (requests.length > 0) {
      const released = requests.flatMap(({ deliveries }) => deliveries.map(release));
      this.settlements.add(this.lease.owner, released);
    }
  }

  private start(request: WebhookRequest, isProbe: boolean): void {
    const sent = this.send(request, isProbe).finally(() => {
      this.sending.delete(sent);
      this.startSome();
    });
    this.sending.add(sent);
  }

  private async send(request: WebhookRequest, isProbe: boolean): Promise<void> {
    const startedAt = performance.now();
    const answer = await this.sender.send(request);
    if (this.aborted && answer.kind !== 'answer') {
      this.release([request]);
      return;
    }
    const nowMs = Date.now();
    const isOutage = mayBeOutage(answer);
    if (isOutage) {
      this.noteFailure(request, answer.kind === 'unreachable', isProbe, nowMs);
    } else {
      this.noteAnswer();
    }
    const attempt = { request, answer, durationMs: performance.now() - startedAt };
    const settled = request.deliveries.map((delivery) => {
      const { failures } = delivery;
      const judged = judge(answer, { schedule: this.schedule, failures, nowMs, random: Math.random() });
      const settlement = settlementOf(delivery, attempt, judged);
      return isOutage && this.circuit.state !== 'closed' ? held(settlement, this.circuit.waitMs) : settlement;
    });
    this.settlements.add(this.lease.owner, settled);
  }

  private noteFailure({ deliveries }: WebhookRequest, isUnreachable: boolean, isProbe: boolean, nowMs: number): void {
    const wasClosed = this.circuit.state === 'closed';
    this.circuit.failed(deliveries[0]?.imei ?? '', isUnreachable, isProbe, nowMs);
    if (wasClosed && this.circuit.state !== 'closed') {
      this.logger.warn('The host seems to be down: its events wait, and single probes look whether it is back');
    }
  }

  private noteAnswer(): void {
    const wasClosed = this.circuit.state === 'closed';
    if (!this.circuit.answered()) {
      return;
    }
    if (!wasClosed) {
      this.logger.log('The host is back');
    }
    this.repository.resume().then(
      () => this.wakeUp.wake(),
      (error: unknown) =>
        this.database.logFailure(
          this.logger,
          'Events that waited for the host could not be made due, their schedule applies',
          error,
        ),
    );
  }
}
