import { publicEventId } from '../../events/event-envelope.js';
import { type Attempt, type ClaimedDelivery } from './delivery.js';

/** What the host wants to have again of a batch that it has otherwise accepted: the public ids of the events. */
export type RefusedEvents = ReadonlySet<string>;

const NONE: RefusedEvents = new Set();
const BYTE_ORDER_MARK = /^\uFEFF/;

/**
 * Reads `{"results":[{"eventId":"evt_…","status":"ok"|"retry"}]}` from the answer to a batch. Events that are not in the list are accepted, and so are all
 * of them when the answer is anything else.
 */
export function refusedEvents({ request, answer }: Attempt): RefusedEvents {
  if (!request.hasResults || answer.kind !== 'answer' || answer.text === '') {
    return NONE;
  }
  const results = (parsed(answer.text) as { results?: unknown } | null)?.results;
  return Array.isArray(results) ? new Set(results.filter(isRetry).map(({ eventId }) => eventId)) : NONE;
}

export function isRefused({ eventId }: ClaimedDelivery, refused: RefusedEvents): boolean {
  return refused.has(publicEventId(eventId));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(BYTE_ORDER_MARK, ''));
  } catch {
    // The answer is not JSON: the status alone counts.
    return null;
  }
}

function isRetry(result: unknown): result is { eventId: string } {
  const { eventId, status } = (result ?? {}) as { eventId?: unknown; status?: unknown };
  return typeof eventId === 'string' && status === 'retry';
}
