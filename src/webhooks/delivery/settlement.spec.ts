import { type Attempt, type ClaimedDelivery, type HostAnswer } from './delivery.js';
import { released, settlementOf } from './settlement.js';

const REFUSED: HostAnswer = { kind: 'answer', status: 422, retryAfter: undefined, text: 'no\0' };
const UNREACHABLE: HostAnswer = { kind: 'unreachable', error: 'ECONNREFUSED' };
const FIRST = delivery('1');
const SECOND = delivery('2');

function delivery(sequence: string): ClaimedDelivery {
  return {
    eventId: sequence,
    imei: '350612000000001',
    sequence,
    type: 'command.failed',
    occurredAt: '2026-11-23T12:00:00.000Z',
    body: '{}',
    batchId: null,
    failures: 0,
  };
}

function attempt(answer: HostAnswer, deliveries: readonly ClaimedDelivery[] = [FIRST]): Attempt {
  return {
    request: { id: 'evt_1', path: '/', body: '{}', deliveries, hasResults: false },
    answer,
    durationMs: 1.6,
    endedAtMs: 0,
  };
}

describe('settlementOf', () => {
  it('records the attempt with the status and the words of the host, without NUL', () => {
    expect(settlementOf(FIRST, attempt(REFUSED), { kind: 'retry', afterMs: 5_000 })).toEqual({
      imei: FIRST.imei,
      sequence: '1',
      outcome: 'retry',
      afterMs: 5_000,
      alone: false,
      outage: false,
      webhookId: 'evt_1',
      durationMs: 2,
      status: 422,
      answer: 'no\uFFFD',
      error: null,
    });
  });

  it('records the error when there was no answer, and makes the event due when the host answers again', () => {
    expect(settlementOf(FIRST, attempt(UNREACHABLE), { kind: 'retry', afterMs: 5_000 })).toMatchObject({
      outage: true,
      status: null,
      answer: null,
      error: 'ECONNREFUSED',
    });
    expect(settlementOf(FIRST, attempt(REFUSED), { kind: 'held', afterMs: 1 })).toMatchObject({ outcome: 'held', outage: true });
  });

  it('splits a batch that was refused, and keeps one that met no answer', () => {
    const both = [FIRST, SECOND];
    expect(settlementOf(SECOND, attempt(REFUSED, both), { kind: 'retry', afterMs: 1 })).toMatchObject({
      sequence: '2',
      alone: true,
    });
    expect(settlementOf(SECOND, attempt(UNREACHABLE, both), { kind: 'retry', afterMs: 1 })).toMatchObject({ alone: false });
    expect(settlementOf(SECOND, attempt(REFUSED, both), { kind: 'delivered' })).toMatchObject({ alone: false, afterMs: 0 });
  });

  it('records no attempt when the gateway has cancelled the request', () => {
    expect(settlementOf(FIRST, attempt({ kind: 'aborted' }), { kind: 'released' })).toEqual(released(FIRST));
  });
});
