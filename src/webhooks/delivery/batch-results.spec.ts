import { isRefused, refusedEvents } from './batch-results.js';
import { type Attempt, type ClaimedDelivery, type HostAnswer } from './delivery.js';

const FIRST = delivery('11111111-0000-4000-8000-000000000001');
const SECOND = delivery('11111111-0000-4000-8000-000000000002');
const RETRY_SECOND = JSON.stringify({ results: [{ eventId: `evt_${SECOND.eventId}`, status: 'retry' }] });

function delivery(eventId: string): ClaimedDelivery {
  return {
    eventId,
    imei: '350612000000001',
    sequence: '1',
    type: 'command.completed',
    occurredAt: '2026-11-23T12:00:00.000Z',
    body: '{}',
    batchId: 'b',
    failures: 0,
  };
}

function attempt(answer: HostAnswer, hasResults = true): Attempt {
  const request = { id: 'bat_b', path: '/', body: '{}', deliveries: [FIRST, SECOND], hasResults };
  return { request, answer, durationMs: 1, endedAtMs: 0 };
}

function answered(text: string): HostAnswer {
  return { kind: 'answer', status: 200, retryAfter: undefined, text };
}

describe('refusedEvents', () => {
  it('has the events that the answer wants to have again, by their public ids', () => {
    const refused = refusedEvents(attempt(answered(RETRY_SECOND)));
    expect([FIRST, SECOND].map((each) => isRefused(each, refused))).toEqual([false, true]);
  });

  it('takes nothing but "retry" for a refusal', () => {
    const eventId = `evt_${FIRST.eventId}`;
    const results = [
      { eventId, status: 'ok' },
      { eventId, status: 'RETRY' },
      { eventId },
      { eventId: 1, status: 'retry' },
      null,
      'retry',
      7,
    ];
    expect(refusedEvents(attempt(answered(JSON.stringify({ results }))))).toEqual(new Set());
  });

  it.each(['', 'ok', '{', 'null', '7', '[]', '{}', '{"results":null}', '{"results":{}}', '{"results":"retry"}'])(
    'accepts all events by the answer %j',
    (text) => {
      expect(refusedEvents(attempt(answered(text)))).toEqual(new Set());
    },
  );

  it('reads no list from the answer to a request that promises none', () => {
    expect(refusedEvents(attempt(answered(RETRY_SECOND), false))).toEqual(new Set());
  });

  it('is empty when there was no answer', () => {
    expect(refusedEvents(attempt({ kind: 'unanswered', error: 'timeout' }))).toEqual(new Set());
  });
});
