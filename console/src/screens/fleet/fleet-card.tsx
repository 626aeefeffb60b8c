import { Link } from '../../app/link.js';
import { IconButton } from '../../ui/button.js';
import { Facts } from '../../ui/panel.js';
import { Time } from '../../ui/time.js';
import { Unit } from '../../ui/unit.js';
import { type FleetDevice, problemOf, titleOf } from './fleet-device.js';
import { StateBadge } from './fleet-list.js';

const COORDINATE_DIGITS = 5;

/** What is known of the device that was chosen. */
export function FleetCard({ device, onClose }: { readonly device: FleetDevice; readonly onClose: () => void }) {
  const { imei, name, connectedAt, position } = device;
  const problem = problemOf(device);
  return (
    <section class="fleet-card" aria-label={`Device ${titleOf(device)}`}>
      <header class="fleet-card-header">
        <h2>
          <Link to={`/devices/${imei}`} title="Page of the device">
            {titleOf(device)}
          </Link>
        </h2>
        <StateBadge device={device} />
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      {problem !== null && <p class="fleet-problem">{problem}</p>}
      <Facts
        items={[
          ...(name === null ? [] : [['IMEI', imei] as const]),
          ['Connected since', <Time at={connectedAt} />],
          ['Newest record', <Time at={position?.at} as="age" />],
          ['Speed', <Unit value={position?.speed} unit="km/h" />],
          ['Satellites', <Unit value={position?.satellites} />],
          [
            'Position',
            position
              ? `${position.latitude.toFixed(COORDINATE_DIGITS)}, ${position.longitude.toFixed(COORDINATE_DIGITS)}`
              : 'None known',
          ],
        ]}
      />
    </section>
  );
}
