import { type ClaimedDelivery, type Lease, type WebhookRequest } from './delivery.js';
import { DueRequests } from './due-requests.js';
import { FAILURES_PER_REQUEST } from './webhook-request.js';

const LEASE: Lease = { owner: '00000000-0000-4000-8000-000000000001', seconds: 60 };

function delivery(eventId: string, fields: Partial<ClaimedDelivery> = {}): ClaimedDelivery {
  const event = { type: 'command.completed', occurredAt: '2026-11-23T12:00:00.000Z', body: '{}' } as const;
  return { eventId, imei: '350612000000001', sequence: '1', ...event, batchId: null, failures: 0, ...fields };
}

function batch(batchId: string, members = 2): ClaimedDelivery[] {
  return Array.from({ length: members }, (_, index) => delivery(`${batchId}${index}`, { type: 'command.failed', batchId }));
}

/** Holds what is due, and notes what was asked of it. */
class FakeQueue {
  readonly asked: string[] = [];
  due: ClaimedDelivery[] = [];
  batches: ClaimedDelivery[][] = [];
  isDown = false;

  claim(lease: Lease, limit: number): Promise<ClaimedDelivery[]> {
    this.note(`${limit} deliveries`, lease);
    return Promise.resolve(this.due.splice(0, limit));
  }

  async claimBatch(lease: Lease, limit: number): Promise<ClaimedDelivery[]> {
    this.note(`a batch of up to ${limit}`, lease);
    await Promise.resolve();
    if (this.isDown) {
      throw new Error('the database is down');
    }
    return this.batches.shift() ?? [];
  }

  private note(what: string, lease: Lease): void {
    expect(lease).toBe(LEASE);
    this.asked.push(what);
  }
}

const A_BATCH = `a batch of up to ${FAILURES_PER_REQUEST}`;

let queue: FakeQueue;
let nowMs: number;
let added: string[];

beforeEach(() => {
  queue = new FakeQueue();
  nowMs = 1_000;
  added = [];
});

function dueRequests(): DueRequests {
  return new DueRequests(queue, LEASE, { events: 1, bytes: 1 }, () => nowMs);
}

const add = (requests: readonly WebhookRequest[]): void => void added.push(...requests.map(({ id }) => id));
const never = (): boolean => false;

describe('DueRequests.claim', () => {
  it('makes a request of each delivery, and knows that there may be more when the limit was reached', async () => {
    queue.due = [delivery('1'), delivery('2'), delivery('3')];
    const due = dueRequests();
    const first = await due.claim(2);
    expect([first.requests.map(({ id }) => id), first.hasMore]).toEqual([['evt_1', 'evt_2'], true]);
    const second = await due.claim(2);
    expect([second.requests.map(({ id }) => id), second.hasMore]).toEqual([['evt_3'], false]);
    expect(queue.asked).toEqual(['2 deliveries', '2 deliveries']);
  });
});

describe('DueRequests.claimBatches', () => {
  it('claims batches until none is left, each as one request', async () => {
    queue.batches = [batch('a'), batch('b', FAILURES_PER_REQUEST)];
    await dueRequests().claimBatches(add, never);
    expect(added).toEqual(['bat_a', 'bat_b']);
    expect(queue.asked).toEqual([A_BATCH, A_BATCH, A_BATCH]);
  });

  it('stops between two batches when there is enough', async () => {
    queue.batches = [batch('a'), batch('b'), batch('c')];
    await dueRequests().claimBatches(add, () => added.length >= 2);
    expect([added, queue.batches.length]).toEqual([['bat_a', 'bat_b'], 1]);
  });

  it('does not ask when there is enough already', async () => {
    await dueRequests().claimBatches(add, () => true);
    expect(queue.asked).toEqual([]);
  });

  it('asks again after 200 ms, and not before', async () => {
    const due = dueRequests();
    await due.claimBatches(add, never);
    nowMs += 199;
    await due.claimBatches(add, never);
    expect(queue.asked).toHaveLength(1);
    nowMs += 1;
    await due.claimBatches(add, never);
    expect(queue.asked).toHaveLength(2);
  });

  it('asks again at once after an error, and has added what it had claimed before it', async () => {
    const due = dueRequests();
    queue.batches = [batch('a')];
    const failing = due.claimBatches((requests) => {
      add(requests);
      queue.isDown = true;
    }, never);
    await expect(failing).rejects.toThrow('the database is down');
    queue.isDown = false;
    queue.batches = [batch('b')];
    await due.claimBatches(add, never);
    expect(added).toEqual(['bat_a', 'bat_b']);
  });
});

describe('DueRequests.claimProbe', () => {
  it('claims one delivery, and asks for no batch then', async () => {
    queue.due = [delivery('1'), delivery('2')];
    expect((await dueRequests().claimProbe())?.id).toBe('evt_1');
    expect(queue.asked).toEqual(['1 deliveries']);
  });

  it('claims a batch when nothing else is due, whenever the last one was claimed', async () => {
    const due = dueRequests();
    await due.claimBatches(add, never);
    queue.batches = [batch('a')];
    const probe = await due.claimProbe();
    expect([probe?.id, probe?.deliveries.length]).toEqual(['bat_a', 2]);
  });

  it('is null when nothing is due', async () => {
    expect(await dueRequests().claimProbe()).toBeNull();
  });
});
