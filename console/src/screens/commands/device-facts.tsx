import { type TelemetryLatest } from '../../../../client/src/index.js';
import { useQuery } from '../../api/use-query.js';
import { pollMs, useRefreshOn } from '../../app/stream.js';
import { Loading } from '../../ui/states.js';
import { type Conditions, CurrentFacts } from './guard-view.js';

interface DeviceFactsProps {
  readonly imei: string;
  readonly conditions: Conditions;
}

/** The current facts of the device that a command is for, beside its conditions. */
export function DeviceFacts({ imei, conditions }: DeviceFactsProps) {
  return /^\d{15}$/.test(imei) ? <FactsOfDevice imei={imei} conditions={conditions} /> : null;
}

function FactsOfDevice({ imei, conditions }: DeviceFactsProps) {
  const latest = useQuery<TelemetryLatest>(`/api/v1/devices/${imei}/telemetry/latest?view=scaled`, { everyMs: pollMs() });
  useRefreshOn(({ data }) => data.type === 'telemetry' && data.imei === imei, latest.refresh);
  const state = latest.state.value;
  const hasNone = state.kind === 'failed' && state.error.status === 404;
  return (
    <section class="guard-panel" aria-label="The device now">
      <h3>The device now</h3>
      {state.kind === 'loading' && <Loading rows={1} />}
      {state.kind === 'failed' && !hasNone && <p class="soft">Not known: {state.error.message}</p>}
      {(state.kind === 'ready' || hasNone) && (
        <CurrentFacts record={state.kind === 'ready' ? state.data.record : null} conditions={conditions} />
      )}
    </section>
  );
}
