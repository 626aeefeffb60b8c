import './events.css';
import { withQuery } from '../../api/call.js';
import { useQuery } from '../../api/use-query.js';
import { Link } from '../../app/link.js';
import { query } from '../../app/router.js';
import { pollMs, useGaps } from '../../app/stream.js';
import { Badge } from '../../ui/badge.js';
import { Pager } from '../../ui/pager.js';
import { Panel } from '../../ui/panel.js';
import { EmptyState, QueryView } from '../../ui/states.js';
import { type Column, Table } from '../../ui/table.js';
import { Time } from '../../ui/time.js';
import { Unit } from '../../ui/unit.js';
import { EventFilters } from './event-filters.js';
import { useNewEvents } from './use-new-events.js';
import { STATE_NAMES, STATE_TONES, type WebhookEvent, type WebhookEventList } from './webhook-event.js';

const PAGE_EVENTS = 100;

const COLUMNS: readonly Column<WebhookEvent>[] = [
  { name: 'at', title: 'Occurred', width: '20ch', cell: ({ occurredAt }) => <Time at={occurredAt} /> },
  { name: 'type', title: 'Event', cell: ({ eventId, type }) => <Link to={`/events/${eventId}`}>{type}</Link> },
  { name: 'device', title: 'Device', isNarrowBelow: true, cell: ({ imei }) => <Link to={`/devices/${imei}`}>{imei}</Link> },
  {
    name: 'records',
    title: 'Records',
    isNumber: true,
    isWideOnly: true,
    cell: ({ recordCount }) => <Unit value={recordCount} />,
  },
  {
    name: 'state',
    title: 'Webhook',
    cell: ({ state }) => <Badge tone={STATE_TONES[state]}>{STATE_NAMES[state]}</Badge>,
  },
  { name: 'attempts', title: 'Attempts', isNumber: true, isWideOnly: true, cell: ({ attempts }) => <Unit value={attempts} /> },
  { name: 'next', title: 'Next attempt', isWideOnly: true, cell: ({ nextAttemptAt }) => <Time at={nextAttemptAt} /> },
];

/** What has happened, and whether it has been delivered to the host. */
export function EventsScreen() {
  const value = (name: string): string | undefined => query.value.get(name) ?? undefined;
  const cursor = value('cursor');
  const path = withQuery('/api/v1/webhooks/events', {
    state: value('state'),
    type: value('type'),
    imei: value('imei'),
    from: value('from'),
    to: value('to'),
    limit: PAGE_EVENTS,
    cursor,
  });
  const events = useQuery<WebhookEventList>(path, { everyMs: pollMs() });
  useNewEvents(events.refresh, cursor === undefined);
  useGaps(events.refresh);
  return (
    <>
      <header class="screen-header">
        <h1>Events</h1>
      </header>
      <EventFilters />
      <Panel title="Log of events" call={events.call}>
        <QueryView query={events} isEmpty={(data) => data.events.length === 0} empty={<NoEvent />}>
          {(data) => (
            <>
              <Table label="Events" columns={COLUMNS} rows={data.events} keyOf={({ eventId }) => eventId} />
              <Pager cursor={cursor ?? null} nextCursor={data.nextCursor} />
            </>
          )}
        </QueryView>
      </Panel>
    </>
  );
}

function NoEvent() {
  const isFiltered = ['state', 'type', 'imei', 'from', 'to', 'cursor'].some((name) => query.value.has(name));
  return isFiltered ? (
    <EmptyState title="No event matches">Fewer filters show more events.</EmptyState>
  ) : (
    <EmptyState title="No event has been recorded">
      Events are recorded when <code>NOTIFICATION_URL</code> is set, or <code>EVENT_FEED_ENABLED</code> is true.
    </EmptyState>
  );
}
