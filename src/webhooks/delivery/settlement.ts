import { type Attempt, type ClaimedDelivery, type Outcome, type Settlement } from './delivery.js';

/** What is written about one delivery of a request that was sent. */
export function settlementOf(
  { imei, sequence }: ClaimedDelivery,
  { request, answer, durationMs }: Attempt,
  outcome: Outcome,
): Settlement {
  if (answer.kind === 'aborted') {
    return released({ imei, sequence });
  }
  const isAnswered = answer.kind === 'answer';
  return {
    imei,
    sequence,
    outcome: outcome.kind,
    afterMs: 'afterMs' in outcome ? outcome.afterMs : 0,
    // A batch without an answer is sent again as it was. A batch that was refused may hold one entry that is the cause.
    alone: isAnswered && outcome.kind !== 'delivered' && request.deliveries.length > 1,
    outage: outcome.kind === 'held' || answer.kind === 'unreachable',
    webhookId: request.id,
    durationMs: Math.round(durationMs),
    status: isAnswered ? answer.status : null,
    // PostgreSQL's text can't hold NUL.
    answer: isAnswered ? answer.text.replaceAll('\0', '\uFFFD') : null,
    error: isAnswered ? null : answer.error,
  };
}

/** Returns a delivery that was not attempted. */
export function released({ imei, sequence }: Pick<ClaimedDelivery, 'imei' | 'sequence'>): Settlement {
  const noAttempt = { webhookId: '', durationMs: 0, status: null, answer: null, error: null };
  return { imei, sequence, outcome: 'released', afterMs: 0, alone: false, outage: false, ...noAttempt };
}
