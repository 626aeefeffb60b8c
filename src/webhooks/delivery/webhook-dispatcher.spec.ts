import { waitFor } from '../../../test/support/wait-for.js';
import { type EventLog } from '../../events/event-log.js';
import { type DatabaseAvailability } from '../../platform/database/database-availability.js';
import { WebhookSettings } from '../webhooks.settings.js';
import { type ClaimedDelivery, type HostAnswer, type Settlement, type WebhookRequest } from './delivery.js';
import { type DeliveryQueueRepository } from './delivery-queue.repository.js';
import { type SettlementWriter } from './settlement-writer.js';
import { WebhookDispatcher } from './webhook-dispatcher.js';
import { type WebhookSender } from './webhook-sender.js';

const OK: HostAnswer = { kind: 'answer', status: 200, retryAfter: undefined, text: 'ok' };
const DOWN: HostAnswer = { kind: 'unreachable', error: 'ECONNREFUSED' };

function delivery(sequence: number, batchId: string | null = null): ClaimedDelivery {
  const type = batchId === null ? 'command.completed' : 'command.failed';
  const event = {
    eventId: String(sequence),
    imei: String(350_612_000_000_000 + sequence),
    sequence: String(sequence),
    type,
  } as const;
  return { ...event, occurredAt: '2026-11-23T12:00:00.000Z', body: '{}', batchId, failures: 0 };
}

/** The queue, the host and the settlements, in memory. */
class World {
  due: ClaimedDelivery[] = [];
  failures: ClaimedDelivery[] = [];
  answer: (request: WebhookRequest) => HostAnswer | Promise<HostAnswer> = () => OK;
  readonly sent: string[] = [];
  readonly settled: Settlement[] = [];
  resumed = 0;
  aborts = 0;
  claimError: Error | null = null;
  readonly loggedFailures: string[] = [];
  private appended: () => void = () => undefined;

  private readonly repository = {
    claim: (_lease: unknown, limit: number) =>
      this.claimError ? Promise.reject(this.claimError) : Promise.resolve(this.due.splice(0, limit)),
    claimBatch: () => Promise.resolve(this.failures.splice(0)),
    resume: () => Promise.resolve(void this.resumed++),
  } as unknown as DeliveryQueueRepository;

  private readonly sender = {
    isSigning: true,
    abort: () => this.aborts++,
    send: async (request: WebhookRequest) => {
      this.sent.push(request.id);
      return { request, answer: await this.answer(request), durationMs: 1, endedAtMs: Date.now() };
    },
  } as unknown as WebhookSender;

  private readonly settlements = {
    add: (_owner: string, settlements: readonly Settlement[]) => this.settled.push(...settlements),
    onSettled: () => undefined,
    flushed: () => Promise.resolve(),
    abandon: () => undefined,
  } as unknown as SettlementWriter;

  private readonly events = {
    delivers: true,
    records: () => true,
    onAppended: (listener: () => void) => (this.appended = listener),
  } as unknown as EventLog;

  private readonly database = {
    logFailure: (_logger: unknown, text: string) => this.loggedFailures.push(text),
  } as unknown as DatabaseAvailability;

  start(settings: Partial<WebhookSettings> = {}): WebhookDispatcher {
    const all = Object.assign(new WebhookSettings(), settings);
    const dispatcher = new WebhookDispatcher(this.repository, this.sender, this.settlements, this.events, this.database, all);
    dispatcher.onApplicationBootstrap();
    return dispatcher;
  }

  append(...deliveries: readonly ClaimedDelivery[]): void {
    this.due.push(...deliveries);
    this.appended();
  }

  outcomes(): string[] {
    return this.settled.map(({ sequence, outcome }) => `${sequence} ${outcome}`);
  }
}

describe('WebhookDispatcher', () => {
  it('claims, sends and settles what was appended', async () => {
    const world = new World();
    const dispatcher = world.start();
    world.append(delivery(1), delivery(2));
    await waitFor(() => world.settled.length === 2, { what: 'both settlements' });
    await dispatcher.beforeApplicationShutdown();
    expect(world.sent).toEqual(['evt_1', 'evt_2']);
    expect(world.outcomes()).toEqual(['1 delivered', '2 delivered']);
  });

  it('sends a batch of failures as one request, and settles each of its members', async () => {
    const world = new World();
    world.failures = [delivery(1, 'b'), delivery(2, 'b')];
    world.answer = () => ({ ...OK, status: 422 });
    const dispatcher = world.start();
    await waitFor(() => world.settled.length === 2, { what: 'both settlements' });
    await dispatcher.beforeApplicationShutdown();
    expect(world.sent).toEqual(['bat_b']);
    expect(world.settled).toMatchObject([
      { sequence: '1', outcome: 'retry', alone: true },
      { sequence: '2', outcome: 'retry', alone: true },
    ]);
  });

  it('holds events and sends single probes while the host is down, and resumes when it answers', async () => {
    const world = new World();
    world.answer = () => DOWN;
    const dispatcher = world.start({ WEBHOOK_CONCURRENCY: 1 });
    world.append(...[1, 2, 3, 4, 5].map((sequence) => delivery(sequence)));
    await waitFor(() => dispatcher.circuit.state === 'open', { what: 'the open circuit' });
    await waitFor(() => world.settled.length >= 3, { what: 'the settlements' });
    expect(world.sent).toHaveLength(3);
    expect(world.outcomes().slice(0, 3)).toEqual(['1 retry', '2 retry', '3 held']);
    world.answer = () => OK;
    world.append(delivery(6));
    await waitFor(() => dispatcher.circuit.state === 'closed', { what: 'the closed circuit', timeoutMs: 10_000 });
    await waitFor(() => world.resumed === 1, { what: 'the held events to be made due' });
    await dispatcher.beforeApplicationShutdown();
  });

  it('logs a failed claim and goes on', async () => {
    const world = new World();
    world.claimError = new Error('unavailable');
    const dispatcher = world.start();
    await waitFor(() => world.loggedFailures.length > 0, { what: 'the log line' });
    world.claimError = null;
    world.append(delivery(1));
    await waitFor(() => world.settled.length === 1, { what: 'the settlement' });
    await dispatcher.beforeApplicationShutdown();
  });

  it('finishes requests in flight and releases the queue when it stops', async () => {
    const world = new World();
    let answer: (answered: HostAnswer) => void = () => undefined;
    world.answer = () => new Promise((resolve) => (answer = resolve));
    const dispatcher = world.start({ WEBHOOK_CONCURRENCY: 1 });
    world.append(delivery(1), delivery(2));
    await waitFor(() => dispatcher.requestsInFlight === 1, { what: 'the request' });
    const stopped = dispatcher.beforeApplicationShutdown();
    await waitFor(() => world.settled.length === 1, { what: 'the release' });
    answer(OK);
    await stopped;
    expect(world.outcomes()).toEqual(['2 released', '1 delivered']);
  });
});
