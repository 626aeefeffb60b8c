import { useState } from 'preact/hooks';
import { type DeviceTraceAnswer } from '../../../../client/src/index.js';
import { ApiError } from '../../api/api-error.js';
import { type ApiCall, call } from '../../api/call.js';
import { useQuery } from '../../api/use-query.js';
import { may } from '../../app/session.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { CopyAsCurl } from '../../ui/copy-as-curl.js';
import { Time } from '../../ui/time.js';
import { toast } from '../../ui/toast.js';

const EVERY_MS = 30_000;
const TTL_SECONDS = 3_600;

/** Switches the hex trace of a device: every byte of it is written to the log of the gateway, for an hour. */
export function TraceSwitch({ imei }: { readonly imei: string }) {
  const path = `/api/v1/log/devices/${imei}`;
  const query = useQuery<DeviceTraceAnswer>(path, { everyMs: EVERY_MS });
  const [isBusy, setBusy] = useState(false);
  const state = query.state.value;
  if (state.kind !== 'ready') {
    return null;
  }
  const { traced, until } = state.data.trace;
  const change: ApiCall = traced ? { method: 'DELETE', path } : { method: 'PUT', path, body: { ttlSeconds: TTL_SECONDS } };
  const send = (): void => {
    setBusy(true);
    call(change)
      .then(
        () => toast(traced ? 'The trace has ended' : 'Its bytes are in the log of the gateway for an hour'),
        (error: unknown) => toast(ApiError.from(error).message, 'bad'),
      )
      .finally(() => {
        setBusy(false);
        query.refresh();
      });
  };
  return (
    <div class="trace">
      <span class="trace-until" role="status">
        {traced ? <Badge tone="info">Hex trace</Badge> : <span class="soft">Its bytes are not logged</span>}
        {until !== null && (
          <span class="soft">
            until <Time at={until} />, in the log of the gateway
          </span>
        )}
      </span>
      {may('admin') && (
        <span class="panel-actions">
          <Button isBusy={isBusy} onClick={send} title="Writes every byte sent and received to the log of the gateway, in hex">
            {traced ? 'Stop the trace' : 'Trace in hex'}
          </Button>
          <CopyAsCurl call={change} />
        </span>
      )}
    </div>
  );
}
