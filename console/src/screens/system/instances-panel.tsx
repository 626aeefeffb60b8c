import { type ApiCall } from '../../api/call.js';
import { session } from '../../app/session.js';
import { Badge } from '../../ui/badge.js';
import { Panel } from '../../ui/panel.js';
import { EmptyState } from '../../ui/states.js';
import { type Column, Table } from '../../ui/table.js';
import { Time } from '../../ui/time.js';
import { Bytes, Unit } from '../../ui/unit.js';
import { type InstanceStats, type Stats } from './stats.js';

const COLUMNS: readonly Column<InstanceStats>[] = [
  {
    name: 'instance',
    title: 'Instance',
    cell: ({ instance }) => (
      <>
        <span class="strong">{instance}</span>{' '}
        {instance === session.value?.gateway.instance && <Badge tone="info">This one</Badge>}
      </>
    ),
  },
  { name: 'devices', title: 'Devices', isNumber: true, cell: ({ devices }) => <Unit value={devices} /> },
  {
    name: 'inFlight',
    title: 'Being stored',
    isNumber: true,
    isWideOnly: true,
    cell: ({ stats }) => <Bytes value={(stats?.['transport'] as { bytesInFlight?: number } | undefined)?.bytesInFlight} />,
  },
  { name: 'heartbeat', title: 'Heartbeat', cell: ({ heartbeatAt }) => <Time at={heartbeatAt} as="age" /> },
  { name: 'started', title: 'Started', isWideOnly: true, cell: ({ startedAt }) => <Time at={startedAt} /> },
];

/** The gateway processes that are alive. */
export function InstancesPanel({ stats, call }: { readonly stats: Stats; readonly call: ApiCall }) {
  return (
    <Panel title="Instances" call={call}>
      {stats.instances.length === 0 ? (
        <EmptyState title="No instance is listed">The database has not answered: instances are listed there.</EmptyState>
      ) : (
        <Table label="Instances" columns={COLUMNS} rows={stats.instances} keyOf={({ instanceId }) => instanceId} />
      )}
    </Panel>
  );
}
