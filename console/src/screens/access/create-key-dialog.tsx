import { useId, useState } from 'preact/hooks';
import { type KeyMade } from '../../../../client/src/index.js';
import { ApiError } from '../../api/api-error.js';
import { call } from '../../api/call.js';
import { type Scope } from '../../app/session.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { MomentField } from '../../ui/filter-fields.js';

const SCOPES: readonly (readonly [scope: Scope, meaning: string])[] = [
  ['read', 'reads devices, records, commands and events'],
  ['command', 'gives commands to devices; does not include read'],
  ['admin', 'may do everything: keys, bans, replays'],
];

interface CreateKeyDialogProps {
  readonly onClose: () => void;
  readonly onMade: (made: KeyMade) => void;
}

export function CreateKeyDialog({ onClose, onMade }: CreateKeyDialogProps) {
  const form = useId();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['read']);
  const [expiresAt, setExpiresAt] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const create = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const body = { name, scopes, ...(expiresAt === '' ? {} : { expiresAt }) };
      onMade(await call<KeyMade>({ method: 'POST', path: '/api/v1/keys', body }));
    } catch (cause) {
      setError(ApiError.from(cause).message);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Create a key"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={form} isBusy={isBusy} disabled={name === '' || scopes.length === 0}>
            Create
          </Button>
        </>
      }
    >
      <form
        id={form}
        class="access-form"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <TextField
          label="Name"
          hint="Who or what uses it, as the audit shows it. Letters, digits, dots, dashes and underscores; a letter first."
          value={name}
          onValue={setName}
          error={error}
          maxLength={63}
          autocomplete="off"
          spellcheck={false}
          autofocus
        />
        <ScopeBoxes scopes={scopes} onChange={setScopes} />
        <MomentField label="Expires (empty: never)" value={expiresAt} onValue={setExpiresAt} />
      </form>
    </Dialog>
  );
}

interface ScopeBoxesProps {
  readonly scopes: readonly Scope[];
  readonly onChange: (scopes: readonly Scope[]) => void;
}

function ScopeBoxes({ scopes, onChange }: ScopeBoxesProps) {
  const toggle = (scope: Scope): void =>
    onChange(scopes.includes(scope) ? scopes.filter((other) => other !== scope) : [...scopes, scope]);
  return (
    <fieldset class="access-scopes">
      <legend>Scopes</legend>
      {SCOPES.map(([scope, meaning]) => (
        <label key={scope} class="access-scope">
          <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
          <span>
            <span class="strong">{scope}</span> {meaning}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
