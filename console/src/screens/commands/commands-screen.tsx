import { useState } from 'preact/hooks';
import { type Command, type CommandList } from '../../../../client/src/index.js';
import { withQuery } from '../../api/call.js';
import { useQuery } from '../../api/use-query.js';
import { Link } from '../../app/link.js';
import { navigate, query, setQuery } from '../../app/router.js';
import { may } from '../../app/session.js';
import { useRefreshOn } from '../../app/stream.js';
import { Button } from '../../ui/button.js';
import { CopyAsCurl } from '../../ui/copy-as-curl.js';
import { Dialog } from '../../ui/dialog.js';
import { SelectField, TextField } from '../../ui/field.js';
import { EmptyState, QueryView } from '../../ui/states.js';
import { CommandTable } from './command-table.js';
import { SendForm } from './send-form.js';
import './commands.css';

/** No event is written when a command is created: the stream reports only what becomes of it. A hidden page does not ask. */
const EVERY_MS = 5_000;
const PAGE = 100;
const FILTERS = ['imei', 'status', 'reason', 'from', 'to', 'cursor'] as const;

const STATUSES = [
  ['', 'Any'],
  ['PENDING', 'Pending'],
  ['COMPLETED', 'Completed'],
  ['FAILED', 'Failed'],
] as const;
const REASONS: readonly NonNullable<Command['reason']>[] = [
  'expired',
  'unconfirmed',
  'rejected',
  'superseded',
  'cancelled',
  'unrecognised',
  'guard',
];

/** Commands of all devices, newest first. */
export function CommandsScreen() {
  const [isSending, setSending] = useState(false);
  const values = Object.fromEntries(FILTERS.map((name) => [name, query.value.get(name) ?? undefined]));
  const isFirstPage = values['cursor'] === undefined;
  const commands = useQuery<CommandList>(
    withQuery('/api/v1/commands', { ...values, limit: PAGE }),
    isFirstPage ? { everyMs: EVERY_MS } : {},
  );
  useRefreshOn(({ type }) => type.startsWith('command.'), commands.refresh);
  return (
    <>
      <header class="screen-header">
        <h1>Commands</h1>
        <div class="panel-actions">
          {may('command') && <Button onClick={() => setSending(true)}>Send a command</Button>}
          <CopyAsCurl call={commands.call} />
        </div>
      </header>
      <section class="panel" aria-label="List of commands">
        <Filters />
        <QueryView query={commands} isEmpty={(list) => list.commands.length === 0} empty={<NoCommand />}>
          {({ commands: rows, nextCursor }) => (
            <>
              <CommandTable label="Commands" commands={rows} />
              <Pages isFirst={isFirstPage} next={nextCursor} />
            </>
          )}
        </QueryView>
      </section>
      {isSending && (
        <Dialog title="Send a command" onClose={() => setSending(false)}>
          <SendForm onSent={(id) => navigate(`/commands/${id}`)} />
        </Dialog>
      )}
    </>
  );
}

function filter(changes: Readonly<Record<string, string | undefined>>): void {
  setQuery({ ...changes, cursor: undefined });
}

function Filters() {
  const value = (name: string): string => query.value.get(name) ?? '';
  const [imei, setImei] = useState(value('imei'));
  return (
    <div class="command-filters">
      <TextField
        label="IMEI"
        type="search"
        value={imei}
        onValue={(text) => {
          const typed = text.trim();
          setImei(typed);
          if (typed === '' || /^\d{15}$/.test(typed)) {
            filter({ imei: typed });
          }
        }}
        error={imei === '' || /^\d{15}$/.test(imei) ? null : '15 digits'}
        inputMode="numeric"
      />
      <SelectField
        label="Status"
        value={value('status')}
        onValue={(status) => filter({ status, reason: status === 'FAILED' ? value('reason') : undefined })}
        options={STATUSES}
      />
      <SelectField
        label="Failed because"
        value={value('reason')}
        onValue={(reason) => filter({ reason, status: reason === '' ? value('status') : 'FAILED' })}
        options={[['', 'Any'], ...REASONS.map((reason) => [reason, reason] as const)]}
      />
      <TimeFilter name="from" label="Created from" />
      <TimeFilter name="to" label="Created before" />
    </div>
  );
}

/** In the address as UTC, in the field in the viewer's zone. */
function TimeFilter({ name, label }: { readonly name: string; readonly label: string }) {
  const at = new Date(query.value.get(name) ?? '');
  const local = Number.isNaN(at.getTime())
    ? ''
    : new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  return (
    <TextField
      label={label}
      type="datetime-local"
      value={local}
      onValue={(text) => filter({ [name]: text === '' ? undefined : new Date(text).toISOString() })}
    />
  );
}

function Pages({ isFirst, next }: { readonly isFirst: boolean; readonly next: string | null }) {
  if (isFirst && next === null) {
    return null;
  }
  return (
    <nav class="pages" aria-label="Pages of commands">
      {!isFirst && <Button onClick={() => setQuery({ cursor: undefined }, { replace: false })}>Newest</Button>}
      {next !== null && <Button onClick={() => setQuery({ cursor: next }, { replace: false })}>Older</Button>}
    </nav>
  );
}

function NoCommand() {
  const isFiltered = FILTERS.some((name) => query.value.has(name));
  return isFiltered ? (
    <EmptyState title="No command fits" action={<Button onClick={() => navigate('/commands')}>Show all commands</Button>} />
  ) : (
    <EmptyState title="No command yet">
      Send one here, on the page of <Link to="/devices">a device</Link>, or by <code>POST /api/v1/command</code>.
    </EmptyState>
  );
}
