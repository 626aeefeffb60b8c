import './connect.css';
import { Link } from '../../app/link.js';
import { may, session } from '../../app/session.js';
import { Panel } from '../../ui/panel.js';
import { EmptyState, ErrorState, Loading } from '../../ui/states.js';
import { AttemptList } from './attempt-list.js';
import { DeviceSettings } from './device-settings.js';
import { SimulatorPanel } from './simulator-panel.js';
import { useAttempts } from './use-attempts.js';

const STATS = { path: '/api/v1/stats' };

/** How a first device gets here, and what becomes of each of its attempts. */
export function ConnectScreen() {
  const { attempts, connected, error, isListening } = useAttempts();
  const offersSimulator = session.value!.features.simulator && may('admin');
  return (
    <>
      <header class="screen-header">
        <h1>Connect a device</h1>
      </header>
      <div class="panels">
        <div class="connect-column">
          <DeviceSettings />
          {offersSimulator && <SimulatorPanel />}
        </div>
        <Panel title="Attempts on the device ports" call={STATS}>
          {isListening.value && <Connected count={connected.value} />}
          {error.value && <ErrorState error={error.value} />}
          {!isListening.value && !error.value && <Loading />}
          {isListening.value && attempts.value.length === 0 && (
            <EmptyState title="Listening">
              Each connection to a device port appears here within seconds, with its outcome. A device that never appears does not
              reach this address: check the APN of its SIM, the host name, and the firewall.
            </EmptyState>
          )}
          <div aria-live="polite">{attempts.value.length > 0 && <AttemptList attempts={attempts.value} />}</div>
        </Panel>
      </div>
    </>
  );
}

function Connected({ count }: { readonly count: number }) {
  return (
    <p class="notice notice-info" role="status">
      {count === 0 ? (
        <span>No device is connected.</span>
      ) : (
        <span>
          {count === 1 ? 'One device is' : `${count} devices are`} connected. <Link to="/">See the fleet on the map</Link>
        </span>
      )}
    </p>
  );
}
