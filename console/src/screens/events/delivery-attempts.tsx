import { type DeliveryAttempt } from '../../../../client/src/index.js';
import { EmptyState } from '../../ui/states.js';
import { type TimelineEntry, Timeline } from '../../ui/timeline.js';
import { Unit } from '../../ui/unit.js';
import { type WebhookEvent } from './webhook-event.js';

interface DeliveryAttemptsProps {
  readonly event: WebhookEvent;
  readonly attempts: readonly DeliveryAttempt[];
  /** More were made, and are not kept. */
  readonly hasOlder: boolean;
}

/** Each attempt to deliver an event, with what the host has answered. */
export function DeliveryAttempts({ event, attempts, hasOlder }: DeliveryAttemptsProps) {
  if (attempts.length === 0) {
    return (
      <EmptyState title="No attempt was made">
        {event.state === 'recorded' ? 'It is recorded for the feed, and no webhook is sent.' : 'It waits for its turn.'}
      </EmptyState>
    );
  }
  return (
    <>
      <Timeline label="Attempts" entries={attempts.map(entryOf)} />
      {hasOlder && <p class="fact-text">Older attempts are not kept.</p>}
    </>
  );
}

function entryOf({ attempt, attemptedAt, status, durationMs, answer, error }: DeliveryAttempt): TimelineEntry {
  const isSuccess = status !== null && status >= 200 && status < 300;
  return {
    id: `${attempt} ${attemptedAt}`,
    at: attemptedAt,
    tone: isSuccess ? 'good' : 'bad',
    title: (
      <>
        {status === null ? 'No answer' : `Answered ${status}`} in <Unit value={durationMs} unit="ms" />
      </>
    ),
    text: error ?? (answer === null || answer === '' ? 'The answer was empty.' : <code>{answer}</code>),
  };
}
