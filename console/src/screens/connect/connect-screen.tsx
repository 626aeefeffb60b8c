import './connect.css';
import { Panel } from '../../ui/panel.js';
import { EmptyState, ErrorState, Loading } from '../../ui/states.js';
import { Timeline } from '../../ui/timeline.js';
import { DeviceSettings } from './device-settings.js';
import { useAttempts } from './use-attempts.js';

const STATS = { path: '/api/v1/stats' };

/** How a first device gets here, and what becomes of each of its attempts. */
export function ConnectScreen() {
  const { attempts, connected, error, isListening } = useAttempts();
  return (
    <>
      <header class="screen-header">
        <h1>Connect a device</h1>
      </header>
      <div class="panels">
        <DeviceSettings />
        <Panel title="Attempts on the device port" call={STATS}>
          {connected.value > 0 && (
            <p class="notice notice-info" role="status">
              <span>{connected.value === 1 ? 'One device is' : `${connected.value} devices are`} connected.</span>
            </p>
          )}
          {error.value && <ErrorState error={error.value} />}
          {!isListening.value && !error.value && <Loading />}
          {isListening.value && attempts.value.length === 0 && (
            <EmptyState title="Listening">
              Each connection to the device port appears here within seconds, with what became of it. A device that never appears
              does not reach this address: check the APN of its SIM, the host name, and the firewall.
            </EmptyState>
          )}
          <div aria-live="polite">{attempts.value.length > 0 && <Timeline label="Attempts" entries={attempts.value} />}</div>
        </Panel>
      </div>
    </>
  );
}
