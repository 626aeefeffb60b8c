import { useQuery } from '../../api/use-query.js';
import { QueryView } from '../../ui/states.js';
import { DatabasePanel } from './database-panel.js';
import { InstancesPanel } from './instances-panel.js';
import { ReadinessPanel } from './readiness-panel.js';
import { type Stats } from './stats.js';
import { TrafficPanel } from './traffic-panel.js';
import { WebhooksPanel } from './webhooks-panel.js';

const EVERY_MS = 5_000;

/** Whether the gateway works: its instances, what they take in, and what waits. */
export function SystemScreen() {
  const stats = useQuery<Stats>('/api/v1/stats', { everyMs: EVERY_MS });
  return (
    <>
      <header class="screen-header">
        <h1>System</h1>
      </header>
      <div class="panels">
        <ReadinessPanel />
        <WebhooksPanel />
      </div>
      <QueryView query={stats}>
        {(data) => (
          <>
            <TrafficPanel stats={data} call={stats.call} />
            <InstancesPanel stats={data} call={stats.call} />
          </>
        )}
      </QueryView>
      <DatabasePanel />
    </>
  );
}
