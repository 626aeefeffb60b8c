import './fleet.css';
import { useComputed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { Link } from '../../app/link.js';
import { query, setQuery } from '../../app/router.js';
import { EmptyState, ErrorState, Loading } from '../../ui/states.js';
import { SelectField, TextField } from '../../ui/field.js';
import { FleetCard } from './fleet-card.js';
import { type DeviceState, type FleetDevice, STATE_NAMES, stateOf, STATES, titleOf } from './fleet-device.js';
import { FleetList } from './fleet-list.js';
import { FleetMapView } from './fleet-map-view.js';
import { type Fleet, useFleet } from './use-fleet.js';

/** Where all devices are, as they move. */
export function FleetScreen() {
  const fleet = useFleet();
  const state = fleet.state.value;
  return (
    <>
      <header class="screen-header">
        <h1>Fleet</h1>
      </header>
      {state.kind === 'loading' && <Loading rows={6} />}
      {state.kind === 'failed' && (
        <ErrorState error={state.error} {...(state.error.isTemporary ? {} : { onRetry: fleet.retry })} />
      )}
      {state.kind === 'ready' && state.error && <ErrorState error={state.error} />}
      {state.kind === 'ready' && (fleet.store.current.value.length === 0 ? <NoDevice /> : <LiveFleet fleet={fleet} />)}
    </>
  );
}

function NoDevice() {
  return (
    <EmptyState title="No device is known yet">
      <p>
        A device appears here when it has connected. <Link to="/connect">How to point a device at this gateway</Link>
      </p>
    </EmptyState>
  );
}

function LiveFleet({ fleet: { store } }: { readonly fleet: Fleet }) {
  const [text, only, selected] = [query.value.get('q') ?? '', query.value.get('state') ?? '', query.value.get('device')];
  const devices = useComputed(() => sorted(store.current.value)).value;
  const shown = useMemo(() => devices.filter(matcher(text, only)), [devices, text, only]);
  const device = selected === null ? null : store.find(selected);
  const select = (imei: string | null): void => setQuery({ device: imei ?? undefined });
  return (
    <div class="fleet">
      <FleetMapView store={store} selected={device} onSelect={select} />
      <section class="fleet-side" aria-label="Devices">
        <form
          class="fleet-filters"
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            select(shown[0]?.imei ?? null);
          }}
        >
          <TextField
            label="IMEI or name"
            type="search"
            value={text}
            onValue={(q) => setQuery({ q })}
            autocomplete="off"
            spellcheck={false}
          />
          <SelectField
            label="State"
            value={only}
            onValue={(value) => setQuery({ state: value })}
            options={[['', 'All'], ...STATES.map((name) => [name, STATE_NAMES[name]] as const)]}
          />
        </form>
        {device && <FleetCard device={device} onClose={() => select(null)} />}
        <FleetList devices={shown} total={devices.length} selected={selected} onSelect={select} />
      </section>
    </div>
  );
}

/** Problems first, then by name. Plain comparison: with 10,000 devices one by locale takes long. */
function sorted(devices: readonly FleetDevice[]): FleetDevice[] {
  const nowMs = Date.now();
  const keyed = devices.map((device) => ({ device, key: STATES.indexOf(stateOf(device, nowMs)) + titleOf(device) }));
  return keyed.sort((one, other) => (one.key < other.key ? -1 : 1)).map(({ device }) => device);
}

function matcher(text: string, only: string): (device: FleetDevice) => boolean {
  const nowMs = Date.now();
  const wanted = text.trim().toLowerCase();
  const isState = STATES.includes(only as DeviceState);
  return (device) =>
    (!isState || stateOf(device, nowMs) === only) &&
    (wanted === '' || device.imei.includes(wanted) || (device.name?.toLowerCase().includes(wanted) ?? false));
}
