import { type ApiCall } from '../../api/call.js';
import { useQuery } from '../../api/use-query.js';
import { Panel } from '../../ui/panel.js';
import { EmptyState, QueryView } from '../../ui/states.js';
import { type Column, Table } from '../../ui/table.js';
import { Bytes } from '../../ui/unit.js';
import { samplesOf } from './stats.js';

const EVERY_MS = 30_000;
const METRICS: ApiCall = { path: '/metrics', as: 'text' };

interface TableSize {
  readonly table: string;
  readonly bytes: number;
}

const COLUMNS: readonly Column<TableSize>[] = [
  { name: 'table', title: 'Table', cell: ({ table }) => <code>{table}</code> },
  { name: 'bytes', title: 'On disk', isNumber: true, cell: ({ bytes }) => <Bytes value={bytes} /> },
];

/** How much the bounded tables take, from /metrics. */
export function DatabasePanel() {
  const metrics = useQuery<string>(METRICS, { everyMs: EVERY_MS });
  const state = metrics.state.value;
  const isElsewhere = state.kind === 'failed' && state.error.status === 404;
  return (
    <Panel title="Database" call={METRICS}>
      {isElsewhere ? (
        <EmptyState title="Metrics have a port of their own">
          <code>METRICS_PORT</code> is set: what is read here elsewhere stands there.
        </EmptyState>
      ) : (
        <QueryView query={metrics}>
          {(text) => <Table label="Tables and their size" columns={COLUMNS} rows={sizesOf(text)} keyOf={({ table }) => table} />}
        </QueryView>
      )}
    </Panel>
  );
}

function sizesOf(text: string): TableSize[] {
  return samplesOf(text, 'iot_broker_table_bytes')
    .map(({ labels, value }) => ({ table: labels['table'] ?? '', bytes: value }))
    .sort((one, other) => other.bytes - one.bytes);
}
