import { useState } from 'preact/hooks';
import { ApiError } from '../../api/api-error.js';
import { type ApiCall, call } from '../../api/call.js';
import { useQuery } from '../../api/use-query.js';
import { Link } from '../../app/link.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { CopyAsCurl } from '../../ui/copy-as-curl.js';
import { Panel } from '../../ui/panel.js';
import { QueryView } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { toast } from '../../ui/toast.js';

const PATH = '/api/v1/console/simulator';
const EVERY_MS = 5_000;
const DEVICES = 20;
const START: ApiCall = { method: 'PUT', path: PATH, body: { devices: DEVICES } };
const STOP: ApiCall = { method: 'DELETE', path: PATH };

interface SimulatorAnswer {
  readonly simulator: { readonly running: boolean; readonly devices: number; readonly startedAt: string | null };
}

/** Simulated devices beside this gateway, for those who have no device yet. Offered in development only. */
export function SimulatorPanel() {
  const query = useQuery<SimulatorAnswer>(PATH, { everyMs: EVERY_MS });
  const [isBusy, setBusy] = useState(false);
  const change = (request: ApiCall): void => {
    setBusy(true);
    call(request)
      .catch((error: unknown) => toast(ApiError.from(error).message, 'bad'))
      .finally(() => {
        setBusy(false);
        query.refresh();
      });
  };
  return (
    <Panel title="Try it without a device" call={query.call}>
      <QueryView query={query}>
        {({ simulator: { running, devices, startedAt } }) => (
          <div class="connect-simulator">
            <p role="status">
              {running ? (
                <>
                  <Badge tone="good">Running</Badge> {devices} simulated devices drive through Vilnius since{' '}
                  <Time at={startedAt} />. <Link to="/">See them on the map</Link>
                </>
              ) : (
                `Run ${DEVICES} simulated devices beside this gateway. They connect to its device port as real ones do, and end with it.`
              )}
            </p>
            <span class="panel-actions">
              <Button kind={running ? 'plain' : 'primary'} isBusy={isBusy} onClick={() => change(running ? STOP : START)}>
                {running ? 'Stop the simulator' : 'Run the simulator'}
              </Button>
              <CopyAsCurl call={running ? STOP : START} />
            </span>
          </div>
        )}
      </QueryView>
    </Panel>
  );
}
