import { type AuditEntry, type AuditList } from '../../../../client/src/index.js';
import { withQuery } from '../../api/call.js';
import { useQuery } from '../../api/use-query.js';
import { Link } from '../../app/link.js';
import { query, setQuery } from '../../app/router.js';
import { TextField } from '../../ui/field.js';
import { ImeiField, MomentField } from '../../ui/filter-fields.js';
import { Pager } from '../../ui/pager.js';
import { Panel } from '../../ui/panel.js';
import { EmptyState, QueryView } from '../../ui/states.js';
import { type Column, Table } from '../../ui/table.js';
import { Time } from '../../ui/time.js';

const PAGE_ENTRIES = 100;
const EVERY_MS = 15_000;
const ACTION = /^[a-z][a-z.-]{0,63}$/;

const COLUMNS: readonly Column<AuditEntry>[] = [
  { name: 'at', title: 'Time', cell: ({ at }) => <Time at={at} /> },
  { name: 'action', title: 'Action', cell: ({ action }) => <span class="strong">{action}</span> },
  { name: 'key', title: 'Key', cell: ({ keyName }) => keyName },
  {
    name: 'device',
    title: 'Device',
    isWideOnly: true,
    cell: ({ imei }) => (imei === null ? <span class="missing">–</span> : <Link to={`/devices/${imei}`}>{imei}</Link>),
  },
  {
    name: 'from',
    title: 'From',
    isWideOnly: true,
    cell: ({ remoteAddress }) => remoteAddress ?? <span class="missing">–</span>,
  },
  {
    name: 'details',
    title: 'Details',
    isWideOnly: true,
    cell: ({ details, requestId }) => (
      <code class="access-details" title={requestId === null ? '' : `Request ${requestId}`}>
        {detailsOf(details)}
      </code>
    ),
  },
];

/** What was changed, by which key, from where. */
export function AuditPanel() {
  const value = (name: string): string | undefined => query.value.get(name) ?? undefined;
  const cursor = value('cursor');
  const path = withQuery('/api/v1/audit', {
    key: value('key'),
    action: value('action'),
    imei: value('imei'),
    from: value('from'),
    to: value('to'),
    limit: PAGE_ENTRIES,
    cursor,
  });
  const entries = useQuery<AuditList>(path, { everyMs: EVERY_MS });
  return (
    <>
      <AuditFilters />
      <Panel title="Audit" call={entries.call}>
        <QueryView
          query={entries}
          isEmpty={(data) => data.entries.length === 0}
          empty={<EmptyState title="No entry matches">Fewer filters show more entries.</EmptyState>}
        >
          {(data) => (
            <>
              <Table label="Audit" columns={COLUMNS} rows={data.entries} keyOf={({ auditId }) => auditId} />
              <Pager cursor={cursor ?? null} nextCursor={data.nextCursor} />
            </>
          )}
        </QueryView>
      </Panel>
    </>
  );
}

function AuditFilters() {
  const value = (name: string): string => query.value.get(name) ?? '';
  const set = (name: string, to: string): void => setQuery({ [name]: to, cursor: undefined });
  return (
    <form class="filters" role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <TextField
        label="Name of a key"
        value={value('key')}
        maxLength={64}
        autocomplete="off"
        onValue={(key) => set('key', key)}
      />
      <TextField
        label="Action"
        value={value('action')}
        placeholder="command.created"
        autocomplete="off"
        onValue={(action) => (action === '' || ACTION.test(action)) && set('action', action)}
      />
      <ImeiField value={value('imei')} onValue={(imei) => set('imei', imei)} />
      <MomentField label="From" value={value('from')} onValue={(from) => set('from', from)} />
      <MomentField label="To" value={value('to')} onValue={(to) => set('to', to)} />
    </form>
  );
}

function detailsOf(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .map(([name, given]) => `${name}: ${typeof given === 'string' ? given : JSON.stringify(given)}`)
    .join(', ');
}
