import { type HostAnswer, type Judgement } from './judgement.js';
import { type ClaimedDelivery } from './claimed-delivery.js';
import { type Settlement } from './delivery-queue.repository.js';
import { type WebhookRequest } from './webhook-request.js';

export interface Attempt {
  readonly request: WebhookRequest;
  readonly answer: HostAnswer;
  readonly durationMs: number;
}

/** How one delivery of an attempted request is settled. */
export function settlementOf(delivery: ClaimedDelivery, { request, answer, durationMs }: Attempt, judged: Judgement): Settlement {
  return {
    imei: delivery.imei,
    sequence: delivery.sequence,
    outcome: judged.kind,
    afterMs: judged.kind === 'retry' ? judged.afterMs : 0,
    // A batch that met no answer is sent again as it was; one that was refused may hold a single entry that is to blame.
    alone: answer.kind === 'answer' && judged.kind !== 'delivered' && request.deliveries.length > 1,
    outage: answer.kind === 'unreachable',
    webhookId: request.id,
    durationMs: Math.round(durationMs),
    status: answer.kind === 'answer' ? answer.status : null,
    // PostgreSQL's text holds no NUL.
    answer: answer.kind === 'answer' ? answer.text.replaceAll('\0', '\uFFFD') : null,
    error: answer.kind === 'answer' ? null : answer.error,
  };
}

/** Instead, while the host as a whole is down: that costs an event none of its attempts. */
export function held(settlement: Settlement, afterMs: number): Settlement {
  return { ...settlement, outcome: 'held', afterMs, outage: true };
}

/** Given back without an attempt. */
export function release({ imei, sequence }: ClaimedDelivery): Settlement {
  const nothing = { webhookId: '', durationMs: 0, status: null, answer: null, error: null };
  return { imei, sequence, outcome: 'released', afterMs: 0, alone: false, outage: false, ...nothing };
}
