import { type IoElement, type IoElementList, type ScaledElement, type TelemetryLatest } from '../../../../client/src/index.js';
import { type Query, useQuery } from '../../api/use-query.js';
import { Facts, Panel } from '../../ui/panel.js';
import { EmptyState, QueryView } from '../../ui/states.js';
import { type Column, Table } from '../../ui/table.js';
import { Time } from '../../ui/time.js';
import { Unit } from '../../ui/unit.js';

/** The newest record: where it is, and every IO element with its name, value and meaning. */
export function RecordPanel({ latest }: { readonly latest: Query<TelemetryLatest> }) {
  const dictionary = useQuery<IoElementList>('/api/v1/io-elements');
  const state = latest.state.value;
  const hasNone = state.kind === 'failed' && state.error.status === 404;
  const known = dictionary.state.value;
  return (
    <Panel title="Newest record" call={latest.call}>
      {hasNone ? (
        <EmptyState title="No record yet">The device has not sent a record that is stored.</EmptyState>
      ) : (
        <QueryView query={latest}>
          {(data) => <RecordView latest={data} dictionary={known.kind === 'ready' ? known.data.elements : []} />}
        </QueryView>
      )}
    </Panel>
  );
}

function RecordView({ latest: { record }, dictionary }: { readonly latest: TelemetryLatest; readonly dictionary: IoElement[] }) {
  const hasFix = record.satellites > 0;
  const event = dictionary.find(({ id }) => id === record.eventIoId)?.name ?? `AVL id ${record.eventIoId}`;
  return (
    <>
      <Facts
        items={[
          ['Device time', <Time at={record.iotTimestamp} />],
          ['Received', <Time at={record.timestamp} as="age" />],
          ['Speed', hasFix ? <Unit value={record.speed} unit="km/h" /> : <span class="missing">no fix</span>],
          ['Position', <span class="nowrap">{`${record.latitude.toFixed(5)}, ${record.longitude.toFixed(5)}`}</span>],
          ['Direction', <Unit value={record.angle} unit="°" />],
          ['Altitude', <Unit value={record.altitude} unit="m" />],
          ['Satellites', <Unit value={record.satellites} />],
          ['Made because of', record.eventIoId === 0 ? 'period' : event],
          ['Priority', ['low', 'high', 'panic'][record.priority] ?? record.priority],
        ]}
      />
      <div class="elements">
        <Table label="IO elements" columns={COLUMNS} rows={record.elements ?? []} keyOf={({ id }) => id} />
      </div>
    </>
  );
}

const COLUMNS: readonly Column<ScaledElement>[] = [
  { name: 'name', title: 'IO element', cell: ({ name, id }) => name ?? <span class="soft">AVL id {id}, not in the table</span> },
  { name: 'value', title: 'Value', isNumber: true, width: '24%', cell: (element) => <Value element={element} /> },
  { name: 'meaning', title: 'Meaning', width: '24%', cell: ({ meaning }) => meaning ?? '' },
  { name: 'raw', title: 'Raw', width: '16%', isNumber: true, isWideOnly: true, cell: ({ raw }) => <code>{String(raw)}</code> },
  { name: 'id', title: 'AVL id', width: '9%', isNumber: true, isWideOnly: true, cell: ({ id }) => id },
];

/** As many digits as the value has: multipliers are powers of ten. */
function Value({ element: { value, unit } }: { readonly element: ScaledElement }) {
  if (value === null) {
    return <span class="missing">–</span>;
  }
  return (
    <span class="number">
      {typeof value === 'number' ? Number(value.toFixed(6)) : value}
      {unit !== null && <span class="unit">&nbsp;{unit}</span>}
    </span>
  );
}
