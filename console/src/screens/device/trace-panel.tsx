import { useEffect, useMemo, useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import { type DeviceTraceAnswer } from '../../../../client/src/index.js';
import { ApiError } from '../../api/api-error.js';
import { type ApiCall, call } from '../../api/call.js';
import { type Query, useQuery } from '../../api/use-query.js';
import { may } from '../../app/session.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { CopyAsCurl } from '../../ui/copy-as-curl.js';
import { Panel } from '../../ui/panel.js';
import { EmptyState, ErrorState } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { toast } from '../../ui/toast.js';
import { HexChunks } from './hex-chunks.js';
import { type TracedBytes, TracedChunks } from './traced-chunks.js';

const EVERY_MS = 30_000;
const BYTES_EVERY_MS = 1_000;
const TTL_SECONDS = 3_600;

/** Every byte of the device in hex, as it is sent and received, while its trace is on. */
export function TracePanel({ imei }: { readonly imei: string }) {
  const path = `/api/v1/log/devices/${imei}`;
  const query = useQuery<DeviceTraceAnswer>(path, { everyMs: EVERY_MS });
  const state = query.state.value;
  if (state.kind !== 'ready') {
    return null;
  }
  const { traced, until } = state.data.trace;
  return (
    <Panel title="Hex trace" call={query.call}>
      <div class="trace">
        <span class="trace-until" role="status">
          {traced ? <Badge tone="info">Trace is on</Badge> : <span class="soft">The bytes of this device are not logged.</span>}
          {until !== null && (
            <span class="soft">
              until <Time at={until} />, also in the log of the gateway
            </span>
          )}
        </span>
        {may('admin') && <TraceSwitch path={path} isOn={traced} query={query} />}
      </div>
      {may('admin') && <LiveBytes path={path} isOn={traced} />}
    </Panel>
  );
}

interface TraceSwitchProps {
  readonly path: string;
  readonly isOn: boolean;
  readonly query: Query<DeviceTraceAnswer>;
}

function TraceSwitch({ path, isOn, query }: TraceSwitchProps) {
  const [isBusy, setBusy] = useState(false);
  const change: ApiCall = isOn ? { method: 'DELETE', path } : { method: 'PUT', path, body: { ttlSeconds: TTL_SECONDS } };
  const send = (): void => {
    setBusy(true);
    call(change)
      .catch((error: unknown) => toast(ApiError.from(error).message, 'bad'))
      .finally(() => {
        setBusy(false);
        query.refresh();
      });
  };
  return (
    <span class="panel-actions">
      <Button isBusy={isBusy} onClick={send} title="Shows every byte, and writes it to the log of the gateway, for an hour">
        {isOn ? 'Stop the trace' : 'Trace in hex'}
      </Button>
      <CopyAsCurl call={change} />
    </span>
  );
}

/** What was read stays after the end of the trace, until the screen is left. */
function LiveBytes({ path, isOn }: { readonly path: string; readonly isOn: boolean }) {
  const chunks = useMemo(() => new TracedChunks(), []);
  const isPaused = useMemo(() => signal(false), []);
  const query = useQuery<TracedBytes>(`${path}/bytes`, { everyMs: BYTES_EVERY_MS, isEnabled: isOn && !isPaused.value });
  const state = query.state.value;
  const read = state.kind === 'ready' ? state.data : null;
  useEffect(() => {
    if (read) {
      chunks.add(read.chunks);
    }
  }, [chunks, read]);
  const shown = chunks.newest.value;
  if (!isOn && shown.length === 0) {
    return null;
  }
  return (
    <>
      {state.kind === 'failed' && <ErrorState error={state.error} />}
      {shown.length === 0 ? (
        <EmptyState title="No byte yet">What the device sends and receives appears here as it happens.</EmptyState>
      ) : (
        <HexChunks
          chunks={shown}
          actions={
            <>
              {isOn && (
                <Button kind="quiet" aria-pressed={isPaused.value} onClick={() => (isPaused.value = !isPaused.value)}>
                  {isPaused.value ? 'Continue' : 'Pause'}
                </Button>
              )}
              <Button kind="quiet" onClick={() => chunks.clear()}>
                Clear
              </Button>
            </>
          }
        />
      )}
    </>
  );
}
