import { Badge } from '../../ui/badge.js';
import { now } from '../../ui/clock.js';
import { EmptyState } from '../../ui/states.js';
import { type Column, Table } from '../../ui/table.js';
import { type FleetDevice, stateNameOf, STATE_TONES, stateOf, titleOf } from './fleet-device.js';

interface FleetListProps {
  readonly devices: readonly FleetDevice[];
  readonly total: number;
  readonly selected: string | null;
  readonly onSelect: (imei: string) => void;
}

/** The devices beside the map: the way to them without a pointer. */
export function FleetList({ devices, total, selected, onSelect }: FleetListProps) {
  const columns: readonly Column<FleetDevice>[] = [
    {
      name: 'device',
      title: 'Device',
      cell: (device) => (
        <button type="button" class="fleet-device" onClick={() => onSelect(device.imei)}>
          {titleOf(device)}
        </button>
      ),
    },
    { name: 'state', title: 'State', width: '14ch', cell: (device) => <StateBadge device={device} /> },
  ];
  return (
    <>
      <p class="fleet-count" role="status">
        {devices.length === total
          ? `${total.toLocaleString('en')} devices`
          : `${devices.length.toLocaleString('en')} of ${total.toLocaleString('en')} devices`}
      </p>
      {devices.length === 0 ? (
        <EmptyState title="No device matches">Another part of its IMEI or name may find it.</EmptyState>
      ) : (
        <div class="fleet-rows">
          <Table
            label="Devices"
            columns={columns}
            rows={devices}
            keyOf={({ imei }) => imei}
            isSelected={({ imei }) => imei === selected}
            maxHeight="var(--fleet-rows)"
          />
        </div>
      )}
    </>
  );
}

export function StateBadge({ device }: { readonly device: FleetDevice }) {
  const state = stateOf(device, now.value);
  return <Badge tone={STATE_TONES[state]}>{stateNameOf(device, now.value)}</Badge>;
}
