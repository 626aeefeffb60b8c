import { useQuery } from '../../api/use-query.js';
import { Badge } from '../../ui/badge.js';
import { Facts, Panel } from '../../ui/panel.js';
import { QueryView } from '../../ui/states.js';
import { session } from '../../app/session.js';

const EVERY_MS = 5_000;

/** The answer of /readyz. */
interface Ready {
  readonly details: Readonly<Record<string, { readonly status: string; readonly message?: string }>>;
}

/** Of each check whether it passes. An answer that names what does not is an answer too. */
export function ReadinessPanel() {
  const ready = useQuery<Ready>('/readyz', { everyMs: EVERY_MS });
  const state = ready.state.value;
  const error = state.kind === 'loading' ? null : state.error;
  return (
    <Panel title="Ready" call={ready.call}>
      {error?.code === 'NOT_READY' ? (
        <div role="status">
          <Badge tone="bad">Not ready</Badge>
          <p class="fact-text">{error.message.replace(/^Not ready: /, '')}</p>
        </div>
      ) : (
        <QueryView query={ready}>{({ details }) => <Checks details={details} />}</QueryView>
      )}
    </Panel>
  );
}

function Checks({ details }: Ready) {
  const gateway = session.value?.gateway;
  const checks = Object.entries(details).map(([name, { status }]) => {
    const isUp = status === 'up';
    return [name, <Badge tone={isUp ? 'good' : 'bad'}>{isUp ? 'Ready' : status}</Badge>] as const;
  });
  return <Facts items={[...checks, ['Version', gateway?.version], ['Environment', gateway?.environment]]} />;
}
