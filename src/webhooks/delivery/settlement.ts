import { type Attempt, type ClaimedDelivery, type Outcome, type Settlement } from './delivery.js';

/** This much of an answer is stored. */
export const STORED_ANSWER_BYTES = 1_024;

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
    answer: isAnswered ? storedText(answer.text) : null,
    error: isAnswered ? null : answer.error,
  };
}

/** Returns a delivery that was not attempted. */
export function released({ imei, sequence }: Pick<ClaimedDelivery, 'imei' | 'sequence'>): Settlement {
  const noAttempt = { webhookId: '', durationMs: 0, status: null, answer: null, error: null };
  return { imei, sequence, outcome: 'released', afterMs: 0, alone: false, outage: false, ...noAttempt };
}

/** The beginning of an answer. PostgreSQL's text can't hold NUL. */
function storedText(text: string): string {
  const beginning =
    text.length > STORED_ANSWER_BYTES / 4 ? Buffer.from(text).subarray(0, STORED_ANSWER_BYTES).toString('utf8') : text;
  return beginning.replaceAll('\0', '\uFFFD');
}
