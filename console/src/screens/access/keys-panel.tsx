import { useState } from 'preact/hooks';
import { type Key, type KeyList, type KeyMade } from '../../../../client/src/index.js';
import { useQuery } from '../../api/use-query.js';
import { now } from '../../ui/clock.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { Panel } from '../../ui/panel.js';
import { EmptyState, QueryView } from '../../ui/states.js';
import { type Column, Table } from '../../ui/table.js';
import { Time } from '../../ui/time.js';
import { CreateKeyDialog } from './create-key-dialog.js';
import { KeySecretDialog } from './key-secret-dialog.js';
import { RevokeKeyDialog } from './revoke-key-dialog.js';

const EVERY_MS = 30_000;

type Open =
  | { readonly kind: 'create' }
  | { readonly kind: 'made'; readonly made: KeyMade }
  | { readonly kind: 'revoke'; readonly target: Key };

/** Stored keys: made here, shown once, and revoked here. */
export function KeysPanel() {
  const keys = useQuery<KeyList>('/api/v1/keys', { everyMs: EVERY_MS });
  const [open, setOpen] = useState<Open | null>(null);
  const done = (next: Open | null): void => {
    setOpen(next);
    keys.refresh();
  };
  const close = (): void => setOpen(null);
  return (
    <Panel
      title="Keys"
      call={keys.call}
      actions={
        <Button kind="primary" onClick={() => setOpen({ kind: 'create' })}>
          Create a key
        </Button>
      }
    >
      <QueryView
        query={keys}
        isEmpty={(data) => data.keys.length === 0}
        empty={
          <EmptyState title="No key has been created">
            <code>IOT_API_KEY</code> of the settings may do everything. A key for each application can be revoked alone.
          </EmptyState>
        }
      >
        {(data) => (
          <Table
            label="Keys"
            columns={columns((target) => setOpen({ kind: 'revoke', target }))}
            rows={data.keys}
            keyOf={({ keyId }) => keyId}
          />
        )}
      </QueryView>
      {open?.kind === 'create' && <CreateKeyDialog onClose={close} onMade={(made) => done({ kind: 'made', made })} />}
      {open?.kind === 'made' && <KeySecretDialog made={open.made} onClose={close} />}
      {open?.kind === 'revoke' && <RevokeKeyDialog target={open.target} onClose={close} onDone={() => done(null)} />}
    </Panel>
  );
}

function columns(revoke: (key: Key) => void): readonly Column<Key>[] {
  return [
    { name: 'name', title: 'Name', cell: ({ name }) => <span class="strong">{name}</span> },
    { name: 'scopes', title: 'Scopes', isWideOnly: true, cell: ({ scopes }) => scopes.join(', ') },
    { name: 'state', title: 'State', cell: (key) => <KeyState apiKey={key} /> },
    { name: 'created', title: 'Created', isWideOnly: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
    { name: 'used', title: 'Last used', isWideOnly: true, cell: ({ lastUsedAt }) => <Time at={lastUsedAt} as="age" /> },
    { name: 'expires', title: 'Expires', isWideOnly: true, cell: ({ expiresAt }) => <Time at={expiresAt} /> },
    {
      name: 'revoke',
      title: 'Action',
      cell: (key) =>
        key.revokedAt === null && (
          <Button kind="quiet" aria-label={`Revoke ${key.name}`} onClick={() => revoke(key)}>
            Revoke
          </Button>
        ),
    },
  ];
}

function KeyState({ apiKey: { revokedAt, expiresAt } }: { readonly apiKey: Key }) {
  if (revokedAt !== null) {
    return <Badge tone="bad">Revoked</Badge>;
  }
  const isExpired = expiresAt !== null && Date.parse(expiresAt) <= now.value;
  return isExpired ? <Badge tone="warning">Expired</Badge> : <Badge tone="good">Valid</Badge>;
}
