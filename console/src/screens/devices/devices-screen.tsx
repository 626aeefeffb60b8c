import { useEffect, useMemo, useState } from 'preact/hooks';
import { Link } from '../../app/link.js';
import { query, setQuery } from '../../app/router.js';
import { may } from '../../app/session.js';
import { pollMs, useEvents, useGaps } from '../../app/stream.js';
import { Badge, type Tone } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { now } from '../../ui/clock.js';
import { CopyAsCurl } from '../../ui/copy-as-curl.js';
import { TextField } from '../../ui/field.js';
import { EmptyState, QueryView } from '../../ui/states.js';
import { type Column, Table } from '../../ui/table.js';
import { formatDuration, Time } from '../../ui/time.js';
import { Unit } from '../../ui/unit.js';
import { DeviceList, type DeviceRows } from './device-list.js';
import { type DeviceRow, type DeviceState, STALE_MS, stateOf } from './device-row.js';
import { RegisterDialog } from './register-dialog.js';
import { StateFilter, FILTERS, type FilterName, matches } from './state-filter.js';
import './devices.css';

const STATES: Readonly<Record<DeviceState, readonly [tone: Tone, text: string, title: string]>> = {
  connected: ['good', 'Connected', 'It has a connection and sends'],
  stale: ['warning', 'Stale', `Connected, and silent for more than ${formatDuration(STALE_MS)}`],
  problem: ['bad', 'No fix', 'Connected; its newest record has no position'],
  offline: ['neutral', 'Not connected', 'Without a connection'],
  banned: ['bad', 'Banned', 'Its logins are refused'],
  refused: ['warning', 'Refused', 'Its logins are refused: it is not registered'],
};

const COLUMNS: readonly Column<DeviceRow>[] = [
  { name: 'imei', title: 'IMEI', cell: ({ imei }) => <Link to={`/devices/${imei}`}>{imei}</Link>, width: '16ch' },
  { name: 'name', title: 'Name', isWideOnly: true, cell: ({ name }) => name ?? <span class="missing">–</span> },
  { name: 'state', title: 'State', cell: (row) => <StateBadge state={stateOf(row, now.value)} /> },
  { name: 'last-data', title: 'Last data', cell: ({ lastDataAtMs }) => <LastData atMs={lastDataAtMs} /> },
  {
    name: 'speed',
    title: 'Speed',
    isNumber: true,
    isWideOnly: true,
    cell: ({ speedKmh }) => <Unit value={speedKmh} unit="km/h" />,
  },
  {
    name: 'since',
    title: 'Connected since',
    isWideOnly: true,
    cell: ({ isConnected, connectedAt }) => <Time at={isConnected ? connectedAt : null} />,
  },
  { name: 'address', title: 'Address', isWideOnly: true, cell: ({ address }) => address ?? <span class="missing">–</span> },
];

/** Every device that the gateway knows of: connected, registered, banned, and refused. */
export function DevicesScreen() {
  const devices = useMemo(() => new DeviceList(), []);
  const [isRegistering, setRegistering] = useState(false);
  const everyMs = pollMs();
  useEvents((events) => devices.apply(events));
  useGaps(devices.refresh);
  useEffect(() => {
    devices.refresh();
    const timer = window.setInterval(devices.refresh, everyMs);
    return () => {
      window.clearInterval(timer);
      devices.stop();
    };
  }, [devices, everyMs]);
  return (
    <>
      <header class="screen-header">
        <h1>Devices</h1>
        <div class="panel-actions">
          {may('admin') && <Button onClick={() => setRegistering(true)}>Register a device</Button>}
          <CopyAsCurl call={devices.call} />
        </div>
      </header>
      <QueryView query={devices} isEmpty={(rows) => rows.length === 0} empty={<NoDevice />}>
        {(rows) => <FilteredDevices rows={rows} />}
      </QueryView>
      {isRegistering && (
        <RegisterDialog
          onClose={() => setRegistering(false)}
          onDone={() => {
            setRegistering(false);
            devices.refresh();
          }}
        />
      )}
    </>
  );
}

function FilteredDevices({ rows }: { readonly rows: DeviceRows }) {
  const text = query.value.get('q') ?? '';
  const filter = FILTERS.find(({ name }) => name === query.value.get('state'))?.name ?? 'all';
  const searched = rows.filter((row) => isFound(row, text));
  const shown = searched.filter((row) => matches(row, filter, now.value));
  return (
    <section class="panel" aria-label="List of devices">
      <div class="devices-filters">
        <TextField
          label="Search by IMEI or name"
          type="search"
          value={text}
          onValue={(value) => setQuery({ q: value })}
          spellcheck={false}
        />
        <StateFilter
          rows={searched}
          current={filter}
          onChange={(name) => setQuery({ state: name === 'all' ? undefined : name })}
        />
      </div>
      {shown.length === 0 ? (
        <NothingFound text={text} filter={filter} />
      ) : (
        <Table label="Devices" columns={COLUMNS} rows={shown} keyOf={({ imei }) => imei} maxHeight="calc(100dvh - 240px)" />
      )}
      <p class="devices-count" role="status">
        {shown.length === rows.length ? (
          <>
            <Unit value={rows.length} /> devices
          </>
        ) : (
          <>
            <Unit value={shown.length} /> of <Unit value={rows.length} /> devices
          </>
        )}
      </p>
    </section>
  );
}

function isFound({ imei, name }: DeviceRow, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return wanted === '' || imei.includes(wanted) || (name?.toLowerCase().includes(wanted) ?? false);
}

export function StateBadge({ state }: { readonly state: DeviceState }) {
  const [tone, text, title] = STATES[state];
  return (
    <span title={title}>
      <Badge tone={tone}>{text}</Badge>
    </span>
  );
}

function LastData({ atMs }: { readonly atMs: number | null }) {
  return <Time at={atMs === null ? null : new Date(atMs)} as="age" />;
}

function NoDevice() {
  return (
    <EmptyState title="No device yet">
      <p>
        No device is connected or registered, and no login was refused.{' '}
        <Link to="/connect">How to point a device at this gateway</Link>
      </p>
    </EmptyState>
  );
}

interface NothingFoundProps {
  readonly text: string;
  readonly filter: FilterName;
}

function NothingFound({ text, filter }: NothingFoundProps) {
  const imei = /^\d{15}$/.exec(text.trim())?.[0];
  return (
    <EmptyState
      title="No device fits"
      action={<Button onClick={() => setQuery({ q: undefined, state: undefined })}>Show all devices</Button>}
    >
      {imei === undefined ? (
        `Nothing is left by ${filter === 'all' ? 'this search' : 'this search and state'}.`
      ) : (
        <Link to={`/devices/${imei}`}>Open {imei}, which is not in this list</Link>
      )}
    </EmptyState>
  );
}
