import './events.css';
import { useState } from 'preact/hooks';
import { type ApiCall, call } from '../../api/call.js';
import { ApiError } from '../../api/api-error.js';
import { type Query, useQuery } from '../../api/use-query.js';
import { Link } from '../../app/link.js';
import { type ScreenProps } from '../../app/screen-props.js';
import { may } from '../../app/session.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { CopyAsCurl } from '../../ui/copy-as-curl.js';
import { Facts, Panel } from '../../ui/panel.js';
import { QueryView } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { toast } from '../../ui/toast.js';
import { Unit } from '../../ui/unit.js';
import { DeliveryAttempts } from './delivery-attempts.js';
import { STATE_NAMES, STATE_TONES, type WebhookEvent, type WebhookEventAnswer } from './webhook-event.js';

const EVERY_MS = 2_000;

/** One event: what the host receives, and what it has answered. */
export function EventScreen({ params }: ScreenProps) {
  const id = params['id'] ?? '';
  const answer = useQuery<WebhookEventAnswer>(`/api/v1/webhooks/events/${encodeURIComponent(id)}`, { everyMs: EVERY_MS });
  return (
    <>
      <header class="screen-header">
        <h1>Event</h1>
        <Link to="/events" class="back">
          All events
        </Link>
      </header>
      <QueryView query={answer}>
        {({ event, attempts, hasOlderAttempts }) => (
          <>
            <EventPanel event={event} answer={answer} />
            <div class="panels">
              <Panel title="Attempts">
                <DeliveryAttempts event={event} attempts={attempts} hasOlder={hasOlderAttempts} />
              </Panel>
              <Panel title="Body">
                {event.body === null ? (
                  <p>The records of this event have been deleted by retention.</p>
                ) : (
                  <pre class="event-body" tabIndex={0} aria-label="Body of the event">
                    {JSON.stringify(event.body, null, 2)}
                  </pre>
                )}
              </Panel>
            </div>
          </>
        )}
      </QueryView>
    </>
  );
}

function EventPanel({ event, answer }: { readonly event: WebhookEvent; readonly answer: Query<WebhookEventAnswer> }) {
  const { eventId, type, imei, state } = event;
  return (
    <Panel
      title={type}
      call={answer.call}
      actions={may('admin') && state !== 'pending' && <Replay event={event} onDone={answer.refresh} />}
    >
      <Facts
        items={[
          ['Webhook', <Badge tone={STATE_TONES[state]}>{STATE_NAMES[state]}</Badge>],
          ['Device', <Link to={`/devices/${imei}`}>{imei}</Link>],
          ['Occurred', <Time at={event.occurredAt} />],
          ['Attempts', <Unit value={event.attempts} />],
          ['Next attempt', <Time at={event.nextAttemptAt} />],
          ['Delivered', <Time at={event.deliveredAt} />],
          ...(event.deadAt === null ? [] : [['Given up', <Time at={event.deadAt} />] as const]),
          ...(event.recordCount === null ? [] : [['Records', <Unit value={event.recordCount} />] as const]),
        ]}
      />
      <p class="fact-text">
        <code>{eventId}</code>
      </p>
    </Panel>
  );
}

function Replay({ event, onDone }: { readonly event: WebhookEvent; readonly onDone: () => void }) {
  const [isBusy, setBusy] = useState(false);
  const request: ApiCall = { method: 'POST', path: `/api/v1/webhooks/events/${event.eventId}/replay` };
  const replay = async (): Promise<void> => {
    setBusy(true);
    try {
      await call(request);
      toast('The event waits to be delivered again.');
      onDone();
    } catch (error) {
      toast(`It is not replayed: ${ApiError.from(error).message}`, 'bad');
    }
    setBusy(false);
  };
  return (
    <>
      <Button icon="refresh" isBusy={isBusy} onClick={() => void replay()}>
        Replay
      </Button>
      <CopyAsCurl call={request} label="curl of replay" />
    </>
  );
}
