import {
  type CommandList,
  type DeviceAnswer,
  type Diagnosis,
  type RegisteredDeviceAnswer,
  type TelemetryLatest,
} from '../../../../client/src/index.js';
import { type Query, useQuery } from '../../api/use-query.js';
import { Link } from '../../app/link.js';
import { type ScreenProps } from '../../app/screen-props.js';
import { pollMs, useRefreshOn } from '../../app/stream.js';
import { Badge } from '../../ui/badge.js';
import { EmptyState } from '../../ui/states.js';
import { AdmissionActions } from './admission-actions.js';
import { ChartPanel, useHistory } from './chart-panel.js';
import { CommandsPanel } from './commands-panel.js';
import { ConnectionPanel } from './connection-panel.js';
import { DoctorPanel } from './doctor-panel.js';
import { RecordPanel } from './record-panel.js';
import { TimelinePanel } from './timeline-panel.js';
import { TracePanel } from './trace-panel.js';
import { TrackPanel } from './track-panel.js';
import './device.css';
import '../commands/commands.css';

const RECENT_COMMANDS = 10;
/** The log of a device is written a little after its events. */
const DIAGNOSIS_MS = 5_000;

/** One device: what is wrong with it, what it sends, how it is connected, and which commands it can receive. */
export function DeviceScreen({ params }: ScreenProps) {
  const imei = params['imei'] ?? '';
  return /^\d{15}$/.test(imei) ? (
    <DeviceView imei={imei} />
  ) : (
    <EmptyState title="Not an IMEI">
      An IMEI has 15 digits. <Link to="/devices">All devices</Link>
    </EmptyState>
  );
}

function DeviceView({ imei }: { readonly imei: string }) {
  const { diagnosis, connection, registered, latest, commands } = useDevice(imei);
  const { history, query } = useHistory(imei);
  const recent = commands.state.value;
  return (
    <>
      <Header imei={imei} connection={connection} registered={registered} onChange={diagnosis.refresh} />
      <DoctorPanel diagnosis={diagnosis} />
      <div class="device-columns">
        <div class="device-column">
          <ConnectionPanel connection={connection} diagnosis={diagnosis} />
          <TrackPanel history={history} query={query} />
          <ChartPanel history={history} query={query} />
          <TracePanel imei={imei} />
          <RecordPanel latest={latest} />
        </div>
        <div class="device-column">
          <CommandsPanel imei={imei} commands={commands} />
          <TimelinePanel imei={imei} diagnosis={diagnosis} commands={recent.kind === 'ready' ? recent.data.commands : []} />
        </div>
      </div>
    </>
  );
}

/** What the screen reads, read again when the stream reports something of this device. */
function useDevice(imei: string) {
  const options = { everyMs: pollMs() };
  const diagnosis = useQuery<Diagnosis>(`/api/v1/devices/${imei}/diagnosis`, { everyMs: DIAGNOSIS_MS });
  const connection = useQuery<DeviceAnswer>(`/api/v1/devices/${imei}`, options);
  const registered = useQuery<RegisteredDeviceAnswer>(`/api/v1/registered-devices/${imei}`, options);
  const latest = useQuery<TelemetryLatest>(`/api/v1/devices/${imei}/telemetry/latest?view=scaled`, options);
  const commands = useQuery<CommandList>(`/api/v1/commands?imei=${imei}&limit=${RECENT_COMMANDS}`, options);
  useRefreshOn(
    ({ data }) => data.imei === imei && data.type.startsWith('device.'),
    () => {
      diagnosis.refresh();
      registered.refresh();
    },
  );
  useRefreshOn(
    ({ data }) => data.imei === imei && data.type.startsWith('command.'),
    () => {
      commands.refresh();
      diagnosis.refresh();
    },
  );
  useRefreshOn(({ data }) => data.imei === imei && data.type === 'telemetry', latest.refresh);
  useRefreshOn(({ data }) => data.imei === imei && !data.type.startsWith('command.'), connection.refresh);
  return { diagnosis, connection, registered, latest, commands };
}

interface HeaderProps {
  readonly imei: string;
  readonly connection: Query<DeviceAnswer>;
  readonly registered: Query<RegisteredDeviceAnswer>;
  readonly onChange: () => void;
}

function Header({ imei, connection, registered, onChange }: HeaderProps) {
  const known = registered.state.value;
  const device = known.kind === 'ready' && known.error?.status !== 404 ? known.data.device : null;
  const isKnown = known.kind === 'ready' || (known.kind === 'failed' && known.error.status === 404);
  return (
    <header class="screen-header">
      <div class="device-title">
        <h1>{device?.name ?? imei}</h1>
        {device?.name !== null && device !== null && <span class="soft">{imei}</span>}
        <span role="status" class="device-badges">
          <ConnectionBadge connection={connection} />
          {device?.status === 'banned' && <Badge tone="bad">Banned</Badge>}
          {device?.status === 'registered' && <Badge>Registered</Badge>}
          {isKnown && !device && <Badge>Unregistered</Badge>}
        </span>
        {device?.note !== null && device !== null && <p class="device-note soft">{device.note}</p>}
        {device?.status === 'banned' && device.banReason !== null && (
          <p class="device-note">Reason of the ban: {device.banReason}</p>
        )}
      </div>
      {isKnown && (
        <AdmissionActions
          imei={imei}
          registered={device}
          onDone={() => {
            registered.refresh();
            connection.refresh();
            onChange();
          }}
        />
      )}
    </header>
  );
}

function ConnectionBadge({ connection }: { readonly connection: Query<DeviceAnswer> }) {
  const state = connection.state.value;
  if (state.kind === 'loading') {
    return null;
  }
  if (state.error?.code === 'DEVICE_NOT_CONNECTED') {
    return <Badge>Not connected</Badge>;
  }
  return state.kind === 'ready' ? <Badge tone="good">Connected</Badge> : null;
}
