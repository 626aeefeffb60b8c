import { useQuery } from '../../api/use-query.js';
import { Badge } from '../../ui/badge.js';
import { Facts, Panel } from '../../ui/panel.js';
import { EmptyState, QueryView } from '../../ui/states.js';
import { formatDuration } from '../../ui/time.js';
import { Unit } from '../../ui/unit.js';

const EVERY_MS = 5_000;

/** The answer of GET /api/v1/webhooks/status. */
interface WebhookStatus {
  readonly delivering: boolean;
  readonly backlog: number;
  readonly oldestAgeSeconds: number | null;
  readonly dead: number;
  readonly circuit: { readonly state: 'closed' | 'open' | 'half-open' };
  readonly sending: number;
}

/** How the host is keeping up. */
export function WebhooksPanel() {
  const status = useQuery<WebhookStatus>('/api/v1/webhooks/status', { everyMs: EVERY_MS });
  return (
    <Panel title="Webhooks" call={status.call}>
      <QueryView
        query={status}
        isEmpty={({ delivering, backlog, dead }) => !delivering && backlog === 0 && dead === 0}
        empty={
          <EmptyState title="No webhooks are sent">
            <code>NOTIFICATION_URL</code> is not set. The host can read the feed of events instead.
          </EmptyState>
        }
      >
        {(data) => (
          <Facts
            items={[
              ['Host', <HostState status={data} />],
              ['Waiting', <Unit value={data.backlog} />],
              ['Oldest', data.oldestAgeSeconds === null ? '–' : formatDuration(data.oldestAgeSeconds * 1_000)],
              ['Given up', <Unit value={data.dead} />],
              ['In flight', <Unit value={data.sending} />],
            ]}
          />
        )}
      </QueryView>
    </Panel>
  );
}

function HostState({ status }: { readonly status: WebhookStatus }) {
  if (!status.delivering) {
    return <Badge>Not delivering</Badge>;
  }
  return status.circuit.state === 'closed' ? <Badge tone="good">Delivering</Badge> : <Badge tone="bad">Host is down</Badge>;
}
